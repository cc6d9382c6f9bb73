package resilience

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// hang waits for the end of its context.
func hang(ctx context.Context) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

func TestOneContextPerAttemptCarriesTheTighterLimit(t *testing.T) {
	const none = time.Duration(-1)
	tests := []struct {
		name                     string
		timeout, share, deadline time.Duration
		want                     time.Duration
	}{
		{"none", 0, 0, none, none},
		{"none wanted", NoTimeout, 0, none, none},
		{"time limit", 5 * time.Second, 0, none, 5 * time.Second},
		{"share", 0, 4 * time.Second, none, 4 * time.Second},
		{"share within the time limit", 5 * time.Second, 4 * time.Second, none, 4 * time.Second},
		{"time limit within the share", 3 * time.Second, 4 * time.Second, none, 3 * time.Second},
		{"the caller's own deadline", 0, 0, 2 * time.Second, 2 * time.Second},
		{"the caller's deadline within both", 3 * time.Second, 4 * time.Second, 2 * time.Second, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Timeout: tt.timeout}, nil)
				ctx := t.Context()
				if tt.deadline != none {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				var used context.Context
				_, _ = RunCall(ctx, g, Call{Share: tt.share}, func(attempt context.Context) (int, error) {
					used = attempt
					left := none
					if deadline, ok := attempt.Deadline(); ok {
						left = time.Until(deadline)
					}
					if left != tt.want {
						t.Errorf("%v left, want %v", left, tt.want)
					}
					if bare := attempt == ctx; bare != ((tt.timeout == 0 || tt.timeout == NoTimeout) && tt.share == 0) {
						t.Errorf("the attempt has the caller's own context: %v", bare)
					}
					return 0, nil
				})
				if used != ctx && used.Err() == nil {
					t.Error("the attempt's context outlives it")
				}
			})
		})
	}
}

func TestTheShareCoversTheWholeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: 3 * time.Second}, nil)
		start := time.Now()
		calls := 0
		_, err := RunCall(t.Context(), g, Call{Share: 5 * time.Second}, func(ctx context.Context) (string, error) {
			calls++
			return hang(ctx)
		})
		if took := time.Since(start); took != 5*time.Second || calls != 2 || err != context.DeadlineExceeded {
			t.Fatalf("took %v, %d calls, error %v; want 5s and 2 calls", took, calls, err)
		}
	})
}

// bounds are the ways in which a caller may bound a run.
var bounds = map[string]func(context.Context, time.Duration) (context.Context, Call){
	"deadline": func(ctx context.Context, d time.Duration) (context.Context, Call) {
		ctx, cancel := context.WithTimeout(ctx, d)
		context.AfterFunc(ctx, cancel)
		return ctx, Call{}
	},
	"share": func(ctx context.Context, d time.Duration) (context.Context, Call) { return ctx, Call{Share: d} },
}

func TestACutAttemptCountsOnlyAfterAFairTrial(t *testing.T) {
	const second = time.Second
	tests := []struct {
		name     string
		known    int           // successes before
		each     time.Duration // how long each took
		ran      time.Duration
		failures int
	}{
		{"just under MinTrial", 0, 0, 5*second - 1, 0},
		{"MinTrial", 0, 0, 5 * second, 1},
		{"too few successes to know better", 19, second / 10, second, 0},
		{"twice a known p95", 20, second / 10, second, 1},
		{"less than twice a known p95", 20, second, 3 * second / 2, 0},
		{"a slow route's MinTrial is not raised", 20, 30 * second, 5 * second, 1},
	}
	for _, tt := range tests {
		for by, bound := range bounds {
			t.Run(tt.name+" by "+by, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := newTestGuard(t, Policy{Timeout: 60 * second}, nil)
					for range tt.known {
						_, _ = Run(t.Context(), g, func(context.Context) (int, error) { elapse(tt.each); return 0, nil })
					}
					calls := 0
					ctx, c := bound(t.Context(), tt.ran)
					_, err := RunCall(ctx, g, c, func(ctx context.Context) (string, error) {
						calls++
						_, _ = hang(ctx)
						return "", errDown // what a library makes of it says nothing
					})
					if !errors.Is(err, errDown) || calls != 1 {
						t.Fatalf("%d calls, error %v", calls, err)
					}
					if errors.Is(err, context.DeadlineExceeded) != (by == "deadline") {
						t.Fatalf("error %v: it is the caller's deadline only if that passed", err)
					}
					if n := g.Breaker().FailureCount(); n != tt.failures {
						t.Fatalf("%d failures counted, want %d", n, tt.failures)
					}
				})
			})
		}
	}
}

