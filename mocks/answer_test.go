package mocks

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPiecesPutTogetherAreTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, n := rapid.String().Draw(t, "text"), rapid.IntRange(0, 20).Draw(t, "n")
		for _, cut := range [][]string{pieces(text, n), argumentPieces(text, n)} {
			if strings.Join(cut, "") != text || slices.Contains(cut, "") || n > 0 && len(cut) > n {
				t.Fatalf("%q in %d: %q", text, n, cut)
			}
		}
	})
}

func TestFilesAreKeptWithinTheLimit(t *testing.T) {
	s := &openAIStore{bytes: maxStoreBytes - 2}
	for _, want := range []bool{true, false} {
		if _, p := s.putFile(&openAIFile{Bytes: 2}); (p == nil) != want {
			t.Errorf("%d bytes kept: %v", s.bytes, p)
		}
	}
	s = &openAIStore{jobs: make([]*openAIJob, maxJobs), files: []*openAIFile{{ID: "f", Purpose: "fine-tune"}}}
	if _, p := s.createJob(openAIJobRequest{TrainingFile: "f"}); p == nil {
		t.Errorf("%d jobs kept", len(s.jobs))
	}
}
