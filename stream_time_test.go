package ai_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

func TestAProviderHasTwentySecondsUntilItsFirstContent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		silent := script(preamble, pauses(10*time.Second), preamble, pauses(time.Hour))
		client := newClient(t, ai.WithProvider("primary", silent), ai.WithProvider("second", script(pauses(20*time.Second-1), says("b"), stops)))
		start := time.Now()
		resp := play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "b")
		if took := time.Since(start); took != 40*time.Second-1 || resp.Reason != ai.CodeTimeout || len(resp.Trail) != 2 {
			t.Errorf("after %v got %+v", took, resp)
		}
		if got := client.Breaker("primary", ai.KindText).FailureCount(); got != 1 {
			t.Errorf("%d failures counted", got)
		}
	})
}

func TestAStreamMayBeSilentForThirtySeconds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const gap = 30*time.Second - 1
		client := newClient(t, ai.WithProvider("primary", script(says("a"), pauses(gap), says("b"), pauses(gap), gives(ai.Delta{}), pauses(gap), stops)))
		play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "a", "b")

		client = newClient(t, ai.WithProvider("primary", script(says("a"), pauses(time.Hour))))
		start := time.Now()
		failed := play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeTimeout, "a")
		if took := time.Since(start); took != 30*time.Second || !errors.Is(failed, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, failed)
		}
	})
}

func TestTheLimitsOfAStreamAreItsRoutesPolicy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		limits := resilience.Policy{Stream: resilience.StreamPolicy{First: 3 * time.Second, Silence: time.Minute}}
		patient := resilience.Policy{Stream: resilience.StreamPolicy{First: 50 * time.Second}}
		client := newClient(t, ai.WithPolicy("primary", ai.KindText, limits), ai.WithPolicy("second", 0, patient),
			ai.WithProvider("primary", script(pauses(3*time.Second), says("a"))),
			ai.WithProvider("second", script(pauses(50*time.Second-1), says("b"), stops)))
		play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "b")

		client = newClient(t, ai.WithPolicy("", 0, limits), ai.WithProvider("primary", script(says("a"), pauses(time.Minute-1), says("b"), pauses(time.Hour))))
		play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeTimeout, "a", "b")
	})
	bad := resilience.Policy{Stream: resilience.StreamPolicy{Silence: -1}}
	if _, err := ai.New(ai.WithProvider("primary", answers("a")), ai.WithPolicy("", 0, bad)); ai.CodeOf(err) != ai.CodeInvalidRequest {
		t.Errorf("got %v", err)
	}
}

func TestASlowReaderIsNoSilentProvider(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", script(says("a"), pauses(29*time.Second), says("b"), stops)))
		var texts []string
		for d, err := range client.Stream(t.Context(), ai.Text("q")) {
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, d.Text)
			wait(time.Hour)
		}
		if !slices.Equal(texts, []string{"a", "b", ""}) {
			t.Errorf("heard %q", texts)
		}
	})
}

func TestOnceItFlowsAStreamIsTheCallersToLimit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		steps := []step{pauses(19 * time.Second)}
		for range 20 {
			steps = append(steps, says("a"), pauses(20*time.Second))
		}
		client := newClient(t, ai.WithProvider("primary", script(append(steps, stops)...)), ai.WithProvider("second", answers("b")))
		if p := play(client.Stream(t.Context(), ai.Text("q"))); p.err != nil || len(p.texts) != 20 {
			t.Errorf("neither time limit, nor share, nor DefaultDeadline hold: %+v", p)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		p := play(client.Stream(ctx, ai.Text("q")))
		if ai.CodeOf(p.err) != ai.CodeDeadline || len(p.texts) != 5 {
			t.Errorf("got %+v", p)
		}
		breaker := client.Breaker("primary", ai.KindText)
		if got := breaker.FailureCount(); got != 0 && p.err != nil {
			// 100 s - 19 s - 4·20 s: silent for a second only.
			t.Errorf("%d failures counted of a stream that flowed", got)
		}
	})
}

func TestUntilItsFirstContentAStreamHasItsShare(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", script(pauses(time.Hour))), ai.WithProvider("second", script(pauses(3*time.Second), says("b"), stops)))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		resp := play(client.Stream(ctx, ai.Text("q"))).wantAnswer(t, "b")
		if took := time.Since(start); took != 9*time.Second || resp.Reason != ai.CodeTimeout {
			t.Errorf("after %v got %+v: the primary may use 60 %%", took, resp)
		}
	})
}

