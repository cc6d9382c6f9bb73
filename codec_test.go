package ai

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestACachedAnswerIsDecodedAsItWasEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		number := rapid.IntRange(-1, math.MaxInt32)
		vectors := rapid.SliceOfN(rapid.SliceOfN(rapid.Float32(), 1, 5), 0, 4)
		want := &Response{
			Text: text.Draw(t, "text"), Model: text.Draw(t, "model"), RequestID: text.Draw(t, "id"),
			FinishReason: FinishReason(text.Draw(t, "finish")),
			Space:        Space{text.Draw(t, "vendor"), text.Draw(t, "space"), number.Draw(t, "dimensions"), rapid.Bool().Draw(t, "normalized")},
			Usage:        Usage{number.Draw(t, "in"), number.Draw(t, "out"), number.Draw(t, "total"), number.Draw(t, "cached"), number.Draw(t, "reasoning")},
		}
		if v := vectors.Draw(t, "embeddings"); len(v) > 0 {
			want.Embeddings = v
		}
		encoded := encodeResponse(want)
		got, err := decodeResponse(string(encoded))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		cut := rapid.IntRange(0, len(encoded)-1).Draw(t, "cut")
		if got, err := decodeResponse(string(encoded[:cut])); err == nil {
			t.Fatalf("cut to %d of %d bytes it still decodes: %+v", cut, len(encoded), got)
		}
	})
}

func FuzzDecodingACachedAnswerNeverPanics(f *testing.F) {
	f.Add(encodeResponse(&Response{Text: "t", Embeddings: [][]float32{{1, 2}}}))
	f.Add([]byte{codecVersion, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		resp, err := decodeResponse(string(b))
		if (resp == nil) == (err == nil) {
			t.Errorf("got %v, %v", resp, err)
		}
	})
}
