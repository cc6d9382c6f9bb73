package ai_test

import (
	"slices"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func TestBothAdaptersStreamThroughTheClient(t *testing.T) {
	const prompt = "Net debt rose to 3.2x EBITDA. The covenant allows 3.5x. Nothing else of note was said in the whole year."
	for _, tt := range []struct {
		name  string
		fault mocks.Fault
		code  ai.Code // "": an answer, of whom
		from  string
		hits  int
	}{
		{"well", mocks.Fault{}, "", "openai", 0},
		{"unavailable", mocks.Unavailable(), "", "gemini", 1},
		{"silent from the first", mocks.StallStream(0), "", "gemini", 1},
		{"broken at the first", mocks.CutStream(0), "", "gemini", 1},
		{"silent after two", mocks.StallStream(2), ai.CodeTimeout, "", 1},
		{"ended after two", mocks.EndStream(2), ai.CodeBadResponse, "", 1},
		{"failed after two", mocks.Fault{Stream: mocks.StreamFault{After: 2, Fail: ai.CodeUnavailable}}, ai.CodeUnavailable, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWire(t, noRetries())
				w.openai.Always(tt.fault)
				p := play(w.client.Stream(t.Context(), ai.Text(prompt)))
				if tt.code != "" {
					if len(p.texts) != 2 {
						t.Errorf("%d pieces", len(p.texts))
					}
					p.wantError(t, tt.code, p.texts...)
				} else if resp := p.wantAnswer(t, p.texts...); len(p.texts) < 2 || resp.Provider != tt.from || resp.Model == "" ||
					resp.FinishReason != ai.FinishStop || resp.Usage.TotalTokens == 0 || resp.Fallback != (tt.from != "openai") {
					t.Errorf("%d pieces of %+v", len(p.texts), resp)
				}
				if got := w.client.Breaker("openai", ai.KindText).FailureCount(); got != tt.hits {
					t.Errorf("%d failures counted", got)
				}
			})
		})
	}
}

func TestLeavingAStreamFreesItsConnection(t *testing.T) {
	for _, route := range []string{"openai/", "gemini/"} {
		inBubble(t, func(t *testing.T) {
			w := newWire(t)
			w.openai.Always(mocks.StallStream(1))
			w.gemini.Always(mocks.StallStream(1))
			for range 20 {
				var texts []string
				for d, err := range w.client.Stream(t.Context(), &ai.Request{Model: route, Prompt: "What is owed?"}) {
					if err != nil {
						t.Fatal(err)
					}
					texts = append(texts, d.Text)
					break
				}
				if len(texts) != 1 || slices.Contains(texts, "") {
					t.Errorf("heard %q", texts)
				}
			}
			// What is left of any of them would hold the bubble up.
		})
	}
}