func TestACallerWhoWaitsAsLongAsTheTimeLimitIsNotHurried(t *testing.T) {
	for ran, want := range map[time.Duration]State{time.Second: Open, time.Second - 1: Closed} {
		for name, bound := range bounds {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Timeout: time.Second}, nil)
				for range 5 {
					ctx, c := bound(t.Context(), ran)
					_, _ = RunCall(ctx, g, c, hang)
				}
				if got := g.Breaker().State(); got != want {
					t.Errorf("%s of %v: the breaker is %v, want %v", name, ran, got, want)
				}
			})
		}
	}
}

func TestATimeLimitIsTheServicesFailureAndIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: time.Second}, nil)
		calls := 0
		answer, err := Run(t.Context(), g, func(ctx context.Context) (string, error) {
			if calls++; calls == 1 {
				return hang(ctx)
			}
			return "answer", nil
		})
		if answer != "answer" || err != nil || g.Breaker().FailureCount() != 1 {
			t.Fatalf("%q, %v, %d failures", answer, err, g.Breaker().FailureCount())
		}
	})
}

func TestAHurriedRunDoesNotRetryAfterATimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: time.Second}, nil)
		start := time.Now()
		_, err := RunCall(t.Context(), g, Call{Hurry: true}, hang)
		if took := time.Since(start); took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("took %v, error %v", took, err)
		}
		if n := g.Breaker().FailureCount(); n != 1 {
			t.Fatalf("%d failures counted, want 1", n)
		}
	})
}

func TestACancelByTheCallerIsNeutralAndFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: time.Minute}, nil)
		for range 5 {
			ctx, cancel := context.WithCancelCause(t.Context())
			calls := 0
			_, err := Run(ctx, g, func(ctx context.Context) (string, error) {
				calls++
				elapse(30 * time.Second)
				cancel(errDown) // a library may then hide that it was a cancel
				return "", errDown
			})
			if calls != 1 || !errors.Is(err, context.Canceled) || !errors.Is(err, errDown) {
				t.Fatalf("%d calls, error %v", calls, err)
			}
		}
		if s := g.Breaker().Snapshot(); s.State != Closed || s.Failures != 0 {
			t.Fatalf("%+v", s)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, g, func(ctx context.Context) (string, error) { cancel(); return "", ctx.Err() })
		if err != context.Canceled {
			t.Fatalf("error %v: what says it already is not wrapped again", err)
		}
	})
}

func TestAProbesLeaseOutlastsItsTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: time.Minute, Breaker: BreakerConfig{OpenFor: 10 * time.Second}}, nil)
		failTimes(g.Breaker(), 5)
		elapse(10 * time.Second)
		_, err := Run(t.Context(), g, hang)
		if err != context.DeadlineExceeded {
			t.Fatalf("error %v", err)
		}
		if s := g.Breaker().Snapshot(); s.State != Open || s.RetryAfter != 10*time.Second {
			t.Fatalf("a probe cut by its time limit did not count: %+v", s)
		}
	})
}

func TestADeadlineCountsWhetherAnnouncedOrNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: time.Minute}, nil)
		ctx, end := endingContext(t.Context(), context.DeadlineExceeded)
		_, err := Run(ctx, g, func(context.Context) (string, error) { end(); return "", errDown })
		if !errors.Is(err, context.DeadlineExceeded) || g.Breaker().FailureCount() != 0 {
			t.Fatalf("error %v, %d failures; want a neutral cut", err, g.Breaker().FailureCount())
		}

		// How long it ran nobody knows: it says nothing and is not made again.
		g = newTestGuard(t, Policy{}, nil)
		ctx, end = endingContext(t.Context(), context.DeadlineExceeded)
		time.AfterFunc(time.Minute, end)
		_, err = Run(ctx, g, hang)
		if !errors.Is(err, context.DeadlineExceeded) || g.Breaker().FailureCount() != 0 {
			t.Fatalf("untimed: error %v, %d failures; want a neutral cut", err, g.Breaker().FailureCount())
		}

		_, err = Run(expiring{t.Context(), time.Now()}, g, func(context.Context) (string, error) { t.Error("called"); return "", nil })
		if err != context.DeadlineExceeded {
			t.Fatalf("error %v", err)
		}
	})
}

// expiring announces a deadline but has not noticed yet that it passed.
type expiring struct {
	context.Context
	deadline time.Time
}

func (c expiring) Deadline() (time.Time, bool) { return c.deadline, true }
