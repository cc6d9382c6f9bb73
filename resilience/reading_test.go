package resilience

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// departures are the ways in which the caller of a stream may leave it.
var departures = map[string]func() error{
	"by an error": func() error { return errDown },
	"by a panic":  func() error { panic("the caller's own") },
	"by Goexit":   func() error { runtime.Goexit(); return nil },
}

// apart runs fn in a goroutine of its own, which fn may end as it likes.
func apart(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		fn()
	}()
	<-done
}

func TestACallerWhoLeavesAStreamTellsNothing(t *testing.T) {
	for name, leave := range departures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 1}}, nil)
				var used context.Context
				for range 6 {
					apart(func() {
						_, _ = RunStream(t.Context(), g, Call{}, func(ctx context.Context, r *Reading) (int, error) {
							used = ctx
							_ = r.Pause()
							return 0, leave()
						})
					})
				}
				if s := g.Breaker().Snapshot(); s.State != Closed || s.Failures != 0 || g.Limiter().InFlight() != 0 {
					t.Errorf("%+v, %d under way", s, g.Limiter().InFlight())
				}
				if used.Err() == nil {
					t.Error("the attempt's context outlives it")
				}
			})
		})
	}
}

func TestAServiceThatPanicsWhileItIsWaitedForHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		for range 5 {
			apart(func() {
				_, _ = RunStream(t.Context(), g, Call{}, func(_ context.Context, r *Reading) (int, error) {
					_ = r.Pause()
					r.Resume()
					panic("the service's")
				})
			})
		}
		wantState(t, g.Breaker(), Open)
	})
}

func TestAProbeHasSucceededAtItsFirstPiece(t *testing.T) {
	ends := map[string]func() error{"well": func() error { return nil }}
	maps.Copy(ends, departures)
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{}, nil)
				for range 3 {
					halfOpen(t, g.Breaker())
					apart(func() {
						_, _ = RunStream(t.Context(), g, Call{}, func(_ context.Context, r *Reading) (int, error) {
							wantState(t, g.Breaker(), HalfOpen)
							_ = r.Pause()
							wantState(t, g.Breaker(), Closed)
							r.Resume()
							return 0, end()
						})
					})
					wantState(t, g.Breaker(), Closed)
					if got := g.Breaker().FailureCount(); got != 0 {
						t.Errorf("%d failures counted of a probe that is over", got)
					}
				}
			})
		})
	}
}

func TestAProbeWithoutAPieceIsAnyProbe(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func() error
		want State
	}{
		"it fails":    {func() error { return errDown }, Open},
		"it panics":   {func() error { panic("the service's") }, HalfOpen},
		"it succeeds": {func() error { return nil }, Closed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Retry: RetryPolicy{MaxAttempts: 1}}, nil)
				halfOpen(t, g.Breaker())
				apart(func() {
					_, _ = RunStream(t.Context(), g, Call{}, func(context.Context, *Reading) (int, error) { return 0, tt.end() })
				})
				wantState(t, g.Breaker(), tt.want)
				if _, err := g.Breaker().Acquire(); (err == nil) == (tt.want == Open) {
					t.Errorf("error %v: the probe's place", err)
				}
			})
		})
	}
}

func TestAStreamBegunInAnEarlierEraTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		for _, end := range []error{nil, errDown} {
			_, _ = RunStream(t.Context(), g, Call{}, func(_ context.Context, r *Reading) (int, error) {
				_ = r.Pause()
				halfOpen(t, g.Breaker())
				r.Resume()
				return 0, end
			})
			wantState(t, g.Breaker(), HalfOpen)
			g.Breaker().Reset()
		}
	})
}

func TestTheFirstPieceThroughAGateOpensIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []EventKind
		g := newTestGuard(t, Policy{OnEvent: func(e Event) { heard = append(heard, e.Kind) }}, func(err error) Verdict {
			return Verdict{Throttled: err == errDown, After: time.Second}
		})
		throttle := func() { _, _ = RunCall(t.Context(), g, Call{Key: "m"}, fail); elapse(time.Second) }

		throttle()
		_, _ = RunStream(t.Context(), g, Call{Key: "m"}, func(_ context.Context, r *Reading) (int, error) {
			heard = nil
			_ = r.Pause()
			if len(g.Gates()) != 0 || !slices.Equal(heard, []EventKind{EventGateOpened}) {
				t.Errorf("%+v, heard %v", g.Gates(), heard)
			}
			r.Resume()
			return 0, context.Canceled
		})
		if len(g.Gates()) != 0 || !slices.Equal(heard, []EventKind{EventGateOpened, EventAttempt}) {
			t.Errorf("%+v, heard %v", g.Gates(), heard)
		}

		throttle()
		_, _ = RunStream(t.Context(), g, Call{Key: "m"}, piecesAfter(errDown, 0))
		if len(g.Gates()) != 1 {
			t.Error("a stream that is throttled at its end closes the gate again")
		}
		elapse(time.Second)
		_, _ = RunStream(t.Context(), g, Call{Key: "m"}, piecesAfter(nil))
		if len(g.Gates()) != 0 {
			t.Error("a stream that ends well without a piece opens the gate, too")
		}
	})
}

