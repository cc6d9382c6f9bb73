package emulate

import (
	"hash/fnv"
	"math"
)

// The weights of a vector's features. Whole words decide, parts of words let
// "indebtedness" meet "debt", and words such as "the" hardly count.
const (
	wordWeight = 1.0
	gramWeight = 0.35
	stopWeight = 0.1
	gramLength = 4
)

// Vector embeds a text: its words and their parts are hashed onto the
// dimensions, and the sum is brought to length 1. Texts that share words are
// near each other. dimensions must be at least 1.
//
// The method is feature hashing with signs (Weinberger et al., 2009,
// https://arxiv.org/abs/0902.2206).
func Vector(text string, dimensions int) []float32 {
	sum := make([]float64, dimensions)
	add := func(feature string, weight float64) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(feature))
		bits := mix(h.Sum64())
		if bits>>63 == 1 {
			weight = -weight
		}
		sum[bits%uint64(dimensions)] += weight
	}
	for w := range words(text) {
		if stopWord(w) {
			add(w, stopWeight)
			continue
		}
		w = stem(w)
		add(w, wordWeight)
		padded := []rune("^" + w + "$")
		for i := 0; i+gramLength <= len(padded); i++ {
			add("#"+string(padded[i:i+gramLength]), gramWeight)
		}
	}
	vector, ok := unit(sum)
	if !ok { // no words, or features that cancel each other out
		clear(sum)
		add("="+text, 1)
		vector, _ = unit(sum)
	}
	return vector
}

// mix spreads the hash over all bits, as the last step of SplitMix64 does
// (https://prng.di.unimi.it/splitmix64.c).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// unit brings a vector to length 1; it fails when there is none to bring.
func unit(sum []float64) ([]float32, bool) {
	var square float64
	for _, x := range sum {
		square += x * x
	}
	if square < 1e-9 {
		return nil, false
	}
	length := math.Sqrt(square)
	vector := make([]float32, len(sum))
	for i, x := range sum {
		vector[i] = float32(x / length)
	}
	return vector, true
}
