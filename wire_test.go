package ai_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	pngcodec "image/png"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/providers/gemini"
	"github.com/finbrain/ai/providers/openai"
)

// wire is a client over both real adapters, each talking through its real
// library to a fake server in memory.
type wire struct {
	openai, gemini *mocks.Server
	client         *ai.Client
}

func newWire(t *testing.T, options ...ai.Option) wire {
	t.Helper()
	w := wire{openai: mocks.NewOpenAI(), gemini: mocks.NewGemini()}
	t.Cleanup(func() {
		_ = w.openai.Close()
		_ = w.gemini.Close()
	})
	first, err := openai.New(openai.Config{APIKey: canary, BaseURL: w.openai.BaseURL(), HTTPClient: w.openai.Client()})
	if err != nil {
		t.Fatal(err)
	}
	second, err := gemini.New(gemini.Config{APIKey: canary, BaseURL: w.gemini.BaseURL(), HTTPClient: w.gemini.Client()})
	if err != nil {
		t.Fatal(err)
	}
	w.client = newClient(t, append([]ai.Option{ai.WithProvider("openai", first), ai.WithProvider("gemini", second)}, options...)...)
	return w
}

func picture(t *testing.T) ai.Image {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for i := range m.Pix {
		m.Pix[i] = color.RGBA{R: 200, A: 255}.R
	}
	var b bytes.Buffer
	if err := pngcodec.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return ai.ImageBytes(b.Bytes())
}

func TestBothAdaptersServeEveryKindThroughTheirRealLibraries(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWire(t)
		for _, route := range []string{"openai", "gemini"} {
			requests := map[string]*ai.Request{
				"text":      {Prompt: "Net debt rose to 3.2x EBITDA. The covenant allows 3.5x."},
				"image":     {Prompt: "What is this?", Images: []ai.Image{picture(t), picture(t)}},
				"embedding": {Inputs: []string{"net debt", "covenant"}},
			}
			for kind, req := range requests {
				req.Model = route + "/" // the route, with its default model
				resp := mustAnalyze(t, w.client, req)
				if resp.Provider != route || resp.Fallback || resp.Model == "" || len(resp.Trail) != 1 {
					t.Errorf("%s %s: got %+v", route, kind, resp)
				}
				if kind == "embedding" {
					if len(resp.Embeddings) != 2 || resp.Space.Dimensions != len(resp.Embeddings[0]) {
						t.Errorf("%s: %d vectors in %v", route, len(resp.Embeddings), resp.Space)
					}
				} else if !strings.HasPrefix(resp.Text, "[emulated]") || resp.Usage.TotalTokens == 0 || resp.FinishReason != ai.FinishStop {
					t.Errorf("%s %s: got %+v", route, kind, resp)
				}
			}
		}
	})
}

func TestAnOutageFromBeginningToEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWire(t, withMemory(time.Minute, time.Hour), ai.WithStatic(&ai.Response{Text: "unavailable"}), noRetries())
		mustAnalyze(t, w.client, ai.Text("asked before the outage."))
		wait(10 * time.Minute)
		w.openai.Always(mocks.Unavailable())
		for i := range 5 {
			resp := mustAnalyze(t, w.client, ai.Text("question "+string(rune('a'+i))))
			if resp.Provider != "gemini" || !resp.Fallback || resp.Reason != ai.CodeUnavailable || resp.Trail[0].Status != 503 {
				t.Fatalf("got %+v", resp)
			}
		}
		count := w.openai.Count()
		if resp := mustAnalyze(t, w.client, ai.Text("question f")); resp.Reason != ai.CodeCircuitOpen || w.openai.Count() != count {
			t.Errorf("got %+v: want the breaker open", resp)
		}
		if resp := mustAnalyze(t, w.client, ai.Text("asked before the outage.")); resp.Source != ai.SourceCache || resp.Provider != "openai" || resp.Age < 10*time.Minute {
			t.Errorf("got %+v: want the stale answer", resp)
		}
		w.gemini.Always(mocks.BadKey())
		if resp := mustAnalyze(t, w.client, ai.Text("never asked")); resp.Source != ai.SourceStatic || resp.Text != "unavailable" {
			t.Errorf("got %+v: want the static answer", resp)
		}
		w.openai.Recover()
		wait(30 * time.Second)
		if resp := mustAnalyze(t, w.client, ai.Text("never asked")); resp.Provider != "openai" || resp.Fallback {
			t.Errorf("got %+v: want the primary again", resp)
		}
	})
}

// Each fault has the same Code whichever provider it strikes.
func TestEveryFaultOnTheWireHasItsCodeFromBothProviders(t *testing.T) {
	tests := []struct {
		name  string
		fault mocks.Fault
		want  ai.Code
	}{
		{"unavailable", mocks.Unavailable(), ai.CodeUnavailable},
		{"server error", mocks.Status(500), ai.CodeUnavailable},
		{"timeout of the provider's", mocks.Status(504), ai.CodeTimeout},
		{"rate limit", mocks.RateLimited(3 * time.Second), ai.CodeRateLimited},
		{"quota", mocks.QuotaExhausted(), ai.CodeQuotaExhausted},
		{"bad key", mocks.BadKey(), ai.CodeAuthentication},
		{"no such model", mocks.Fault{Code: ai.CodeNotAvailable}, ai.CodeNotAvailable},
		{"bad argument", mocks.Status(400), ai.CodeInvalidRequest},
		{"too large", mocks.Fault{Code: ai.CodeTooLarge}, ai.CodeTooLarge},
		{"prompt too long", mocks.Fault{Code: ai.CodeContextLength}, ai.CodeContextLength},
		{"filtered", mocks.Fault{Code: ai.CodeContentFiltered}, ai.CodeContentFiltered},
		{"model failed", mocks.Fault{Code: ai.CodeModelFailed}, ai.CodeModelFailed},
		{"no text within the limit", mocks.Fault{Code: ai.CodeMaxTokens}, ai.CodeMaxTokens},
		{"reset", mocks.Reset(), ai.CodeUnavailable},
		{"cut body", mocks.CutBody(), ai.CodeBadResponse},
		{"malformed", mocks.Malformed(), ai.CodeBadResponse},
		{"hang", mocks.Hang(), ai.CodeTimeout},
	}
	for _, test := range tests {
		for _, route := range []string{"openai", "gemini"} {
			t.Run(test.name+" "+route, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					w := newWire(t, noRetries())
					w.openai.Always(test.fault)
					w.gemini.Always(test.fault)
					err := mustFail(t, w.client, &ai.Request{Prompt: "question", Model: route + "/", Fallback: &ai.FallbackPolicy{Off: true}})
					if err.Code != test.want || !errors.Is(err, test.want) || err.Provider != route {
						t.Errorf("got %v, want %s", err, test.want)
					}
					if test.fault.RetryAfter != 0 && err.RetryAfter != test.fault.RetryAfter {
						t.Errorf("the hint is %v, want %v", err.RetryAfter, test.fault.RetryAfter)
					}
					if strings.Contains(err.Error(), canary) {
						t.Errorf("leaked: %v", err)
					}
				})
			})
		}
	}
}
