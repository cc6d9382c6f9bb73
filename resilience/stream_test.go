package resilience

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// piecesAfter streams a piece after each of the waits, which end early with the
// context, and ends with err.
func piecesAfter(err error, waits ...time.Duration) func(context.Context, *Reading) (int, error) {
	return func(ctx context.Context, r *Reading) (int, error) {
		for n, d := range waits {
			if !waited(ctx, d) {
				return n, context.Cause(ctx)
			}
			if late := r.Pause(); late != nil {
				return n, late
			}
			r.Resume()
		}
		return len(waits), err
	}
}

func waited(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func TestTheOutcomeOfAStreamIsThatOfItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		for range 5 {
			wantState(t, g.Breaker(), Closed)
			calls := 0
			n, err := RunStream(t.Context(), g, Call{}, func(ctx context.Context, r *Reading) (int, error) {
				calls++
				defer func() {
					if got := g.Breaker().Snapshot().Failures; int(got) >= 5 {
						t.Error("the failure counted before the end")
					}
				}()
				return piecesAfter(errDown, 0, 0)(ctx, r)
			})
			if n != 2 || err != errDown || calls != 1 {
				t.Fatalf("%d pieces, error %v, %d calls: want no retry of what the caller has in part", n, err, calls)
			}
		}
		wantState(t, g.Breaker(), Open)
	})
}

func TestTheWaitForTheFirstPieceBeginsWithTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: time.Hour, Retry: RetryPolicy{MaxAttempts: 1}}, nil)
		elapse(10 * time.Minute)
		start := time.Now()
		_, err := RunStream(t.Context(), g, Call{}, piecesAfter(nil, time.Hour))
		if took := time.Since(start); took != 20*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v after %v", err, took)
		}
	})
}

func TestAStreamIsRetriedUntilItsFirstPiece(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		calls := 0
		n, err := RunStream(t.Context(), g, Call{}, func(ctx context.Context, r *Reading) (int, error) {
			if calls++; calls == 1 {
				return 0, errDown
			}
			return piecesAfter(errDown, 0)(ctx, r)
		})
		if n != 1 || err != errDown || calls != 2 {
			t.Fatalf("%d pieces, error %v, %d calls", n, err, calls)
		}
		if got := g.Breaker().FailureCount(); got != 2 {
			t.Fatalf("%d failures counted, want both", got)
		}
	})
}

func TestTheFirstPieceLiftsShareAndTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: 10 * time.Second}, nil)
		const gap = 29 * time.Second
		n, err := RunStream(t.Context(), g, Call{Share: 5 * time.Second}, piecesAfter(nil, 5*time.Second-1, gap, gap, gap))
		if n != 4 || err != nil {
			t.Fatalf("%d pieces, error %v", n, err)
		}
		_, err = RunStream(t.Context(), g, Call{Share: 5 * time.Second}, piecesAfter(errDown, 4*time.Second, gap))
		if err != errDown || g.Breaker().FailureCount() != 1 {
			t.Fatalf("error %v, %d failures: a share that is lifted excuses nothing", err, g.Breaker().FailureCount())
		}
	})
}

func TestTheWaitForTheFirstPieceIsLimited(t *testing.T) {
	const second = time.Second
	tests := []struct {
		name     string
		policy   Policy
		share    time.Duration
		want     time.Duration
		failures int
	}{
		{"by default", Policy{}, 0, 20 * second, 1},
		{"by the policy", Policy{Stream: StreamPolicy{First: 7 * second}}, 0, 7 * second, 1},
		{"by the attempt's time limit", Policy{Timeout: 3 * second}, 0, 3 * second, 1},
		{"by a share that was no fair trial", Policy{}, 4 * second, 4 * second, 0},
		{"by a fair share", Policy{}, 5 * second, 5 * second, 1},
		{"by nothing of its own", Policy{Stream: StreamPolicy{First: NoTimeout}}, 300 * second, 300 * second, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, tt.policy, nil)
				start := time.Now()
				calls := 0
				_, err := RunStream(t.Context(), g, Call{Share: tt.share, Hurry: true}, func(ctx context.Context, r *Reading) (int, error) {
					calls++
					return piecesAfter(nil, time.Hour)(ctx, r)
				})
				if took := time.Since(start); took != tt.want || err != context.DeadlineExceeded || calls != 1 {
					t.Errorf("after %v: error %v, %d calls; want a limit of %v and no second wait in front of a ready answer", took, err, calls, tt.want)
				}
				if got := g.Breaker().FailureCount(); got != tt.failures {
					t.Errorf("%d failures counted, want %d", got, tt.failures)
				}
			})
		})
	}
}

