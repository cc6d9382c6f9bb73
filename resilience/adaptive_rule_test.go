package resilience

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// wise is a rule that knows the latency of its service, a second.
func wise(limit float64) *adaptive {
	return &adaptive{least: 1, most: 1000, limit: limit, baseline: 1e9}
}

// told has one window of calls end alike, the limit being used in full.
func (a *adaptive) told(took time.Duration, o Outcome) {
	for range max(10, int(a.limit), int(a.resume)) {
		a.learn(took, o, int(a.limit))
	}
}

func wantLimit(t *testing.T, what string, a *adaptive, want float64) {
	t.Helper()
	if math.Abs(a.limit-want) > 1e-9 {
		t.Fatalf("%s: the limit is %v, want %v", what, a.limit, want)
	}
}

func wantBaseline(t *testing.T, what string, a *adaptive, want float64) {
	t.Helper()
	if math.Abs(a.baseline-want) > 1e-3 {
		t.Fatalf("%s: the baseline is %v, want %v", what, time.Duration(a.baseline), time.Duration(want))
	}
}

func TestAWindowMovesTheLimitByItsLatency(t *testing.T) {
	for _, c := range []struct {
		name        string
		took        time.Duration
		o           Outcome
		limit, want float64
	}{
		{"as ever", time.Second, Success, 100, 102},
		{"a little faster", 600 * time.Millisecond, Success, 100, 102},
		{"a quarter slower", 1250 * time.Millisecond, Success, 100, 98},
		{"at half the speed", 2 * time.Second, Success, 100, 92},
		{"hardly moving", time.Hour, Success, 100, 92},
		{"failing, however fast", 0, Failure, 100, 92},
		{"growing to the most", time.Second, Success, 999, 1000},
		{"shrinking to the least", time.Hour, Failure, 1, 1.1},
		{"ten calls at least", time.Second, Success, 4, 4.4},
	} {
		a := wise(c.limit)
		a.told(c.took, c.o)
		wantLimit(t, c.name, a, c.want)
		wantBaseline(t, c.name, a, 1e9)
	}
}

func TestAWindowEndsWithAsManyCallsAsTheLimit(t *testing.T) {
	for limit, calls := range map[float64]int{1: 10, 10: 10, 11: 11, 100.9: 100} {
		a := wise(limit)
		a.learn(time.Second, Failure, int(limit)) // counts as well
		for range calls - 2 {
			a.learn(time.Second, Success, 0)
		}
		wantLimit(t, "before the last call", a, limit)
		a.learn(time.Second, Success, 0)
		if a.limit == limit || a.window != (latencyWindow{}) {
			t.Fatalf("a window of limit %v does not end with its calls", limit)
		}
	}
}

func TestFailuresOutweighTheRoomToGrow(t *testing.T) {
	for failures, want := range map[int]float64{0: 102, 5: 101, 10: 100, 20: 98, 50: 92, 51: 92} {
		a := wise(100)
		for n := range 100 {
			o := Success
			if n < failures {
				o = Failure
			}
			a.learn(time.Second, o, 50)
		}
		wantLimit(t, "some fail", a, want)
	}
}

func TestALimitHalfUnusedRestsAndTeaches(t *testing.T) {
	for inFlight, want := range map[int]float64{49: 100, 50: 98} {
		a := wise(100)
		for range 100 {
			a.learn(1250*time.Millisecond, Success, inFlight)
		}
		wantLimit(t, "half unused", a, want)
		if inFlight < 50 {
			wantBaseline(t, "half unused", a, 1.025e9)
		} else {
			wantBaseline(t, "used", a, 1e9)
		}
	}
}

func TestTheFirstWindowIsTheBaseline(t *testing.T) {
	a := newAdaptive(LimitPolicy{MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 2, Start: 15}})
	for range 30 {
		a.learn(time.Hour, Failure, 15) // the first to end are left out
	}
	for range 15 {
		a.learn(3*time.Second, Success, 15)
	}
	wantBaseline(t, "first", &a, 3e9)
	wantLimit(t, "first", &a, 15+0.2*math.Sqrt(15))
}

