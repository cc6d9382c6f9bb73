package mocks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func TestStreamFaultsMeetStreamsOnly(t *testing.T) {
	s, c := newOpenAI(t)
	s.Always(mocks.Unavailable())
	s.Always(mocks.CutStream(0).On(ai.KindText))
	s.Script(mocks.CutStream(1))
	if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText); seen(err) != "503 0" {
		t.Errorf("a unary call met %q", seen(err))
	}
	_ = c
	for _, pieces := range []int{1, 0} {
		got := streamChat(t.Context(), s.Client(), s.BaseURL(), ignore)
		if len(got.texts) != pieces || got.err == nil {
			t.Errorf("%+v", got)
		}
	}
}

func TestAStreamMayHoldNoText(t *testing.T) {
	tests := map[ai.Code]map[string]string{
		ai.CodeContentFiltered: {"openai": "stop", "responses": "completed", "gemini": ""},
		ai.CodeMaxTokens:       {"openai": "length", "responses": "incomplete", "gemini": "MAX_TOKENS"},
		ai.CodeModelFailed:     {"openai": "tool_calls", "responses": "completed", "gemini": "MALFORMED_FUNCTION_CALL"},
	}
	eachStreamer(t, func(t *testing.T, p streamer) {
		for code, finish := range tests {
			s := p.fake()
			s.Script(mocks.Fault{Code: code})
			got := p.read(t.Context(), s.Client(), s.BaseURL(), ignore)
			if len(got.texts) != 0 || got.finish != finish[p.name] || got.err != nil {
				t.Errorf("%s: %+v", code, got)
			}
			_ = s.Close()
		}
	})
}

func TestAStandingAnswerCoversWhatTheScriptDoesNot(t *testing.T) {
	s, _ := newOpenAI(t)
	s.AlwaysAnswer(mocks.Answer{Text: "as usual"})
	s.Answer(mocks.Answer{Text: "once"})
	ask := func() string {
		text, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := []string{ask(), ask(), ask()}; !slices.Equal(got, []string{"once", "as usual", "as usual"}) {
		t.Errorf("%q", got)
	}
	if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindImageGeneration); err != nil {
		t.Error(err)
	}
	s.Recover()
	if got := ask(); !strings.HasPrefix(got, "[emulated]") {
		t.Errorf("%q after Recover", got)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	s, _ := newOpenAI(t)
	for range 3 {
		if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText); err != nil {
			t.Fatal(err)
		}
	}
	if s.Connections() != 1 {
		t.Errorf("%d connections for three calls in a row", s.Connections())
	}
}
