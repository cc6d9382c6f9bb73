package resilience

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestABreakerWithoutANameIsRefused(t *testing.T) {
	if _, err := NewBreaker("", BreakerConfig{}); err == nil || err.Error() != "resilience: name is empty" {
		t.Fatalf("error %v", err)
	}
}

func TestABadBreakerConfigIsRefusedByTheNameOfItsField(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	rated := func(c BreakerConfig) BreakerConfig { c.FailureRate, c.MinCalls = 0.5, 10; return c }
	tests := []struct {
		cfg  BreakerConfig
		want string // what follows "resilience: BreakerConfig."
	}{
		{BreakerConfig{Failures: -1}, "Failures is -1: must be between 0 and 1048576"},
		{BreakerConfig{Failures: 1<<20 + 1}, "Failures is 1048577: must be between 0 and 1048576"},
		{BreakerConfig{Window: -1}, "Window is -1ns: must not be negative"},
		{BreakerConfig{MinFailureRate: -0.1}, "MinFailureRate is -0.1: must be between 0 and 1"},
		{BreakerConfig{MinFailureRate: 1.1}, "MinFailureRate is 1.1: must be between 0 and 1"},
		{BreakerConfig{MinFailureRate: nan}, "MinFailureRate is NaN: must be between 0 and 1"},
		{BreakerConfig{FailureRate: -0.1}, "FailureRate is -0.1: must be between 0 and 1"},
		{BreakerConfig{FailureRate: 50}, "FailureRate is 50: must be between 0 and 1"},
		{BreakerConfig{FailureRate: nan}, "FailureRate is NaN: must be between 0 and 1"},
		{BreakerConfig{SlowRate: -0.1}, "SlowRate is -0.1: must be between 0 and 1"},
		{BreakerConfig{SlowRate: inf}, "SlowRate is +Inf: must be between 0 and 1"},
		{BreakerConfig{SlowRate: nan}, "SlowRate is NaN: must be between 0 and 1"},
		{rated(BreakerConfig{SlowRate: 0.5, SlowAfter: -1}), "SlowAfter is -1ns: must not be negative"},
		{rated(BreakerConfig{SlowRate: 0.5, SlowAfter: 31 * time.Second}), "SlowAfter is 31s: must not be more than ProbeLease (30s)"},
		{rated(BreakerConfig{SlowRate: 0.5, SlowAfter: 3, ProbeLease: 2}), "SlowAfter is 3ns: must not be more than ProbeLease (2ns)"},
		{rated(BreakerConfig{SlowRate: 0.5}), "SlowAfter is 0: SlowRate needs it"},
		{rated(BreakerConfig{SlowAfter: 1}), "SlowRate is 0: SlowAfter has no rate to count for"},
		{BreakerConfig{MinCalls: -1}, "MinCalls is -1: must not be negative"},
		{BreakerConfig{MinCalls: 1}, "MinCalls is 1: FailureRate and SlowRate are both 0"},
		{BreakerConfig{FailureRate: 0.5}, "MinCalls is 0: FailureRate and SlowRate need it"},
		{BreakerConfig{SlowRate: 0.5, SlowAfter: 1}, "MinCalls is 0: FailureRate and SlowRate need it"},
		{rated(BreakerConfig{MinFailureRate: 0.5}), "Failures is 0: MinFailureRate is a condition beside it"},
		{BreakerConfig{OpenFor: -1}, "OpenFor is -1ns: must not be negative"},
		{BreakerConfig{OpenGrowth: -2}, "OpenGrowth is -2: must be between 1 and 1000"},
		{BreakerConfig{OpenGrowth: 0.99}, "OpenGrowth is 0.99: must be between 1 and 1000"},
		{BreakerConfig{OpenGrowth: 1000.5}, "OpenGrowth is 1000.5: must be between 1 and 1000"},
		{BreakerConfig{OpenGrowth: nan}, "OpenGrowth is NaN: must be between 1 and 1000"},
		{BreakerConfig{OpenGrowth: inf}, "OpenGrowth is +Inf: must be between 1 and 1000"},
		{BreakerConfig{OpenGrowth: math.Inf(-1)}, "OpenGrowth is -Inf: must be between 1 and 1000"},
		{BreakerConfig{OpenGrowth: 2, MaxOpenFor: -1}, "MaxOpenFor is -1ns: must not be negative"},
		{BreakerConfig{MaxOpenFor: time.Hour}, "MaxOpenFor is 1h0m0s: OpenGrowth is not set"},
		{BreakerConfig{OpenGrowth: 1, MaxOpenFor: time.Hour}, "MaxOpenFor is 1h0m0s: OpenGrowth is not set"},
		{BreakerConfig{OpenGrowth: 2, MaxOpenFor: 29 * time.Second}, "MaxOpenFor is 29s: must not be less than OpenFor (30s)"},
		{BreakerConfig{OpenGrowth: 2, MaxOpenFor: 2, OpenFor: 3}, "MaxOpenFor is 2ns: must not be less than OpenFor (3ns)"},
		{BreakerConfig{OpenJitter: -0.1}, "OpenJitter is -0.1: must be between 0 and 1"},
		{BreakerConfig{OpenJitter: 1.1}, "OpenJitter is 1.1: must be between 0 and 1"},
		{BreakerConfig{OpenJitter: nan}, "OpenJitter is NaN: must be between 0 and 1"},
		{BreakerConfig{Probes: -1}, "Probes is -1: must be between 0 and 1048576"},
		{BreakerConfig{Probes: 1<<20 + 1}, "Probes is 1048577: must be between 0 and 1048576"},
		{BreakerConfig{ProbeLease: -1}, "ProbeLease is -1ns: must not be negative"},
		{BreakerConfig{Readmit: []float64{0}}, "Readmit[0] is 0: must be more than the share before it and less than 1"},
		{BreakerConfig{Readmit: []float64{0.5, 0.5}}, "Readmit[1] is 0.5: must be more than the share before it and less than 1"},
		{BreakerConfig{Readmit: []float64{0.5, 1}}, "Readmit[1] is 1: must be more than the share before it and less than 1"},
		{BreakerConfig{Readmit: []float64{nan}}, "Readmit[0] is NaN: must be more than the share before it and less than 1"},
		{BreakerConfig{ReadmitFor: 1}, "ReadmitFor is 1ns: Readmit is empty"},
		{BreakerConfig{Readmit: []float64{0.5}, ReadmitFor: -1}, "ReadmitFor is -1ns: must not be negative"},
		{BreakerConfig{Mode: MetricsOnly + 1}, "Mode is 5: no such mode"},
	}
	for _, tt := range tests {
		b, err := NewBreaker("x", tt.cfg)
		if err == nil || b != nil || err.Error() != "resilience: BreakerConfig."+tt.want {
			t.Errorf("%+v: error %v, want it to say %s", tt.cfg, err, tt.want)
		}
	}
	for field := range reflect.TypeFor[BreakerConfig]().Fields() {
		name := field.Name
		named := false
		for _, tt := range tests {
			named = named || strings.HasPrefix(tt.want, name+" ") || strings.HasPrefix(tt.want, name+"[")
		}
		if !named && field.Type.Kind() != reflect.Func {
			t.Errorf("no bad %s is tried", name)
		}
	}
}