func TestABaselineMoreThanTwiceTheLatencyFades(t *testing.T) {
	for took, want := range map[time.Duration]float64{time.Second / 2: 1e9, time.Second/2 - 1: 0.9e9} {
		a := wise(100)
		a.told(took, Success)
		wantBaseline(t, "faster", a, want)
	}
	a := wise(100)
	a.told(0, Failure)
	wantBaseline(t, "failures are not fast", a, 1e9)
}

func TestAfter30WindowsWithoutALessonAProbeTeaches(t *testing.T) {
	a := wise(100)
	underWay := 0
	for n := range 30 {
		if a.resume != 0 {
			t.Fatalf("a probe after %d windows", n)
		}
		underWay = int(a.limit)
		a.told(1200*time.Millisecond, Success)
	}
	full := a.resume
	if full == 0 || a.limit != full/2 || a.drain != 2*underWay {
		t.Fatalf("no probe: %+v", *a)
	}
	for range a.drain {
		a.learn(time.Hour, Failure, 1000) // of before the probe
	}
	wantBaseline(t, "before the probe", a, 1e9)
	wantLimit(t, "before the probe", a, full/2)
	a.told(1200*time.Millisecond, Success)
	wantBaseline(t, "after the probe", a, 1.1e9)
	wantLimit(t, "after the probe", a, full)
	if a.resume != 0 || a.untaught != 0 {
		t.Fatalf("the probe goes on: %+v", *a)
	}
}

func TestAProbeRaisesTheBaselineByHalfAtMost(t *testing.T) {
	for _, c := range []struct {
		took time.Duration
		o    Outcome
		want float64
	}{
		{2 * time.Second, Success, 1.5e9},
		{time.Hour, Success, 1.5e9},
		{500 * time.Millisecond, Success, 0.75e9},
		{time.Second, Failure, 1e9}, // tells no latency
	} {
		a := wise(50)
		a.resume = 100
		a.told(c.took, c.o)
		wantBaseline(t, "probe", a, c.want)
		wantLimit(t, "probe", a, 100)
	}
}

func TestAtTheLeastLimitTheWindowItselfTeaches(t *testing.T) {
	a := wise(4)
	a.least, a.untaught = 4, probeWindows-1
	a.told(time.Hour, Failure) // 4·½ + 2 is 4 again
	a.told(2*time.Second, Success)
	wantBaseline(t, "at the least", a, 1e9)
	a.untaught = probeWindows - 1
	a.told(2*time.Second, Success)
	wantBaseline(t, "at the least", a, 1.5e9)
	wantLimit(t, "at the least", a, 4)

	a = wise(6)
	a.least, a.untaught = 4, probeWindows-1
	a.told(time.Second, Success)
	wantLimit(t, "half would be less than the least", a, 4)
}