// deaf looks at no context and streams after its time.
func TestAProviderThatIgnoresItsContextIsTooLate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		deaf := func(context.Context, yield) bool { wait(time.Minute); return true }
		client := newClient(t, ai.WithProvider("primary", script(deaf, says("a"), stops)), ai.WithProvider("second", script(says("b"), deaf, says("B"), stops)))
		failed := play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeTimeout, "b")
		if got := failed.Trail.String(); got != "primary: timeout after 1m0s; second: timeout after 1m0s" {
			t.Errorf("trail %q", got)
		}
	})
}

func TestAnEndedContextEndsTheStreamOfAProviderThatIgnoresIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		sent := 0
		chatter := func(d ai.Delta) *streamer {
			return script(func(_ context.Context, yield yield) bool {
				for sent = 1; sent < 1000 && yield(new(d), nil); sent++ {
					wait(3 * time.Second)
				}
				return false
			})
		}
		client := newClient(t, ai.WithProvider("primary", chatter(ai.Delta{})), noRetries())
		if play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeTimeout); sent != 8 {
			t.Errorf("without content it sent %d pieces", sent)
		}

		client = newClient(t, ai.WithProvider("primary", chatter(ai.Delta{Text: "a"})))
		late, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		play(client.Stream(late, ai.Text("q"))).wantError(t, ai.CodeDeadline, "a", "a", "a")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var codes []ai.Code
		for _, err := range client.Stream(ctx, ai.Text("q")) {
			cancel()
			codes = append(codes, ai.CodeOf(err))
		}
		if !slices.Equal(codes, []ai.Code{"", ai.CodeCanceled}) || client.Breaker("primary", ai.KindText).FailureCount() != 0 {
			t.Errorf("heard %q", codes)
		}
	})
}

func TestAnAnswerThatIsWholeCountsThoughTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ends := func(context.Context, yield) bool { cancel(); return true }
	client := newClient(t, ai.WithProvider("primary", script(says("a"), ends, stops)))
	play(client.Stream(ctx, ai.Text("q"))).wantAnswer(t, "a")
}

func TestACallerWhoCancelsAStreamHearsSoAndNobodyElseIsAsked(t *testing.T) {
	for name, primary := range map[string]*streamer{
		"before content": script(pauses(time.Hour)),
		"after content":  script(says("a"), pauses(20*time.Second), says("b"), pauses(time.Hour)),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				second := script(says("b"), stops)
				client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("second", second))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(19*time.Second, cancel)
				p := play(client.Stream(ctx, ai.Text("q")))
				if ai.CodeOf(p.err) != ai.CodeCanceled || second.asked.Load() != 0 || !errors.Is(p.err, context.Canceled) {
					t.Errorf("got %+v", p)
				}
				if got := client.Breaker("primary", ai.KindText).FailureCount(); got != 0 {
					t.Errorf("%d failures counted", got)
				}
			})
		})
	}
}

func TestAStreamHoldsItsPlaceUntilItsEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", script(says("a"), pauses(time.Second), stops)),
			ai.WithPolicy("", 0, resilience.Policy{Limit: resilience.LimitPolicy{MaxConcurrent: 1}}))
		for d, err := range client.Stream(t.Context(), ai.Text("q")) {
			switch second := play(client.Stream(t.Context(), ai.Text("q"))); {
			case err != nil:
				t.Fatal(err)
			case d.Response == nil:
				second.wantError(t, ai.CodeOverloadedHere)
			default:
				second.wantAnswer(t, "a")
			}
		}
	})
}

func TestAStreamIsNeverHedged(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := script(pauses(10*time.Second), says("a"), stops)
		client := newClient(t, ai.WithProvider("primary", primary),
			ai.WithPolicy("", 0, resilience.Policy{Hedge: resilience.HedgePolicy{MaxShare: 1, Delay: time.Second}}))
		for range 3 {
			play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "a")
		}
		synctest.Wait()
		if n := primary.asked.Load(); n != 3 {
			t.Errorf("asked %d times", n)
		}
	})
}
