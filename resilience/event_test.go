package resilience

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// recorder keeps what a guard tells, in order.
type recorder struct {
	mu     sync.Mutex
	events []Event
}

func (r *recorder) add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// take returns the events since the last take, without when and where from.
func (r *recorder) take() (events []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, r.events = r.events, nil
	for i := range events {
		events[i].At, events[i].Guard = time.Time{}, ""
	}
	return events
}

func (r *recorder) kinds() (kinds []EventKind) {
	for _, e := range r.take() {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func wantEvents(t *testing.T, r *recorder, want ...Event) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		t.Fatalf("events\n%+v\nwant\n%+v", got, want)
	}
}

// fixedWaits has no randomness in what can be measured.
var fixedWaits = RetryPolicy{MaxAttempts: 3, BaseDelay: 1, ThrottleDelay: 1}

func TestEachAttemptAndEachWaitIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{Retry: fixedWaits, Timeout: 10 * time.Second, OnEvent: told.add}, func(error) Verdict {
			return Verdict{Outcome: Failure, Retry: true, After: 2 * time.Second, Reason: "unavailable"}
		})
		calls := 0
		start := time.Now()
		_, _ = RunCall(t.Context(), g, Call{Key: "m"}, func(ctx context.Context) (int, error) {
			switch calls++; calls {
			case 1:
				elapse(time.Second)
				return 0, errDown
			case 2:
				<-ctx.Done()
				return 0, ctx.Err()
			}
			elapse(3 * time.Second)
			return 1, nil
		})
		for i, seconds := range []float64{1, 1, 1, 13, 13, 13, 18} {
			e := told.events[i]
			if after := e.At.Sub(start); after.Seconds() != seconds || e.Guard != "openai/text" {
				t.Errorf("event %d of %q after %v, want %v s", i, e.Guard, after, seconds)
			}
		}
		counted := Event{Kind: EventFailure, FailureCount: 1, Window: time.Minute}
		failed := Event{Kind: EventAttempt, Key: "m", Attempt: 1, Outcome: Failure, Took: time.Second, Wait: 2 * time.Second, Reason: "unavailable"}
		retry := Event{Kind: EventRetry, Key: "m", Attempt: 2, Wait: 2 * time.Second, Cost: 14}
		counted2, failed2, retry2 := counted, failed, retry
		counted2.FailureCount, retry2.Attempt = 2, 3
		failed2.Attempt, failed2.Took, failed2.TimedOut = 2, 10*time.Second, true
		wantEvents(t, &told, counted, failed, retry, counted2, failed2, retry2,
			Event{Kind: EventAttempt, Key: "m", Attempt: 3, Outcome: Success, Took: 3 * time.Second})
	})
}

func TestWhatAGateDoesIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{Retry: fixedWaits, OnEvent: told.add}, gateVerdict)
		attempt := Event{Kind: EventAttempt, Key: "m", Attempt: 1}
		throttled := attempt
		throttled.Throttled, throttled.Wait, throttled.Reason = true, time.Minute, "rate_limited"
		_ = once(g, "m", throttle(time.Minute))
		wantEvents(t, &told, Event{Kind: EventGateClosed, Key: "m", Wait: time.Minute, Reason: "rate_limited"}, throttled)
		elapse(time.Second)
		_ = once(g, "m", nil)
		wantEvents(t, &told, Event{
			Kind: EventGateRefused, Key: "m", Attempt: 1, To: Open, Wait: 59 * time.Second, Reason: "rate_limited",
		})
		elapse(59 * time.Second)
		_ = once(g, "m", nil)
		success := attempt
		success.Outcome = Success
		wantEvents(t, &told, Event{Kind: EventGateOpened, Key: "m"}, success)
		_ = once(g, "m", throttle(0)) // no hint: the gate chooses
		throttled.Wait = 0
		chosen := Event{Kind: EventGateClosed, Key: "m", Wait: 1, Reason: "rate_limited"}
		if got := told.take(); got[0] != chosen || got[1] != throttled {
			t.Fatalf("events %+v", got)
		}
	})
}

func TestAGateThatIsClosedAnywayTellsNothingNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{OnEvent: told.add}, gateVerdict)
		calls := []chan<- error{startTrial(g, "m"), startTrial(g, "m"), startTrial(g, "m")}
		for i, d := range []time.Duration{time.Minute, time.Second, time.Hour} {
			calls[i] <- throttle(d)
			synctest.Wait()
		}
		want := []EventKind{EventGateClosed, EventAttempt, EventAttempt, EventGateClosed, EventAttempt}
		if got := told.kinds(); !slices.Equal(got, want) {
			t.Fatalf("events %v, want %v", got, want)
		}
	})
}

