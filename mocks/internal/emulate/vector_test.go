package emulate

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func cosine(a, b []float32) float64 {
	var dot float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return dot
}

func TestParaphrasesAreNearerThanUnrelatedTexts(t *testing.T) {
	pairs := [][2]string{
		{"Net debt rose to $612 million during the year.", "The company's net debt increased over the year to $612 million."},
		{"The leverage covenant may be breached in the second quarter.", "A breach of the leverage covenants is possible in Q2."},
		{"Revenue growth slowed as packaging prices fell.", "Falling packaging prices slowed the growth of revenues."},
		{"The central bank raised interest rates by 25 basis points.", "Interest rates were raised 25 basis points by the central bank."},
	}
	for _, dimensions := range []int{64, 256, 768, 1536, 3072} {
		for i, p := range pairs {
			a := Vector(p[0], dimensions)
			near := cosine(a, Vector(p[1], dimensions))
			if near < 0.4 {
				t.Errorf("%d dimensions: paraphrases of %q are %.2f near", dimensions, p[0], near)
			}
			for j, other := range pairs {
				if i == j {
					continue
				}
				for _, text := range other {
					if far := cosine(a, Vector(text, dimensions)); far >= near {
						t.Errorf("%d dimensions: %q is nearer to %q (%.2f) than to its paraphrase (%.2f)", dimensions, p[0], text, far, near)
					}
				}
			}
		}
	}
}

func TestEveryTextHasAVectorOfLengthOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		dimensions := rapid.IntRange(1, 300).Draw(t, "dimensions")
		v := Vector(text, dimensions)
		if length := math.Sqrt(cosine(v, v)); len(v) != dimensions || !(math.Abs(length-1) < 1e-5) {
			t.Fatalf("%d dimensions, length %v", len(v), length)
		}
		if !slices.Equal(v, Vector(text, dimensions)) {
			t.Fatal("not the same again")
		}
	})
}

func BenchmarkVector(b *testing.B) {
	for b.Loop() {
		Vector(report, 1536)
	}
}
