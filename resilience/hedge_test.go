package resilience

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// doubled hedges each call that takes a second.
var doubled = HedgePolicy{MaxShare: 1, Delay: time.Second}

// calls is a function whose n-th call takes and returns what is said of it.
type calls struct {
	mu    sync.Mutex
	made  int
	began []time.Time
	ctxs  []context.Context
	say   []said
}

type said struct {
	after  time.Duration
	err    error
	deaf   bool // ignores its context
	panics any
	last   func() // called instead of returning
}

func (c *calls) fn(ctx context.Context) (int, error) {
	c.mu.Lock()
	n := c.made
	c.made++
	c.began, c.ctxs = append(c.began, time.Now()), append(c.ctxs, ctx)
	s := c.say[n]
	c.mu.Unlock()
	if s.deaf {
		elapse(s.after)
	} else {
		select {
		case <-time.After(s.after):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if s.last != nil {
		s.last()
	}
	if s.panics != nil {
		panic(s.panics)
	}
	return n + 1, s.err
}

func (c *calls) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made
}

// seen returns the contexts of the calls and when they began.
func (c *calls) seen() ([]context.Context, []time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.ctxs), slices.Clone(c.began)
}

const second = time.Second

var errOther = errors.New("other")

func TestTheFirstSuccessOfTwoCallsIsTheAnswer(t *testing.T) {
	tests := []struct {
		name     string
		say      []said
		answer   int
		err      error
		took     time.Duration
		sample   time.Duration // of the latency; 0: none
		failures int
		events   []EventKind
	}{
		{"the first is fast enough", []said{{after: second - 1}}, 1, nil, second - 1, second - 1, 0, nil},
		{"the first fails soon enough", []said{{after: second - 1, err: errDown}}, 1, errDown, second - 1, 0, 1, nil},
		{"the second is faster", []said{{after: 9 * second}, {after: second}}, 2, nil, 2 * second, second, 0, []EventKind{EventHedgeStarted, EventHedgeWon}},
		{"the first is faster", []said{{after: 2 * second}, {after: 9 * second}}, 1, nil, 2 * second, 2 * second, 0, []EventKind{EventHedgeStarted, EventHedgeLost}},
		{"nobody waits for a deaf loser", []said{{after: 2 * second}, {after: 9 * second, deaf: true}}, 1, nil, 2 * second, 2 * second, 0, []EventKind{EventHedgeStarted, EventHedgeLost}},
		{"a deaf first call is waited for", []said{{after: 9 * second, deaf: true}, {after: second}}, 2, nil, 9 * second, 8 * second, 0, []EventKind{EventHedgeStarted, EventHedgeWon}},
		{"only the second fails, early", []said{{after: 4 * second}, {after: second, err: errOther}}, 1, nil, 4 * second, 4 * second, 0, []EventKind{EventHedgeStarted, EventHedgeLost}},
		{"only the first fails, late", []said{{after: 4 * second, err: errDown}, {after: second}}, 2, nil, 2 * second, second, 0, []EventKind{EventHedgeStarted, EventHedgeWon}},
		{"only the first fails, early", []said{{after: 2 * second, err: errDown}, {after: 4 * second}}, 2, nil, 5 * second, 4 * second, 0, []EventKind{EventHedgeStarted, EventHedgeWon}},
		{"both fail, the first first", []said{{after: 2 * second, err: errDown}, {after: 4 * second, err: errOther}}, 1, errDown, 5 * second, 0, 1, []EventKind{EventHedgeStarted, EventHedgeLost}},
		{"both fail, the second first", []said{{after: 4 * second, err: errDown}, {after: second, err: errOther}}, 1, errDown, 4 * second, 0, 1, []EventKind{EventHedgeStarted, EventHedgeLost}},
		{"the time limit ends both", []said{{after: time.Hour}, {after: time.Hour}}, 0, context.DeadlineExceeded, 10 * second, 0, 1, []EventKind{EventHedgeStarted, EventHedgeLost}},
		{"and does not wait for the deaf", []said{{after: 2 * second, err: errDown}, {after: time.Hour, deaf: true}}, 1, errDown, 10 * second, 0, 1, []EventKind{EventHedgeStarted, EventHedgeLost}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told recorder
				g := newTestGuard(t, Policy{Timeout: 10 * second, Hedge: doubled, Retry: RetryPolicy{MaxAttempts: 1}, OnEvent: told.add}, nil)
				c := calls{say: tt.say}
				start := time.Now()
				answer, err := RunHedged(t.Context(), g, Call{}, c.fn)
				if took := time.Since(start); answer != tt.answer || err != tt.err || took != tt.took {
					t.Errorf("%d, %v after %v; want %d, %v after %v", answer, err, took, tt.answer, tt.err, tt.took)
				}
				if n := g.Breaker().FailureCount(); n != tt.failures {
					t.Errorf("%d failures counted, want %d", n, tt.failures)
				}
				if p95, n := g.P95(); n != min(1, int(tt.sample)) || p95 < tt.sample || p95 > tt.sample*9/8+1<<latencyUnit {
					t.Errorf("%d samples, of %v; want %v", n, p95, tt.sample)
				}
				ctxs, _ := c.seen()
				for _, ctx := range ctxs {
					if ctx.Err() == nil {
						t.Error("a context outlives the attempt")
					}
				}
				events := told.take()
				last := events[len(events)-1]
				took := tt.sample
				if took == 0 {
					took = tt.took
				}
				if last.Kind != EventAttempt || last.Hedged != (tt.events != nil) || last.Took != took {
					t.Errorf("at last %+v", last)
				}
				hedges := slices.DeleteFunc(events, func(e Event) bool { return e.Kind == EventAttempt || e.Kind == EventFailure })
				for i, e := range hedges {
					if i >= len(tt.events) || e.Kind != tt.events[i] || e.Attempt != 1 {
						t.Errorf("events %+v, want %v", hedges, tt.events)
					}
				}
				if len(hedges) != len(tt.events) || c.count() != 1+min(1, len(tt.events)) {
					t.Errorf("%d calls, events %+v", c.count(), hedges)
				}
				elapse(time.Hour) // until the deaf have heard
			})
		})
	}
}

func TestBothCallsHaveTheAttemptsTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: 10 * second, Hedge: doubled}, nil)
		c := calls{say: []said{{after: 5 * second}, {after: 4 * second}}}
		start := time.Now()
		_, _ = RunHedged(t.Context(), g, Call{}, c.fn)
		ctxs, began := c.seen()
		if after := began[1].Sub(start); after != second {
			t.Errorf("the second call began after %v", after)
		}
		for i, ctx := range ctxs {
			if at, _ := ctx.Deadline(); at.Sub(start) != 10*second {
				t.Errorf("call %d has %v", i+1, at.Sub(start))
			}
		}
	})
}

func TestACancelByTheCallerEndsBothCallsAndIsNeutral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: doubled, Breaker: BreakerConfig{Failures: 1}}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*second, cancel)
		c := calls{say: []said{{after: time.Hour}, {after: time.Hour}}}
		_, err := RunHedged(ctx, g, Call{}, c.fn)
		if err != context.Canceled || c.count() != 2 {
			t.Fatalf("error %v, %d calls", err, c.count())
		}
		wantState(t, g.Breaker(), Closed)
	})
}

func TestACallThatItsCallerGaveUpIsNotHedged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: doubled}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		c := calls{say: []said{{after: 5 * second, deaf: true}, {}}}
		time.AfterFunc(second/2, cancel)
		_, _ = RunHedged(ctx, g, Call{}, c.fn)
		if c.count() != 1 {
			t.Fatal("hedged")
		}
	})
}

func TestTheBreakersProbeAndTheGatesTrialAreNotHedged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: doubled}, gateVerdict)
		slow := func() int {
			c := calls{say: []said{{after: 2 * second}, {after: time.Hour}}}
			if _, err := RunHedged(t.Context(), g, Call{Key: "m"}, c.fn); err != nil {
				t.Fatal(err)
			}
			return c.count()
		}
		halfOpen(t, g.Breaker())
		if slow() != 1 {
			t.Error("the probe is hedged")
		}
		wantState(t, g.Breaker(), Closed)
		_ = once(g, "m", throttle(second))
		elapse(second)
		if slow() != 1 {
			t.Error("the trial is hedged")
		}
		if slow() != 2 {
			t.Error("what comes after is not hedged")
		}
	})
}

// There is a place for another probe: only that it is one keeps it single.
func TestOneOfSeveralProbesIsNotHedged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: doubled, Breaker: BreakerConfig{Probes: 2}}, nil)
		halfOpen(t, g.Breaker())
		c := calls{say: []said{{after: 2 * second}, {after: time.Hour}}}
		if _, err := RunHedged(t.Context(), g, Call{}, c.fn); err != nil || c.count() != 1 {
			t.Fatalf("%d calls, error %v", c.count(), err)
		}
		wantState(t, g.Breaker(), HalfOpen)
	})
}

func TestWhatIsRefusedByNowIsNotHedged(t *testing.T) {
	for name, refuse := range map[string]func(*Guard){
		"breaker": func(g *Guard) { g.Breaker().ForceOpen() },
		"gate":    func(g *Guard) { g.gates.close("m", 0, &Verdict{Block: time.Hour}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Hedge: doubled}, nil)
				c := calls{say: []said{{after: 2 * second}, {}}}
				time.AfterFunc(second/2, func() { refuse(g) })
				if answer, err := RunHedged(t.Context(), g, Call{Key: "m"}, c.fn); answer != 1 || err != nil || c.count() != 1 {
					t.Fatalf("%d calls, answer %d, error %v", c.count(), answer, err)
				}
			})
		})
	}
}

func TestBadHedgesAreRefusedByName(t *testing.T) {
	for _, p := range []HedgePolicy{
		{MaxShare: math.NaN()},
		{MaxShare: -0.1},
		{MaxShare: 1.1},
		{MaxShare: math.Inf(1)},
		{Delay: second},
	} {
		if _, err := NewGuard("x", Policy{Hedge: p}, nil); err == nil || !strings.Contains(err.Error(), " HedgePolicy.MaxShare is ") {
			t.Errorf("%+v: error %v", p, err)
		}
	}
	if _, err := NewGuard("x", Policy{Hedge: HedgePolicy{MaxShare: 1, Delay: -1}}, nil); err == nil || !strings.Contains(err.Error(), " HedgePolicy.Delay is ") {
		t.Errorf("error %v", err)
	}
	if _, err := NewGuard("x", Policy{Hedge: HedgePolicy{MaxShare: 1}}, nil); err != nil {
		t.Error(err)
	}
}
