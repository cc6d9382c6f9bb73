package resilience

import (
	"math"
	"testing"
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

func TestFailuresAndLatencyShrinkTheLimitTogether(t *testing.T) {
	a := wise(100)
	for n := range 100 {
		o := Success
		if n < 20 {
			o = Failure
		}
		a.learn(1250*time.Millisecond, o, 50)
	}
	wantLimit(t, "a fifth fails, the others are a quarter slower", a, 94.8)
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
	if a.resume != 0 || a.drain != 0 {
		t.Fatalf("a probe of nothing less: %+v", *a)
	}
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

func TestCallsThatTakeNoTimeLetTheLimitGrow(t *testing.T) {
	for _, took := range []time.Duration{0, -time.Second} {
		a := wise(100)
		a.baseline = 0
		a.told(took, Success)
		wantLimit(t, "no time", a, 102)
		wantBaseline(t, "no time", a, 0)
	}
}

func TestTheFirstWindowIsTheBaselineWhileHalfTheLimitIsUnused(t *testing.T) {
	a := wise(100)
	a.baseline = 0
	for range 100 {
		a.learn(3*time.Second, Success, 1)
	}
	wantBaseline(t, "first", a, 3e9)
}
