package providers_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

func TestAnIndependentServersFaultsAreKnown(t *testing.T) {
	for _, test := range []struct {
		name    string
		fixture string
		code    ai.Code
		status  int
		after   time.Duration
	}{
		{"429 with Retry-After", `{"response": {"error": {"message": "Slow down.", "type": "rate_limit_error"}, "status": 429, "retryAfter": 7}}`, ai.CodeRateLimited, 429, 7 * time.Second},
		{"429 by chance", `{"response": {"content": "."}, "chaos": {"rateLimitRate": 1}}`, ai.CodeRateLimited, 429, time.Second},
		{"503", `{"response": {"error": {"message": "Overloaded.", "type": "UNAVAILABLE"}, "status": 503}}`, ai.CodeUnavailable, 503, 0},
		{"dropped", `{"response": {"content": "."}, "chaos": {"dropRate": 1}}`, ai.CodeUnavailable, 500, 0},
		{"disconnected", `{"response": {"content": "."}, "chaos": {"disconnectRate": 1}}`, ai.CodeUnavailable, 0, 0},
		{"malformed", `{"response": {"content": "."}, "chaos": {"malformedRate": 1}}`, ai.CodeBadResponse, 200, 0},
		{"400", `{"response": {"error": {"message": "No.", "type": "INVALID_ARGUMENT"}, "status": 400}}`, ai.CodeInvalidRequest, 400, 0},
		{"unknown model", `{"match": {"model": "none"}, "response": {"content": "."}}`, ai.CodeNotAvailable, 404, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, a *aimock, p provider) {
				a.plays(t, test.fixture)
				for _, way := range ways {
					t.Run(way.name, func(t *testing.T) {
						_, err := way.ask(bounded(t), p, ai.Text(question))
						failed := a.wantError(t, err, test.code)
						if failed.Status != test.status || failed.RetryAfter != test.after {
							t.Errorf("status %d, retry after %v", failed.Status, failed.RetryAfter)
						}
					})
				}
			})
		})
	}
}

func TestAnIndependentServersBlockedAnswerIsNone(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.ended(t)
		a.plays(t, `{"response": {"content": "Half.", "finishReason": "content_filter"}}`)
		for _, way := range ways {
			_, err := way.ask(bounded(t), p, ai.Text(question))
			a.wantError(t, err, ai.CodeContentFiltered)
		}
	})
}

func TestAnIndependentServersExhaustedQuotaIsNoRateLimit(t *testing.T) {
	a := connect(t)
	a.plays(t, `{"response": {"error": {"message": "No credit.", "type": "insufficient_quota", "code": "insufficient_quota"}, "status": 429}}`)
	_, err := a.opens(t, openaiThere)[0].Analyzer.Analyze(bounded(t), ai.Text(question))
	a.wantError(t, err, ai.CodeQuotaExhausted)
}

func TestAnIndependentServerRefusesAWrongKey(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, _ provider) {
		if a.key == "sk-none" {
			t.Skip("the server takes any key: AIMOCK_API_KEYS is empty")
		}
		a.key = "sk-wrong-canary"
		p := a.open(t, t.Name()[strings.LastIndexByte(t.Name(), '/')+1:])
		for _, way := range ways {
			_, err := way.ask(bounded(t), p, ai.Text(question))
			a.wantError(t, err, ai.CodeAuthentication)
		}
	})
}

func TestAnIndependentServersCutStreamIsNoAnswer(t *testing.T) {
	for name, fixture := range map[string]string{
		"after pieces": `{"response": {"content": "` + aimockAnswer + `"}, "chunkSize": 5, "latency": 20, "truncateAfterChunks": 10}`,
		"after a time": `{"response": {"content": "` + aimockAnswer + `"}, "chunkSize": 5, "latency": 20, "disconnectAfterMs": 250}`,
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, a *aimock, p provider) {
				a.plays(t, fixture)
				var text string
				var err error
				for d, e := range p.Stream(bounded(t), ai.Text(question)) {
					if err = e; d != nil {
						text += d.Text
						if d.Response != nil || d.FinishReason != "" {
							t.Errorf("a whole answer: %+v", d)
						}
					}
				}
				a.wantError(t, err, ai.CodeBadResponse)
				if text == "" || !strings.HasPrefix(aimockAnswer, text) || text == aimockAnswer {
					t.Errorf("%q", text)
				}
			})
		})
	}
}

func TestAnIndependentServerThatIsSlowIsNotWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, `{"response": {"content": "."}, "chaos": {"latencyMs": 30000}}`)
		for _, way := range ways {
			t.Run(way.name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				begun := time.Now()
				_, err := way.ask(ctx, p, ai.Text(question))
				a.wantError(t, err, ai.CodeTimeout)
				if waited := time.Since(begun); waited > 20*time.Second {
					t.Errorf("waited for %v", waited)
				}
			})
		}
	})
}

func TestAnIndependentServerThatIsSlowAnswersInTheEnd(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, `{"response": {"content": "`+aimockAnswer+`"}, "chaos": {"latencyMs": 200}}`)
		for _, way := range ways {
			if resp, err := way.ask(bounded(t), p, ai.Text(question)); err != nil || resp.Text != aimockAnswer {
				t.Errorf("%s: %+v, %v", way.name, resp, err)
			}
		}
	})
}

// The 503 is whoever's who asks next: no test here runs beside another.
func TestAnIndependentServersSingle503IsRetried(t *testing.T) {
	connect(t)
	for _, list := range []string{openaiThere, geminiThere} {
		t.Run(strings.SplitN(list, ":", 2)[0], func(t *testing.T) {
			a := connect(t)
			a.plays(t, `{"response": {"content": "At last."}}`)
			client := a.client(t, list)
			a.fails(t, `{"status": 503}`)
			resp, err := client.Analyze(bounded(t), ai.Text(question))
			if err != nil || resp.Text != "At last." || resp.Fallback || len(resp.Trail) != 2 || resp.Trail[0].Code != ai.CodeUnavailable {
				t.Errorf("%+v, %v", resp, err)
			}
		})
	}
}

func TestAnIndependentServersOutageIsAnsweredByTheOther(t *testing.T) {
	for _, list := range []string{openaiThere + "," + geminiThere, geminiThere + "," + openaiThere} {
		t.Run(strings.SplitN(list, ":", 2)[0]+" fails", func(t *testing.T) {
			a := connect(t)
			down := "gpt-4.1"
			if strings.HasPrefix(list, "gemini") {
				down = "gemini-3-flash"
			}
			a.plays(t, `{"match": {"model": "`+down+`"}, "response": {"error": {"message": "Overloaded."}, "status": 503}}`,
				`{"response": {"content": "`+aimockAnswer+`"}}`)
			client := a.client(t, list)
			resp, err := client.Analyze(bounded(t), ai.Text(question))
			if err != nil || resp.Text != aimockAnswer || !resp.Fallback || resp.Reason != ai.CodeUnavailable {
				t.Errorf("%+v, %v", resp, err)
			}
			streamed, err := ai.Collect(client.Stream(bounded(t), ai.Text(question)))
			if err != nil || streamed.Text != aimockAnswer || !streamed.Fallback || streamed.Provider != resp.Provider {
				t.Errorf("%+v, %v", streamed, err)
			}
		})
	}
}

// client is one over the providers of a list, at the server.
func (a *aimock) client(t *testing.T, list string) *ai.Client {
	t.Helper()
	client, err := ai.New(a.opens(t, list).Option(), ai.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