func TestTheLastGoodValuesAreAccepted(t *testing.T) {
	for _, cfg := range []BreakerConfig{
		{Failures: 1, Window: 1, OpenFor: 1, Probes: 1, ProbeLease: 1},
		{Failures: 1 << 20, Window: forever, OpenFor: forever, Probes: 1 << 20, ProbeLease: forever},
		{MinFailureRate: 1, OpenJitter: 1, OpenGrowth: 1000},
		{OpenGrowth: 1},
		{OpenGrowth: 1.01, OpenFor: 7, MaxOpenFor: 7},
		{OpenGrowth: 2, MaxOpenFor: 30 * time.Second},
		{Failures: 1, MinFailureRate: 1, FailureRate: 1, SlowRate: 1, SlowAfter: 1, MinCalls: 1},
		{SlowRate: 1, SlowAfter: 1, MinCalls: 1, MinFailureRate: 0.5},
		{Readmit: []float64{1e-9, 0.999}, ReadmitFor: 1},
		{SlowRate: 1, SlowAfter: 30 * time.Second, MinCalls: 1},
		{SlowRate: 1, SlowAfter: 2, ProbeLease: 2, MinCalls: 1},
		{SlowRate: 1, SlowAfter: time.Minute, OpenFor: time.Minute, MinCalls: 1},
		{Mode: MetricsOnly},
	} {
		if err := cfg.Validate(); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestTheZeroConfigIsTheDocumentedDefault(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	got := *b.cfg
	if got.Classify == nil || got.Classify(errDown) != defaultVerdict(errDown) {
		t.Error("errors are not a failure by default")
	}
	got.Classify = nil
	want := BreakerConfig{
		Failures: 5, Window: 60 * time.Second, OpenFor: 30 * time.Second,
		OpenGrowth: 1, Probes: 1, ProbeLease: 30 * time.Second,
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	if other := newTestBreaker(t, BreakerConfig{}); other.cfg != b.cfg {
		t.Error("two default breakers do not share their configuration")
	}
}

func TestDefaultsThatDependOnOtherFields(t *testing.T) {
	tests := map[string]struct {
		cfg   BreakerConfig
		wants func(BreakerConfig) bool
	}{
		"a rate alone decides": {BreakerConfig{FailureRate: 0.5, MinCalls: 1}, func(c BreakerConfig) bool { return c.Failures == 0 }},
		"a slow rate does not": {
			BreakerConfig{SlowRate: 0.5, SlowAfter: 1, MinCalls: 1},
			func(c BreakerConfig) bool { return c.Failures == 5 },
		},
		"the lease is the open time": {
			BreakerConfig{OpenFor: 30*time.Second + 1},
			func(c BreakerConfig) bool { return c.ProbeLease == 30*time.Second+1 },
		},
		"the lease of a short open time": {BreakerConfig{OpenFor: 7}, func(c BreakerConfig) bool { return c.ProbeLease == 30*time.Second }},
		"growth ends at ten minutes":     {BreakerConfig{OpenGrowth: 2}, func(c BreakerConfig) bool { return c.MaxOpenFor == 10*time.Minute }},
		"growth ends at a longer open time": {
			BreakerConfig{OpenGrowth: 2, OpenFor: time.Hour},
			func(c BreakerConfig) bool { return c.MaxOpenFor == time.Hour },
		},
		"a stage lasts ten seconds": {
			BreakerConfig{Readmit: []float64{0.5}},
			func(c BreakerConfig) bool { return c.ReadmitFor == 10*time.Second },
		},
	}
	for name, tt := range tests {
		if got := *newTestBreaker(t, tt.cfg).cfg; !tt.wants(got) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestDefaultsFilledInAreValidAgainAndStayAsTheyAre(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := chooseConfig(evenly(rt))
		cfg.Classify = nil
		if err := cfg.Validate(); err != nil {
			rt.Fatal(err)
		}
		full := cfg.withDefaults()
		if err := full.Validate(); err != nil {
			rt.Fatal(err)
		}
		again := full.withDefaults()
		full.Classify, again.Classify = nil, nil
		if !reflect.DeepEqual(again, full) {
			rt.Fatalf("%+v became %+v", full, again)
		}
	})
}

func TestAGuardsTimeLimitBoundsWhatIsSlow(t *testing.T) {
	p := Policy{Timeout: 5 * time.Second, Breaker: BreakerConfig{SlowRate: 0.5, SlowAfter: 6 * time.Second, MinCalls: 10}}
	if err := p.Validate(); err != nil {
		t.Errorf("as long as a probe is heard: %v", err)
	}
	p.Breaker.SlowAfter++
	if err := p.Validate(); err == nil || err.Error() != "resilience: BreakerConfig.SlowAfter is 6.000000001s: must not be more than ProbeLease (6s)" {
		t.Errorf("longer: %v", err)
	}
}

func TestABreakerKeepsItsOwnShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shares := []float64{0.5}
		b := newTestBreaker(t, BreakerConfig{Failures: 1, Readmit: shares})
		shares[0] = 99
		if b.cfg.Readmit[0] != 0.5 {
			t.Fatal("its configuration changed from outside")
		}
	})
}

