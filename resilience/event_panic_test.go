package resilience

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// panickingOn returns a policy whose listener panics once it hears of that.
func panickingOn(kind EventKind) Policy {
	return Policy{Hedge: doubled, OnEvent: func(e Event) {
		if e.Kind == kind {
			panic("listener")
		}
	}}
}

// wantListenersPanic makes a call and checks that the listener's panic came out.
func wantListenersPanic(t *testing.T, call func()) {
	t.Helper()
	defer func() {
		if p := recover(); p != "listener" {
			t.Errorf("recovered %v", p)
		}
	}()
	call()
}

func TestAListenersPanicKeepsNoPlace(t *testing.T) {
	probe := func(t *testing.T, g *Guard) { halfOpen(t, g.Breaker()) }
	trial := func(_ *testing.T, g *Guard) {
		_ = once(g, "m", throttle(time.Second))
		elapse(time.Second)
	}
	for name, tt := range map[string]struct {
		on    EventKind
		first func(*testing.T, *Guard)
		fn    func(context.Context) (int, error)
		key   string // of the next call, which must pass
	}{
		"of a probe that is throttled": {
			EventGateClosed, probe,
			func(context.Context) (int, error) { return 0, throttle(time.Second) }, "other",
		},
		"of a probe that is refused by a gate": {
			EventGateRefused, func(t *testing.T, g *Guard) { probe(t, g); g.gates.close("m", 0, &Verdict{Block: time.Hour}) },
			func(context.Context) (int, error) { return 0, nil }, "other",
		},
		"of a trial that panics": {
			EventFailure, trial,
			func(context.Context) (int, error) { panic("fn") }, "m",
		},
		"of a trial that fails": {
			EventFailure, trial,
			func(context.Context) (int, error) { return 0, errDown }, "m",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, panickingOn(tt.on), gateVerdict)
				tt.first(t, g)
				wantListenersPanic(t, func() { _, _ = RunCall(t.Context(), g, Call{Key: "m", Hurry: true}, tt.fn) })
				if err := once(g, tt.key, nil); err != nil {
					t.Fatalf("the next call: %v", err)
				}
			})
		})
	}
}

func TestAListenersPanicChangesNoOutcome(t *testing.T) {
	tooLong := said{after: time.Hour}
	for name, tt := range map[string]struct {
		on    EventKind
		err   error // that closed the gate before
		say   []said
		state State // of a breaker that was half-open
	}{
		"a probe that opens its gate":    {EventGateOpened, throttle(time.Second), []said{{}}, Closed},
		"a probe that succeeds":          {EventAttempt, nil, []said{{}}, Closed},
		"a probe that fails":             {EventAttempt, nil, []said{{err: errDown}}, Open},
		"a probe that says nothing":      {EventAttempt, nil, []said{{err: quota(1)}}, HalfOpen},
		"a state change that is told of": {EventStateChanged, nil, []said{{}}, Closed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := panickingOn(0)
				g := newTestGuard(t, Policy{OnEvent: func(e Event) { p.OnEvent(e) }}, gateVerdict)
				if tt.err != nil {
					_ = once(g, "m", tt.err)
				}
				halfOpen(t, g.Breaker())
				p = panickingOn(tt.on)
				c := calls{say: tt.say}
				wantListenersPanic(t, func() { _, _ = RunCall(t.Context(), g, Call{Key: "m"}, c.fn) })
				wantState(t, g.Breaker(), tt.state)
			})
		})
	}
	for kind, say := range map[EventKind][]said{
		EventHedgeWon:  {tooLong, {}},
		EventHedgeLost: {{after: 2 * second}, tooLong},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, panickingOn(kind), nil)
				c := calls{say: say}
				wantListenersPanic(t, func() { _, _ = RunHedged(t.Context(), g, Call{}, c.fn) })
				if n := g.Breaker().FailureCount(); n != 0 {
					t.Fatalf("an answer counts as %d failures", n)
				}
			})
		})
	}
}
