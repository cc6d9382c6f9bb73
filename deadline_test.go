package ai_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

func TestAHangingPrimaryLeavesTheSecondaryTimeWithinTheDeadline(t *testing.T) {
	tests := []struct {
		name   string
		routes int
		want   time.Duration // what the hanging primary may use of 10 s
	}{
		{"60 % before one other", 1, 6 * time.Second},
		{"43 % before two others", 2, 10 * time.Second * 3 / 7},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				options := []ai.Option{ai.WithProvider("primary", &provider{do: hanging}), ai.WithProvider("secondary", answers("second"))}
				if test.routes == 2 {
					options = append(options, ai.WithProvider("third", answers("third")))
				}
				client := newClient(t, options...)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				resp, err := client.Analyze(ctx, ai.Text("q"))
				if err != nil {
					t.Fatal(err)
				}
				if resp.Provider != "secondary" || resp.Reason != ai.CodeTimeout {
					t.Errorf("got %+v", resp)
				}
				if took := time.Since(start).Round(time.Millisecond); took != test.want.Round(time.Millisecond) {
					t.Errorf("the primary used %v, want %v", took, test.want)
				}
			})
		})
	}
}

func TestAnOpenSubstituteGetsNoShare(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", &provider{do: hanging}), ai.WithProvider("secondary", answers("second")),
			ai.WithStatic(&ai.Response{Text: "static"}))
		client.Breaker("secondary", ai.KindText).ForceOpen()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		resp, err := client.Analyze(ctx, ai.Text("q"))
		if err != nil || resp.Source != ai.SourceStatic {
			t.Fatalf("got %+v, %v", resp, err)
		}
		if took := time.Since(start); took != 10*time.Second-50*time.Millisecond {
			t.Errorf("took %v: want all but the 50 ms kept for the static answer", took)
		}
	})
}

func TestAShortDeadlineStillGetsAnAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", answers("first")), ai.WithStatic(&ai.Response{Text: "static"}))
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
		defer cancel()
		if resp, err := client.Analyze(ctx, ai.Text("q")); err != nil || resp.Text != "first" {
			t.Errorf("got %+v, %v", resp, err)
		}
	})
}

func TestASpentShareLeavesWhatIsLeftToTheNextStep(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := &provider{do: func(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
			<-ctx.Done()
			wait(3980 * time.Millisecond) // slow to let go: 20 ms of 10 s are left
			return nil, ctx.Err()
		}}
		client := newClient(t, ai.WithProvider("primary", slow), ai.WithProvider("secondary", &provider{do: hanging}), ai.WithStatic(&ai.Response{Text: "static"}))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if resp, err := client.Analyze(ctx, ai.Text("q")); err != nil || resp.Source != ai.SourceStatic {
			t.Errorf("got %+v, %v", resp, err)
		}
	})
}

func TestACallWithoutADeadlineGetsTwoMinutes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var patient resilience.Policy
		patient.Timeout = resilience.NoTimeout
		client := newClient(t, ai.WithProvider("primary", &provider{do: hanging}), ai.WithPolicy("", 0, patient))
		start := time.Now()
		err := mustFail(t, client, ai.Text("q"))
		if took := time.Since(start); took != 2*time.Minute || err.Code != ai.CodeTimeout {
			t.Errorf("after %v got %v", took, err)
		}
	})
}

func TestAnAttemptIsLimitedByItsKind(t *testing.T) {
	for kind, want := range map[ai.Kind]time.Duration{ai.KindText: 60 * time.Second, ai.KindEmbedding: 20 * time.Second} {
		inBubble(t, func(t *testing.T) {
			client := newClient(t, ai.WithProvider("primary", &provider{do: hanging}), noRetries())
			req := ai.Text("q")
			if kind == ai.KindEmbedding {
				req = ai.Embedding("text")
			}
			start := time.Now()
			err := mustFail(t, client, req)
			if took := time.Since(start); took != want || err.Code != ai.CodeTimeout || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v: after %v got %v", kind, took, err)
			}
		})
	}
}

func TestAfterTheCallerCancelsNothingMoreIsSentUpstream(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := &provider{do: failing(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 20 * time.Second})}
		client := newClient(t, ai.WithProvider("primary", primary))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		err := mustFailWith(t, ctx, client, ai.Text("q"))
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("returned after %v, want at once when cancelled", took)
		}
		if err.Code != ai.CodeCanceled || !errors.Is(err, context.Canceled) || !errors.Is(err, ai.CodeRateLimited) {
			t.Errorf("got %v: want canceled, with the last provider error behind it", err)
		}
		wait(time.Minute)
		if primary.count() != 1 {
			t.Errorf("%d calls went upstream", primary.count())
		}
	})
}