func TestTheConfigurationThatABreakerTellsIsTheOneInForceAndACopy(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{OpenFor: time.Second, Readmit: []float64{0.5}})
	got := b.Config()
	if got.Failures != 5 || got.Window != time.Minute || got.OpenFor != time.Second || got.ReadmitFor != 10*time.Second {
		t.Errorf("got %+v", got)
	}
	got.Readmit[0] = 99
	if again := b.Config().Readmit[0]; again != 0.5 {
		t.Errorf("its share became %v", again)
	}
}

func TestABreakerBeginsInItsMode(t *testing.T) {
	for _, counted := range []BreakerConfig{{}, {FailureRate: 0.5, MinCalls: 1}} {
		for mode := Automatic; mode <= MetricsOnly; mode++ {
			t.Run(mode.String(), func(t *testing.T) {
				cfg := counted
				cfg.Mode = mode
				cfg.OnStateChange = func(c StateChange) { t.Errorf("that is no transition: %+v", c) }
				b := newTestBreaker(t, cfg)
				want := Snapshot{Name: "storage", Mode: mode}
				if mode == ForcedOpen {
					want.State, want.Shadow, want.Reason = Open, Open, ReasonForced
				}
				if s := b.Snapshot(); s != want || b.Mode() != mode {
					t.Fatalf("got  %+v\nwant %+v", s, want)
				}
				if mode == ForcedOpen {
					mustRefuse(t, b)
					return
				}
				if counts := mode != Disabled; mustAcquire(t, b).Done(Success) != counts {
					t.Fatalf("a success counted: %v", !counts)
				}
			})
		}
	}
}
