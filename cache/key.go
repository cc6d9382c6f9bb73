package cache

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"math"
	"sync"
)

// KeyLen is the length in bytes of what Hasher.Sum returns.
const KeyLen = 43

// keyVersion is hashed in front of every key. It rises when the encoding of the
// parts changes, so that old entries of a shared store are misses.
const keyVersion = 1

// The kinds of part. A value is never mistaken for one of another kind.
const (
	partString = 's'
	partBytes  = 'b'
	partInt    = 'i'
	partFloat  = 'f'
	partBool   = 't'
	partList   = 'l'
)

// Hasher builds the key of a request: SHA-256 over its parts, each with its
// kind, its name and its length. So no two different lists of parts share a
// key: ("ab", "c") is not ("a", "bc"), a part left out is not an empty one, and
// the number 1 is not the string "1". Order counts.
//
// Names are part of the format of the keys: to rename one is to miss every
// entry stored before.
//
// The zero value is ready, and ready again after Sum. A Hasher is not safe for
// concurrent use and must not be copied between its first part and Sum: the
// second of two copies to be used after Sum panics.
type Hasher struct {
	state *hashState
	turn  uint64 // of the state, when it was taken
}

// String adds a text.
func (h *Hasher) String(name, value string) {
	s := h.part(partString, name)
	s.length(len(value))
	s.text(value)
}

// Bytes adds raw bytes. They are hashed where they lie, however many.
func (h *Hasher) Bytes(name string, value []byte) {
	s := h.part(partBytes, name)
	s.length(len(value))
	s.bytes(value)
}

// Int64 adds a whole number.
func (h *Hasher) Int64(name string, value int64) {
	h.part(partInt, name).uint64(uint64(value))
}

// Float64 adds a number. Every NaN is the same NaN, and -0 is 0.
func (h *Hasher) Float64(name string, value float64) {
	switch {
	case value == 0:
		value = 0 // which -0 equals
	case math.IsNaN(value):
		value = math.NaN()
	}
	h.part(partFloat, name).uint64(math.Float64bits(value))
}

// Bool adds a truth value.
func (h *Hasher) Bool(name string, value bool) {
	s := h.part(partBool, name)
	if value {
		s.byte(1)
	} else {
		s.byte(0)
	}
}

// Strings adds an ordered list of texts. A nil list is an empty one; leave the
// part out to say that there is none.
func (h *Hasher) Strings(name string, values []string) {
	s := h.part(partList, name)
	s.length(len(values))
	for _, v := range values {
		s.length(len(v))
		s.text(v)
	}
}

// Sum returns the key of the parts added so far, KeyLen characters of unpadded
// URL-safe base64, which every store accepts and which tell nothing of the
// parts. It leaves the Hasher empty, ready for the next key.
func (h *Hasher) Sum() string {
	s := h.open()
	s.flush()
	base64.RawURLEncoding.Encode(s.key[:], s.digest.Sum(s.buf[:0]))
	key := string(s.key[:])
	s.turn++
	h.state = nil
	hashStates.Put(s)
	return key
}

// Join returns the key of one of several answers to the request with the given
// sum, such as those of different routes: the request is hashed once, and the
// suffix stays readable. Sums have a fixed length and no dot, so different
// pairs give different keys.
func Join(sum, suffix string) string { return sum + "." + suffix }

// open returns the state, a new one with only the version in it if need be.
func (h *Hasher) open() *hashState {
	if h.state == nil {
		h.state = hashStates.Get().(*hashState)
		h.turn = h.state.turn
		h.state.digest.Reset()
		h.state.used = 0
		h.state.byte(keyVersion)
	}
	if h.turn != h.state.turn {
		panic("cache: a copied Hasher was used after Sum of the other copy")
	}
	return h.state
}

func (h *Hasher) part(kind byte, name string) *hashState {
	s := h.open()
	s.byte(kind)
	s.length(len(name))
	s.text(name)
	return s
}

var hashStates = sync.Pool{New: func() any { return &hashState{digest: sha256.New()} }}

// hashState gathers small parts in a buffer, which saves a call of the digest
// for each, and lets a string reach it without becoming a slice of its own.
type hashState struct {
	digest hash.Hash
	turn   uint64 // rises when a Hasher gives the state back
	used   int
	buf    [512]byte
	key    [KeyLen]byte
}

func (s *hashState) flush() {
	_, _ = s.digest.Write(s.buf[:s.used]) // a hash.Hash never returns an error
	s.used = 0
}

func (s *hashState) byte(b byte) {
	s.reserve(1)
	s.buf[s.used] = b
	s.used++
}

func (s *hashState) length(n int) {
	s.reserve(binary.MaxVarintLen64)
	s.used += binary.PutUvarint(s.buf[s.used:], uint64(n))
}

func (s *hashState) reserve(n int) {
	if len(s.buf)-s.used < n {
		s.flush()
	}
}

func (s *hashState) uint64(v uint64) {
	s.reserve(8)
	binary.BigEndian.PutUint64(s.buf[s.used:], v)
	s.used += 8
}

func (s *hashState) text(v string) {
	for {
		n := copy(s.buf[s.used:], v)
		s.used += n
		if v = v[n:]; v == "" {
			return
		}
		s.flush()
	}
}

func (s *hashState) bytes(v []byte) {
	if len(v) <= len(s.buf)-s.used {
		s.used += copy(s.buf[s.used:], v)
		return
	}
	s.flush()
	_, _ = s.digest.Write(v)
}