func TestACallbackThatPanicsAtTheFirstPieceLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{
			Limit: LimitPolicy{MaxConcurrent: 1},
			Breaker: BreakerConfig{OnStateChange: func(c StateChange) {
				if c.To == Closed {
					panic("the callback's")
				}
			}},
		}, nil)
		halfOpen(t, g.Breaker())
		returned := false
		apart(func() {
			_, _ = RunStream(t.Context(), g, Call{}, piecesAfter(nil, 0))
			returned = true
		})
		wantState(t, g.Breaker(), Closed)
		if s := g.Breaker().Snapshot(); returned || g.Limiter().InFlight() != 0 || s.FailureCount != 0 {
			t.Errorf("returned %v, %d under way, %+v", returned, g.Limiter().InFlight(), s)
		}
	})
}

func TestAStreamsLatencyIsTheWaitForItsFirstPiece(t *testing.T) {
	const second = time.Second
	rates := BreakerConfig{SlowRate: 1, SlowAfter: 2 * second, MinCalls: 2, ProbeLease: time.Hour}
	for first, want := range map[time.Duration]State{2*second - 1: Closed, 2 * second: Open} {
		synctest.Test(t, func(t *testing.T) {
			g := newTestGuard(t, Policy{Breaker: rates}, nil)
			for range 2 {
				if _, err := RunStream(t.Context(), g, Call{}, piecesAfter(nil, first, 20*second)); err != nil {
					t.Fatal(err)
				}
			}
			wantState(t, g.Breaker(), want)
			if _, known := g.P95(); known != 0 {
				t.Errorf("P95 rests on %d streams: what they take is another thing", known)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Breaker: rates}, nil)
		_, _ = RunStream(t.Context(), g, Call{}, piecesAfter(errDown, second, 20*second))
		if s := g.Breaker().Snapshot(); s.FailureCount != 1 || s.Calls != 1 {
			t.Errorf("%+v: a stream that began in time counts as one call at its end", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Breaker: rates}, nil)
		apart(func() {
			_, _ = RunStream(t.Context(), g, Call{}, func(ctx context.Context, r *Reading) (int, error) {
				_, _ = piecesAfter(nil, second)(ctx, r)
				elapse(20 * second)
				panic("the service's")
			})
		})
		if s := g.Breaker().Snapshot(); s.FailureCount != 1 || s.SlowRate != 0 {
			t.Errorf("%+v: it began in time, however it ends", s)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 1, Start: 1}}}, nil)
		for range 3 {
			_, _ = RunStream(t.Context(), g, Call{}, piecesAfter(nil, second, 20*second))
		}
		if got := g.Limiter().adaptive.window.sum; got != float64(second) {
			t.Errorf("the limit learnt %v of one stream", time.Duration(got))
		}
	})
}

func TestAStreamCostsNoAllocationPerPiece(t *testing.T) {
	g := newTestGuard(t, Policy{Timeout: time.Minute}, nil)
	ctx := context.Background()
	cost := func(pieces int) float64 {
		return testing.AllocsPerRun(20, func() {
			_, _ = RunStream(ctx, g, Call{}, func(_ context.Context, r *Reading) (int, error) {
				for range pieces {
					_ = r.Pause()
					r.Resume()
				}
				return 0, nil
			})
		})
	}
	if few, many := cost(1), cost(1000); many > few {
		t.Errorf("%v allocations for 1 piece, %v for 1000", few, many)
	} else {
		t.Logf("%v allocations a stream", few)
	}
}

func BenchmarkStreamOf100Pieces(b *testing.B) {
	g, err := NewGuard("openai/text", Policy{Timeout: time.Minute}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = RunStream(b.Context(), g, Call{}, func(_ context.Context, r *Reading) (int, error) {
			for range 100 {
				_ = r.Pause()
				r.Resume()
			}
			return 0, nil
		})
	}
}