func TestABadAdaptivePolicyIsRefusedByName(t *testing.T) {
	for want, p := range map[string]LimitPolicy{
		"AdaptivePolicy.Min is -1: must not be negative":                                       {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: -1}},
		"AdaptivePolicy.Start is -1: must not be negative":                                     {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 1, Start: -1}},
		"AdaptivePolicy.Min is 6: must not be more than LimitPolicy.MaxConcurrent (5)":         {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 6}},
		"AdaptivePolicy.Min is 1: must not be more than LimitPolicy.MaxConcurrent (0)":         {Adaptive: AdaptivePolicy{Min: 1}},
		"AdaptivePolicy.Start is 3: needs a Min":                                               {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Start: 3}},
		"AdaptivePolicy.OnChange is set: needs a Min":                                          {MaxConcurrent: 5, Adaptive: AdaptivePolicy{OnChange: func(int, int) {}}},
		"AdaptivePolicy.Start is 1: must be between Min (2) and LimitPolicy.MaxConcurrent (5)": {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 2, Start: 1}},
		"AdaptivePolicy.Start is 6: must be between Min (2) and LimitPolicy.MaxConcurrent (5)": {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 2, Start: 6}},
		"LimitPolicy.MaxConcurrent is 2000000: must be between 0 and 1048576":                  {MaxConcurrent: 2e6, Adaptive: AdaptivePolicy{Min: 2}},
	} {
		if _, err := NewLimiter("pdf", p); err == nil || strings.TrimPrefix(err.Error(), "resilience: ") != want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestAnAdaptiveLimitStartsAt20OrTheNearestAllowed(t *testing.T) {
	for want, p := range map[int]LimitPolicy{
		20: {MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 1}},
		30: {MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 30}},
		5:  {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 5}},
		40: {MaxConcurrent: 40, Adaptive: AdaptivePolicy{Min: 1, Start: 40}},
		1:  {MaxConcurrent: 40, Adaptive: AdaptivePolicy{Min: 1, Start: 1}},
	} {
		if l := newTestLimiter(t, p); l.Limit() != want {
			t.Errorf("starts at %d, want %d", l.Limit(), want)
		}
	}
}

func TestChangesOfTheLimitAreToldInOrderAndMayCallBack(t *testing.T) {
	var l *Limiter
	var told []int
	l = newTestLimiter(t, LimitPolicy{MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 1, Start: 10, OnChange: func(from, to int) {
		if len(told) > 0 && told[len(told)-1] != from || l.Limit() != to {
			t.Errorf("from %d to %d after %v, and the limit is %d", from, to, told, l.Limit())
		}
		l.Learn(0, Neutral)
		told = append(told, to)
	}}})
	s := newServer(l, 30, steady(time.Second))
	s.run(3 * time.Minute)
	if len(told) < 20 || told[0] != 11 || !slices.Contains(told, 20) {
		t.Fatalf("told of %v", told)
	}
	l.TryAcquire()
	for l.TryAcquire() {
	}
	refused := wantRefused(t, l.Acquire(t.Context()), ReasonLimit)
	if refused.Limit != l.Limit() || refused.Limit == 10 {
		t.Fatalf("refused with %+v, and the limit is %d", *refused, l.Limit())
	}
}

func TestANeutralCallTellsTheLimitNothing(t *testing.T) {
	l := adaptiveLimiter(t, 1, 10, 100)
	for range 10 {
		mustPlace(t, l)
	}
	for range 1000 {
		l.Learn(time.Hour, Neutral)
	}
	if l.Limit() != 10 || l.adaptive.drain != 20 {
		t.Fatalf("the limit is %d: %+v", l.Limit(), l.adaptive)
	}
}

func TestAFixedLimitDoesNotLearn(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 10})
	for range 1000 {
		l.Learn(time.Hour, Failure)
	}
	if l.Limit() != 10 {
		t.Fatalf("the limit is %d", l.Limit())
	}
}

func TestALimitThatGrowsServesTheQueueAndOneThatShrinksLetsCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 100, Queue: 2, Adaptive: AdaptivePolicy{Min: 1, Start: 10}})
		for range 10 {
			mustPlace(t, l)
		}
		first, second := ask(l, 0), ask(l, 0)
		for l.Limit() == 10 {
			l.Learn(time.Second, Success)
		}
		synctest.Wait()
		if !first.placed() || second.ended() {
			t.Fatalf("first %v, second ended %v", first.err, second.ended())
		}
		wantPlaces(t, l, 11, 1)
		for l.Limit() > 9 {
			l.Learn(time.Second, Failure)
		}
		for n := 10; n >= 9; n-- {
			l.Release()
			synctest.Wait()
			wantPlaces(t, l, n, 1)
		}
		l.Release()
		synctest.Wait()
		if !second.placed() {
			t.Fatalf("second: %v", second.err)
		}
		wantPlaces(t, l, 9, 0)
		if err := l.Acquire(t.Context()); !errors.Is(err, ErrLimit) {
			t.Fatalf("error %v", err)
		}
	})
}