func TestACancelledCallIsNoFailureAndAsksNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		secondary := answers("second")
		client := newClient(t, ai.WithProvider("primary", &provider{do: hanging}), ai.WithProvider("secondary", secondary),
			ai.WithStatic(&ai.Response{Text: "static"}))
		for range 6 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if err := mustFailWith(t, ctx, client, ai.Text("q")); err.Code != ai.CodeCanceled {
				t.Errorf("got %v", err)
			}
		}
		if n := client.Breaker("primary", ai.KindText).FailureCount(); n != 0 || secondary.count() != 0 {
			t.Errorf("%d failures, %d calls of the secondary", n, secondary.count())
		}
	})
}

func TestACallAlreadyCancelledReachesNobody(t *testing.T) {
	primary := answers("first")
	client := newClient(t, ai.WithProvider("primary", primary))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mustFailWith(t, ctx, client, ai.Text("q")); err.Code != ai.CodeCanceled || primary.count() != 0 {
		t.Errorf("got %v after %d calls", err, primary.count())
	}
}

func TestHurriedCallersDoNotOpenAHealthyProvider(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", &provider{do: hanging}))
		for range 6 {
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			if err := mustFailWith(t, ctx, client, ai.Text("q")); err.Code != ai.CodeDeadline || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			cancel()
		}
		if n := client.Breaker("primary", ai.KindText).FailureCount(); n != 0 {
			t.Errorf("%d failures counted", n)
		}
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
			mustFailWith(t, ctx, client, ai.Text("q"))
			cancel()
		}
		if !client.Breaker("primary", ai.KindText).IsOpen() {
			t.Error("five attempts of 6 s each did not open the breaker")
		}
	})
}

func TestNobodyWaitsInFrontOfAReadyFallback(t *testing.T) {
	tests := []struct {
		name     string
		err      error
		attempts int
	}{
		{"one retry after a failure", coded(ai.CodeUnavailable), 2},
		{"none with a long hint", &ai.Error{Code: ai.CodeRateLimited, RetryAfter: 5 * time.Second}, 1},
		{"none with a hint of a second", &ai.Error{Code: ai.CodeUnavailable, RetryAfter: time.Second}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				primary := &provider{do: failing(test.err)}
				client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")))
				start := time.Now()
				resp := mustAnalyze(t, client, ai.Text("q"))
				if took := time.Since(start); resp.Provider != "secondary" || took > 250*time.Millisecond {
					t.Errorf("%q answered after %v", resp.Provider, took)
				}
				if primary.count() != test.attempts {
					t.Errorf("%d attempts, want %d", primary.count(), test.attempts)
				}
			})
		})
	}
	t.Run("none after the provider's own time limit", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			primary := &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
				wait(50 * time.Second)
				return nil, &ai.Error{Code: ai.CodeTimeout, Status: 504}
			}}
			client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")))
			mustAnalyze(t, client, ai.Text("q"))
			if primary.count() != 1 {
				t.Errorf("%d attempts", primary.count())
			}
		})
	})
	t.Run("none in front of a stale answer", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			primary := answers("first")
			client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Minute, time.Hour))
			mustAnalyze(t, client, ai.Text("q"))
			wait(2 * time.Minute)
			primary.fail(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 50 * time.Second})
			start := time.Now()
			resp := mustAnalyze(t, client, ai.Text("q"))
			if took := time.Since(start); took > 250*time.Millisecond || resp.Source != ai.SourceCache {
				t.Errorf("%s answered after %v", resp.Source, took)
			}
		})
	})
	t.Run("the ordinary retries in front of a static answer, but no rate limit", func(t *testing.T) {
		for _, failure := range []error{coded(ai.CodeUnavailable), &ai.Error{Code: ai.CodeRateLimited, RetryAfter: 50 * time.Second}} {
			inBubble(t, func(t *testing.T) {
				primary := &provider{do: failing(failure)}
				client := newClient(t, ai.WithProvider("primary", primary), ai.WithStatic(&ai.Response{Text: "static"}))
				start := time.Now()
				mustAnalyze(t, client, ai.Text("q"))
				want := 3
				if ai.CodeOf(failure) == ai.CodeRateLimited {
					want = 1
				}
				if took := time.Since(start); took > time.Second || primary.count() != want {
					t.Errorf("%v: %d attempts in %v", failure, primary.count(), took)
				}
			})
		}
	})
	t.Run("none after our own time limit", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			primary := &provider{do: hanging}
			client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")))
			start := time.Now()
			mustAnalyze(t, client, ai.Text("q"))
			if took := time.Since(start); took != 60*time.Second || primary.count() != 1 {
				t.Errorf("%d attempts in %v, want one of 60 s", primary.count(), took)
			}
		})
	})
}