func TestWhatTheBreakerDoesIsToldOnceToEveryListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		var own []string
		g := newTestGuard(t, Policy{
			Retry:   RetryPolicy{MaxAttempts: 1},
			OnEvent: told.add,
			Breaker: BreakerConfig{
				Failures:      1,
				Window:        time.Second,
				OnStateChange: func(c StateChange) { own = append(own, c.To.String()) },
				OnFailure:     func(FailureEvent) { own = append(own, "failure") },
			},
		}, nil)
		_, _ = Run(t.Context(), g, fail)
		wantEvents(t, &told,
			Event{Kind: EventFailure, FailureCount: 1, Window: time.Second},
			Event{Kind: EventStateChanged, From: Closed, To: Open, FailureCount: 1, Window: time.Second, Wait: 30 * time.Second, Reason: ReasonFailures},
			Event{Kind: EventAttempt, Attempt: 1, Outcome: Failure})
		_, _ = RunCall(t.Context(), g, Call{Key: "m"}, succeed)
		wantEvents(t, &told, Event{
			Kind: EventBreakerRefused, Key: "m", Attempt: 1, To: Open, Wait: 30 * time.Second, Reason: ReasonFailures,
		})
		g.Breaker().Reset()
		wantEvents(t, &told, Event{Kind: EventStateChanged, From: Open, To: Closed, Window: time.Second, Reason: ReasonReset})
		if want := []string{"failure", "open", "closed"}; !slices.Equal(own, want) {
			t.Fatalf("the breaker's own callbacks got %v, want %v", own, want)
		}
	})
}

func TestAPanicOfOneListenerDoesNotKeepTheOtherFromHearing(t *testing.T) {
	var own int
	g := newTestGuard(t, Policy{
		OnEvent: func(Event) { panic("listener") },
		Breaker: BreakerConfig{OnFailure: func(FailureEvent) { own++ }, OnStateChange: func(StateChange) { own++ }},
	}, nil)
	for _, f := range []func(){g.Breaker().RecordFailure, g.Breaker().ForceOpen} {
		func() {
			defer func() {
				if recover() != "listener" {
					t.Error("no panic")
				}
			}()
			f()
		}()
	}
	if own != 2 {
		t.Fatalf("heard %d times", own)
	}
}

func TestAnEmptyBudgetIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{Retry: fixedWaits, Budget: BudgetPolicy{Capacity: 20}, OnEvent: told.add}, nil)
		_, _ = Run(t.Context(), g, fail)
		want := []EventKind{EventFailure, EventAttempt, EventRetry, EventFailure, EventAttempt, EventBudgetEmpty}
		events := slices.Clone(told.events)
		if got := told.kinds(); !slices.Equal(got, want) {
			t.Fatalf("events %v, want %v", got, want)
		}
		if e := events[5]; e.Cost != 14 || e.Attempt != 3 {
			t.Fatalf("%+v", e)
		}
	})
}

func TestAnAttemptThatDoesNotReturnIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{Breaker: BreakerConfig{Failures: 1}, OnEvent: told.add}, nil)
		end := func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = Run(t.Context(), g, func(context.Context) (int, error) {
					elapse(time.Second)
					runtime.Goexit()
					return 0, nil
				})
			}()
			<-done
		}
		last := func() Event { events := told.take(); return events[len(events)-1] }
		end()
		if got, want := last(), (Event{Kind: EventAttempt, Attempt: 1, Outcome: Failure, Took: time.Second}); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
		elapse(30 * time.Second)
		end() // as the probe
		if got, want := last(), (Event{Kind: EventAttempt, Attempt: 1, Took: time.Second}); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestAListenerMayCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g *Guard
		calls := 0
		g = newTestGuard(t, Policy{Breaker: BreakerConfig{Failures: 1}, OnEvent: func(e Event) {
			if calls++; e.Kind == EventAttempt && e.Outcome == Failure {
				g.Breaker().Reset()
				_, _ = Run(context.Background(), g, succeed)
				_ = g.Gates()
			}
		}}, func(error) Verdict { return Verdict{Outcome: Failure, Throttled: true} })
		_, _ = RunCall(t.Context(), g, Call{Key: "m"}, fail)
		if calls != 6 {
			t.Fatalf("%d events, want 6", calls)
		}
		wantState(t, g.Breaker(), Closed)
	})
}

func TestNoEventTellsWhatWasSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{OnEvent: told.add}, nil)
		_, _ = Run(t.Context(), g, func(context.Context) (string, error) { return "secret", errors.New("secret") })
		if all := fmt.Sprintf("%+v", told.events); len(told.events) == 0 || strings.Contains(all, "secret") {
			t.Fatal(all)
		}
	})
}

func TestTellingAnAttemptAllocatesNothing(t *testing.T) {
	g := newTestGuard(t, Policy{OnEvent: func(Event) {}}, nil)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _, _ = Run(ctx, g, succeed) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestEachKindOfEventHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := EventAttempt; int(k) < len(eventKinds); k++ {
		if name := k.String(); seen[name] || name == "unknown" {
			t.Errorf("%d is %q", k, name)
		}
		seen[k.String()] = true
	}
	if EventKind(0).String() != "unknown" || EventKind(len(eventKinds)).String() != "unknown" {
		t.Error("what is no kind has a name")
	}
}