func TestEachSilenceAfterTheFirstPieceIsLimited(t *testing.T) {
	for limit, policy := range map[time.Duration]StreamPolicy{
		30 * time.Second: {},
		2 * time.Second:  {Silence: 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := newTestGuard(t, Policy{Stream: policy}, nil)
			start := time.Now()
			n, err := RunStream(t.Context(), g, Call{}, piecesAfter(nil, 0, limit-1, limit-1, time.Hour))
			if took := time.Since(start); n != 3 || err != context.DeadlineExceeded || took != 3*limit-2 {
				t.Errorf("%v: %d pieces in %v, error %v", limit, n, took, err)
			}
			if got := g.Breaker().FailureCount(); got != 1 {
				t.Errorf("%d failures counted", got)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Stream: StreamPolicy{First: NoTimeout, Silence: NoTimeout}}, nil)
		if n, err := RunStream(t.Context(), g, Call{}, piecesAfter(nil, time.Hour, time.Hour)); n != 2 || err != nil {
			t.Errorf("without limits: %d pieces, error %v", n, err)
		}
		g = newTestGuard(t, Policy{Stream: StreamPolicy{First: NoTimeout}}, nil)
		if n, err := RunStream(t.Context(), g, Call{}, piecesAfter(nil, time.Hour, time.Hour)); n != 1 || err == nil {
			t.Errorf("with a limit of silence alone: %d pieces, error %v", n, err)
		}
	})
}

// What reads the stream may not look at its context: the piece is late all the
// same.
func TestAPieceThatComesTooLateIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		_, err := RunStream(t.Context(), g, Call{Hurry: true}, func(ctx context.Context, r *Reading) (int, error) {
			r.Resume() // it is not paused
			elapse(20 * time.Second)
			late := r.Pause()
			if late != context.DeadlineExceeded || r.Pause() != late || context.Cause(ctx) != late {
				t.Errorf("%v, %v", late, context.Cause(ctx))
			}
			return 0, late
		})
		if err != context.DeadlineExceeded || g.Breaker().FailureCount() != 1 {
			t.Errorf("error %v, %d failures", err, g.Breaker().FailureCount())
		}
	})
}

func TestTheClockStandsStillWhileTheCallerIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		_, err := RunStream(t.Context(), g, Call{}, func(ctx context.Context, r *Reading) (int, error) {
			for range 3 {
				if !waited(ctx, 19*time.Second) || r.Pause() != nil || r.Pause() != nil || ctx.Err() != nil {
					return 0, errDown
				}
				elapse(time.Hour)
				r.Resume()
				r.Resume()
			}
			return 0, ctx.Err()
		})
		if err != nil {
			t.Errorf("error %v", err)
		}
	})
}

func TestADeadlineBlamesAStreamForItsSilenceAlone(t *testing.T) {
	const second = time.Second
	for silence, want := range map[time.Duration]int{5*second - 1: 0, 5 * second: 1} {
		synctest.Test(t, func(t *testing.T) {
			g := newTestGuard(t, Policy{}, nil)
			ctx, cancel := context.WithTimeout(t.Context(), 25*second+silence)
			defer cancel()
			_, err := RunStream(ctx, g, Call{}, func(ctx context.Context, r *Reading) (int, error) {
				elapse(10 * second)
				_ = r.Pause()
				elapse(15 * second)
				r.Resume()
				<-ctx.Done()
				return 0, errDown
			})
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errDown) {
				t.Errorf("error %v", err)
			}
			if got := g.Breaker().FailureCount(); got != want {
				t.Errorf("silent for %v: %d failures counted, want %d", silence, got, want)
			}
		})
	}
}

func TestACancelledStreamIsNeutral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		for range 6 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(9*time.Second, cancel)
			_, err := RunStream(ctx, g, Call{}, piecesAfter(errDown, 0, time.Hour))
			if err != context.Canceled {
				t.Fatalf("error %v", err)
			}
		}
		if got := g.Breaker().FailureCount(); got != 0 {
			t.Fatalf("%d failures counted", got)
		}
	})
}

func TestWhatAStreamsEndSaysOfTheRateIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, func(error) Verdict {
			return Verdict{Throttled: true, Retry: true, After: time.Minute}
		})
		if _, err := RunStream(t.Context(), g, Call{Key: "m"}, piecesAfter(errDown, 0)); err != errDown {
			t.Fatalf("error %v", err)
		}
		if gates := g.Gates(); len(gates) != 1 || time.Until(gates[0].Until) != time.Minute {
			t.Fatalf("%+v", gates)
		}
	})
}

func TestAStreamHoldsItsPlaceUntilItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 1}}, nil)
		_, _ = RunStream(t.Context(), g, Call{}, func(ctx context.Context, r *Reading) (int, error) {
			for range 2 {
				if _, err := Run(ctx, g, succeed); !errors.Is(err, ErrLimit) {
					t.Errorf("error %v, want no second place", err)
				}
				_ = r.Pause()
			}
			return 0, nil
		})
		if _, err := Run(t.Context(), g, succeed); err != nil {
			t.Errorf("error %v after the stream", err)
		}
	})
}
