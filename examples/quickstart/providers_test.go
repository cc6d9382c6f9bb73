package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func TestTheKeysThatAreSetChooseTheServices(t *testing.T) {
	const (
		openAI = "openai/text openai/image openai/embedding openai/image_generation openai/finetune openai/file"
		gemini = "gemini/text gemini/image gemini/embedding gemini/image_generation"
	)
	tests := []struct {
		openAI, gemini string
		notice         string
		circuits       string
	}{
		{"key", "", "Asking OpenAI.", openAI},
		{"", "key", "Asking Gemini.", gemini},
		{"key", "key", "Asking OpenAI, and if that fails Gemini.", openAI + " " + gemini},
	}
	for _, test := range tests {
		c, err := connect(func(name string) string {
			return map[string]string{"OPENAI_API_KEY": test.openAI, "GEMINI_API_KEY": test.gemini}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		var circuits []string
		for _, circuit := range c.Health().Circuits {
			circuits = append(circuits, circuit.Name)
		}
		if c.notice != test.notice || strings.Join(circuits, " ") != test.circuits {
			t.Errorf("notice %q, circuits %q", c.notice, circuits)
		}
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAKeyThatCannotBeSentIsRefusedWithoutBeingShown(t *testing.T) {
	for _, name := range []string{"OPENAI_API_KEY", "GEMINI_API_KEY"} {
		var out, notes bytes.Buffer
		code := run(t.Context(), nil, &out, &notes, func(asked string) string {
			if asked == name {
				return "sk-canary\n"
			}
			return ""
		})
		if code != exitFailed || !strings.Contains(notes.String(), name) || strings.Contains(out.String()+notes.String(), "canary") {
			t.Errorf("%s: exit code %d, printed %q, errors %q", name, code, out.String(), notes.String())
		}
	}
}

func TestOneFailureDoesNotKeepTheOtherFilesFromBeingAsked(t *testing.T) {
	var out, notes bytes.Buffer
	m := mocks.NewAnalyzer(t).Answer("first").Fail(&ai.Error{
		Code: ai.CodeUnavailable, Provider: "openai", Status: 503,
		Trail: ai.Trail{{Provider: "openai", Code: ai.CodeUnavailable}, {Provider: "gemini", Code: ai.CodeTimeout}},
	}).Answer("third")
	inputs := []input{{name: "a.txt", text: "a"}, {name: "b.txt", text: "b"}, {name: "c.txt", text: "c"}}
	err := options{}.analyse(t.Context(), m, inputs, newScreen(&out, noKeys), newScreen(&notes, noKeys))
	if err == nil || err.Error() != "1 of 3 files got no answer" {
		t.Errorf("got %v", err)
	}
	inOrder(t, out.String(), "a.txt", "first", "b.txt", "c.txt", "third")
	inOrder(t, notes.String(), "quickstart: b.txt: ai: openai: unavailable (status 503)", "tried: openai: unavailable", "gemini: timeout")
}

func TestAnAnswerTellsWhatItSaysOfItself(t *testing.T) {
	var printed strings.Builder
	s := newScreen(&printed, noKeys)
	s.answer(&ai.Response{
		Text: "Net debt fell.", Fallback: true, Reason: ai.CodeCircuitOpen, Source: ai.SourceCache, Provider: "openai",
		Model: "model", Age: 90_400_000_000, FinishReason: ai.FinishLength,
		Usage: ai.Usage{InputTokens: 1, OutputTokens: 2, TotalTokens: 3},
	})
	inOrder(t, printed.String(), "Net debt fell.", "provider openai", "model model", "source cache", "age 1m30s",
		"fallback true", "circuit open", "finish cut short", "usage 1 tokens in, 2 out, 3 in all", "trail")
}
