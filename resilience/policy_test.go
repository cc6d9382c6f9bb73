package resilience

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheZeroPolicyIsTheDocumentedDefault(t *testing.T) {
	p := newTestGuard(t, Policy{}, nil).Policy()
	p.Breaker.Classify = nil
	b := p.Breaker
	if b.Failures != 5 || b.Window != time.Minute || b.OpenFor != 30*time.Second || b.ProbeLease != 30*time.Second {
		t.Errorf("breaker: %+v", b)
	}
	if want := (RetryPolicy{3, 200 * time.Millisecond, time.Second, 20 * time.Second, time.Minute}); p.Retry != want {
		t.Errorf("retry: %+v", p.Retry)
	}
	if want := (BudgetPolicy{500, 14, 5, 1}); p.Budget != want {
		t.Errorf("budget: %+v", p.Budget)
	}
	if want := (StreamPolicy{20 * time.Second, 30 * time.Second}); p.Stream != want {
		t.Errorf("stream: %+v", p.Stream)
	}
	if p.Timeout != NoTimeout || p.MinTrial != 5*time.Second || p.Limit.MaxConcurrent != 0 {
		t.Errorf("%+v", p)
	}
}

func TestBadPoliciesAreRefusedByName(t *testing.T) {
	for want, p := range map[string]Policy{
		"BreakerConfig.Window":       {Breaker: BreakerConfig{Window: -1}},
		"RetryPolicy.MaxAttempts":    {Retry: RetryPolicy{MaxAttempts: -1}},
		"RetryPolicy.BaseDelay":      {Retry: RetryPolicy{BaseDelay: -1}},
		"RetryPolicy.ThrottleDelay":  {Retry: RetryPolicy{ThrottleDelay: -1}},
		"RetryPolicy.MaxDelay":       {Retry: RetryPolicy{MaxDelay: 500 * time.Millisecond}},
		"RetryPolicy.MaxWait":        {Retry: RetryPolicy{MaxWait: -1}},
		"BudgetPolicy.Capacity":      {Budget: BudgetPolicy{Capacity: -1}},
		"BudgetPolicy.RetryCost":     {Budget: BudgetPolicy{RetryCost: -1}},
		"BudgetPolicy.ThrottledCost": {Budget: BudgetPolicy{ThrottledCost: -1}},
		"BudgetPolicy.SuccessCredit": {Budget: BudgetPolicy{SuccessCredit: -1}},
		"Policy.Timeout":             {Timeout: -1},
		"Policy.MinTrial":            {MinTrial: -1},
		"StreamPolicy.First":         {Stream: StreamPolicy{First: -1}},
		"StreamPolicy.Silence":       {Stream: StreamPolicy{Silence: -1}},
		"LimitPolicy.MaxConcurrent":  {Limit: LimitPolicy{MaxConcurrent: -1}},
	} {
		if _, err := NewGuard("x", p, nil); err == nil || !strings.HasPrefix(err.Error(), "resilience: "+want+" is ") {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
	if _, err := NewGuard("", Policy{}, nil); err == nil {
		t.Error("an empty name is accepted")
	}
	if _, err := NewGuard("x", Policy{Timeout: NoTimeout, Retry: RetryPolicy{MaxDelay: math.MaxInt64}}, nil); err != nil {
		t.Errorf("a sound policy is refused: %v", err)
	}
}

func TestAPolicyWhosePartsDoNotFitIsRefusedByName(t *testing.T) {
	const second = time.Second
	for want, p := range map[string]Policy{
		"BudgetPolicy.Capacity is 13: must not be less than RetryCost or ThrottledCost (14); set RetryPolicy.MaxAttempts to 1 to never retry": {Budget: BudgetPolicy{Capacity: 13}},
		"BudgetPolicy.Capacity is 500: must not be less than RetryCost or ThrottledCost (501); set RetryPolicy.MaxAttempts to 1 to never retry": {
			Budget: BudgetPolicy{ThrottledCost: 501}, Retry: RetryPolicy{MaxAttempts: 2},
		},
		"HedgePolicy.Delay is 1s: must be less than Policy.Timeout (1s)":                       {Timeout: second, Hedge: HedgePolicy{MaxShare: 1, Delay: second}},
		"BreakerConfig.ProbeLease is 999ms: must not be less than Policy.Timeout (1s)":         {Timeout: second, Breaker: BreakerConfig{ProbeLease: second - time.Millisecond}},
		"LimitPolicy.MaxQueueWait is 1s: needs a Queue":                                        {Limit: LimitPolicy{MaxConcurrent: 1, MaxQueueWait: second}},
		"RetryPolicy.MaxDelay is 999ms: must not be less than BaseDelay or ThrottleDelay (1s)": {Retry: RetryPolicy{MaxDelay: second - time.Millisecond}},
	} {
		if err := p.Validate(); err == nil || err.Error() != "resilience: "+want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for name, p := range map[string]Policy{
		"never retries":                {Budget: BudgetPolicy{Capacity: 1}, Retry: RetryPolicy{MaxAttempts: 1}},
		"pays for one retry":           {Budget: BudgetPolicy{Capacity: 14}},
		"hedged just in time":          {Timeout: second, Hedge: HedgePolicy{MaxShare: 1, Delay: second - 1}},
		"hedged, no time limit":        {Hedge: HedgePolicy{MaxShare: 1, Delay: time.Hour}},
		"a lease of the time limit":    {Timeout: second, Breaker: BreakerConfig{ProbeLease: second}},
		"a lease and no time limit":    {Timeout: NoTimeout, Breaker: BreakerConfig{ProbeLease: second}},
		"a lease and the default":      {Breaker: BreakerConfig{ProbeLease: second}},
		"the longest time limit":       {Timeout: NoTimeout - 1},
		"the longest wait for a retry": {Retry: RetryPolicy{MaxWait: math.MaxInt64}},
	} {
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyATimeLimitShortensTheOpenTime(t *testing.T) {
	for limit, want := range map[time.Duration]time.Duration{
		0: 30 * time.Second, NoTimeout: 30 * time.Second, NoTimeout - 1: 10 * time.Second, 1: 10 * time.Second,
	} {
		if got := newTestGuard(t, Policy{Timeout: limit}, nil).Policy().Breaker.OpenFor; got != want {
			t.Errorf("open for %v with a limit of %v, want %v", got, limit, want)
		}
	}
}

// settings set what belongs together in a policy, to whatever it is worth.
var settings = []func(p *Policy, n int, d time.Duration, share float64){
	func(p *Policy, n int, d time.Duration, _ float64) { p.Breaker.Failures, p.Breaker.Window = n, d },
	func(p *Policy, n int, _ time.Duration, s float64) { p.Breaker.FailureRate, p.Breaker.MinCalls = s, n },
	func(p *Policy, _ int, _ time.Duration, s float64) { p.Breaker.MinFailureRate = s },
	func(p *Policy, _ int, d time.Duration, _ float64) { p.Breaker.OpenFor = d },
	func(p *Policy, n int, d time.Duration, _ float64) {
		p.Breaker.OpenGrowth, p.Breaker.MaxOpenFor = float64(n), d
	},
	func(p *Policy, n int, d time.Duration, _ float64) { p.Breaker.Probes, p.Breaker.ProbeLease = n, d },
	func(p *Policy, _ int, d time.Duration, s float64) {
		p.Breaker.Readmit, p.Breaker.ReadmitFor = []float64{s}, d
	},
	func(p *Policy, n int, d time.Duration, _ float64) { p.Retry.MaxAttempts, p.Retry.MaxWait = n, d },
	func(p *Policy, _ int, d time.Duration, _ float64) { p.Retry.BaseDelay, p.Retry.MaxDelay = d, d },
	func(p *Policy, _ int, d time.Duration, _ float64) { p.Retry.ThrottleDelay = d },
	func(p *Policy, n int, _ time.Duration, _ float64) { p.Budget.Capacity, p.Budget.SuccessCredit = n, n },
	func(p *Policy, n int, _ time.Duration, _ float64) { p.Budget.RetryCost, p.Budget.ThrottledCost = n, 1 },
	func(p *Policy, _ int, d time.Duration, _ float64) { p.Timeout = d },
	func(p *Policy, _ int, d time.Duration, s float64) { p.Hedge = HedgePolicy{MaxShare: s, Delay: d} },
	func(p *Policy, _ int, d time.Duration, _ float64) { p.MinTrial = d },
	func(p *Policy, _ int, d time.Duration, _ float64) { p.Stream = StreamPolicy{First: d, Silence: d} },
	func(p *Policy, n int, d time.Duration, _ float64) { p.Limit = LimitPolicy{n, n, d, AdaptivePolicy{}} },
	func(p *Policy, n int, _ time.Duration, _ float64) {
		p.Limit.MaxConcurrent, p.Limit.Adaptive.Min = 20, n
	},
}

func TestAPolicyWithItsDefaultsFilledInIsSoundAndKeepsThem(t *testing.T) {
	sound := 0
	rapid.Check(t, func(t *rapid.T) {
		var p Policy
		for _, set := range rapid.SliceOfN(rapid.SampledFrom(settings), 0, 3).Draw(t, "settings") {
			set(&p,
				rapid.SampledFrom([]int{1, 2, 14, 1000}).Draw(t, "n"),
				rapid.SampledFrom([]time.Duration{0, 1, time.Second, time.Minute, NoTimeout}).Draw(t, "d"),
				rapid.SampledFrom([]float64{0.5, 1}).Draw(t, "share"))
		}
		if p.Validate() != nil {
			return
		}
		sound++
		g, err := NewGuard("x", p, nil)
		if err != nil {
			t.Fatal(err)
		}
		filled := g.Policy()
		if err := filled.Validate(); err != nil {
			t.Fatal(err)
		}
		again := filled.withDefaults()
		filled.Breaker.Classify, again.Breaker.Classify = nil, nil // no two functions are equal
		if !reflect.DeepEqual(filled, again) {
			t.Fatalf("%+v becomes %+v", filled, again)
		}
	})
	if sound < 20 {
		t.Fatalf("%d policies were sound", sound)
	}
}
