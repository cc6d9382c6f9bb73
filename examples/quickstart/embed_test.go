package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/finbrain/ai"
)

func TestEachParagraphOfTheOwnInputGetsAVector(t *testing.T) {
	code, stdout, stderr := quickstart(t, "-embed")
	if code != exitOK {
		t.Fatalf("exit code %d, errors %q", code, stderr)
	}
	inOrder(t, stdout, "9 paragraphs of filing.txt as vectors of 1536 numbers",
		"4 Leverage covenant", "Cosine similarity", "1.00",
		"Nearest to each other: Leverage covenant and Interest cover covenant",
		"space emulated/text-embedding-3-small/1536", "provider openai", "fallback false", "usage", "tokens")
}

func TestEachFileGetsAVector(t *testing.T) {
	files := []string{
		temporary(t, "debt.txt", []byte("Net debt rose to 412 million.")),
		temporary(t, "weather.txt", []byte("Tomorrow it will rain in the hills.")),
		temporary(t, "loan.txt", []byte("The net debt has risen to 400 million.")),
	}
	code, stdout, stderr := quickstart(t, append(files, "-embed")...)
	if code != exitOK {
		t.Fatalf("exit code %d, errors %q", code, stderr)
	}
	inOrder(t, stdout, "3 texts as vectors", "Nearest to each other: debt.txt and loan.txt")

	_, stdout, _ = quickstart(t, append(files, "-embed", "-json")...)
	var resp ai.Response
	if err := json.Unmarshal([]byte(stdout), &resp); err != nil || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("not one line of JSON: %v", err)
	}
	if len(resp.Embeddings) != 3 || resp.Space.Vendor != "emulated" || !strings.Contains(stdout, `"fallback":false`) {
		t.Errorf("%d vectors in %v", len(resp.Embeddings), resp.Space)
	}
}

func TestOneTextIsComparedWithNothing(t *testing.T) {
	code, stdout, _ := quickstart(t, "-embed", temporary(t, "a.txt", []byte("Net debt.")))
	if code != exitOK || !strings.Contains(stdout, "1 text as vectors") || strings.Contains(stdout, "Cosine") {
		t.Errorf("exit code %d, printed:\n%s", code, stdout)
	}
}

func TestManyTextsAreComparedWithTheNearestOnly(t *testing.T) {
	var printed strings.Builder
	s := &screen{w: &printed, width: minWidth}
	inputs := make([]input, 8)
	resp := &ai.Response{Source: ai.SourceProvider}
	for i := range inputs {
		inputs[i].name = strings.Repeat("long name ", i+1)
		angle := float64(i*i) / 50
		resp.Embeddings = append(resp.Embeddings, []float32{float32(math.Cos(angle)), float32(math.Sin(angle))})
	}
	s.vectors("8 texts", inputs, resp)
	inOrder(t, printed.String(), "The nearest other of each", "1 1.00 2 long name", "8 0.97 7 long name")
}

func TestCosineIsSymmetricBoundedAndBlindToLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vector := rapid.SliceOfN(rapid.Float32Range(-1, 1), 3, 3)
		a, b := vector.Draw(t, "a"), vector.Draw(t, "b")
		twice := []float32{2 * a[0], 2 * a[1], 2 * a[2]}
		c := cosine(a, b)
		if c != cosine(b, a) || math.Abs(c) > 1+1e-9 || math.Abs(c-cosine(twice, b)) > 1e-9 {
			t.Fatalf("cosine %v, reversed %v, of twice the length %v", c, cosine(b, a), cosine(twice, b))
		}
	})
	if cosine([]float32{1}, []float32{1, 0}) != 0 || cosine([]float32{0}, []float32{1}) != 0 {
		t.Error("vectors that cannot be compared are alike")
	}
}
