package resilience

import (
	"fmt"
	"time"
)

// history is a configuration and what is done to a breaker that has it.
type history struct {
	cfg   BreakerConfig
	steps []step
}

// step is one thing done to a breaker.
type step struct {
	do      string
	after   time.Duration // how long before
	permit  int
	outcome Outcome
	ending  string        // how the function given to Do ends
	within  int           // how many of the next steps that function takes
	lasting time.Duration // of a Trip or a Block
	reason  string        // of the same
	mode    Mode          // to be forced to
}

// choose picks one of n possibilities; what is to be chosen it may tell by name.
type choose func(name string, n int) int

func among[T any](c choose, name string, values ...T) T { return values[c(name, len(values))] }

func chooseConfig(c choose) BreakerConfig {
	cfg := BreakerConfig{
		Failures: among(c, "Failures", 3, 0, 1, 2),
		// 60 of these divide neither of the last two.
		Window:   among(c, "Window", 10*time.Second, 0, 7*time.Second+1, 119),
		OpenFor:  among(c, "OpenFor", 5*time.Second, 0, 3*time.Second),
		Probes:   among(c, "Probes", 1, 0, 2, 3),
		Readmit:  among(c, "Readmit", nil, nil, []float64{0.5}, []float64{0.1, 0.3, 0.9}),
		Mode:     among(c, "Mode", Automatic, Automatic, Automatic, Automatic, MetricsOnly, MetricsOnly, ForcedOpen, ForcedClosed, Disabled),
		Classify: classifyEnding,
	}
	cfg.ProbeLease = among(c, "ProbeLease", 0, 4*time.Second, 9*time.Second)
	if len(cfg.Readmit) > 0 {
		cfg.ReadmitFor = among(c, "ReadmitFor", 3*time.Second, 0)
	}
	if cfg.OpenGrowth = among(c, "OpenGrowth", 0, 1, 2, 1.5); cfg.OpenGrowth > 1 {
		cfg.MaxOpenFor = among(c, "MaxOpenFor", 0, 40*time.Second, 33*time.Second)
	}
	cfg.FailureRate = among(c, "FailureRate", 0, 0, 0.5, 1, 0.3)
	if cfg.SlowRate = among(c, "SlowRate", 0, 0, 0.5, 1, 0.3); cfg.SlowRate > 0 {
		cfg.SlowAfter = among(c, "SlowAfter", 2*time.Second, 4*time.Second, 1) // at most the lease
	}
	if cfg.FailureRate > 0 || cfg.SlowRate > 0 {
		cfg.MinCalls = among(c, "MinCalls", 3, 1, 2, 6)
	}
	if cfg.FailureRate == 0 || cfg.Failures > 0 {
		cfg.MinFailureRate = among(c, "MinFailureRate", 0, 0, 0.4, 1)
	}
	return cfg
}

// Waits that end on, and just before and after, what the configuration times.
func chooseWait(c choose, cfg *BreakerConfig) time.Duration {
	d := among(c, "wait", 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, time.Second, 2*time.Second,
		cfg.OpenFor, cfg.OpenFor, cfg.ProbeLease, cfg.Window, cfg.Window/60, cfg.SlowAfter, cfg.ReadmitFor, 3*cfg.OpenFor)
	if d > 1 {
		d += among[time.Duration](c, "by", 0, 0, -1, 1)
	}
	return d
}

func chooseStep(c choose, cfg *BreakerConfig) step {
	s := step{
		// Results are frequent; forcing is rare, for a forced breaker does little.
		do: among(c, "do",
			"acquire", "acquire", "acquire", "acquire", "acquire", "acquire", "acquire",
			"done", "done", "done", "done", "done", "done", "done", "done", "done", "done",
			"record", "record", "record", "record", "record", "record",
			"call", "call", "call", "call", "call", "call", "call", "call", "call", "call",
			"read", "read", "read", "trip", "reset", "reset", "force"),
		after: chooseWait(c, cfg),
	}
	switch s.do {
	case "done":
		s.permit = c("permit", 8)
		s.outcome = among(c, "outcome", Failure, Failure, Success, Success, Neutral, Failure+1)
		s.lasting = among[time.Duration](c, "lasting", 0, 0, 0, 0, 0, 0, 0, 0, 0, 6*time.Second, -1)
		s.reason = among(c, "reason", "quota", "")
	case "record":
		s.outcome = among(c, "outcome", Failure, Success)
	case "trip":
		s.lasting = among(c, "lasting", 6*time.Second, -1, 0, 1, 2*time.Second, 12*time.Second)
		s.reason = among(c, "reason", "maintenance", "")
	case "force":
		s.mode = among(c, "mode", MetricsOnly, MetricsOnly, ForcedOpen, ForcedClosed, Disabled)
	case "call":
		s.ending = among(c, "ending", "answer", "error", "answer", "error", "answer", "error", "answer", "error",
			"answer", "error", "answer", "error", "cancelled error", "neutral error", "panic", "exit", "block", "neutral block", "success block", "cancelled")
		s.within = among(c, "within", 0, 0, 0, 1, 2, 3)
		s.lasting = among[time.Duration](c, "lasting", 6*time.Second, 1, 12*time.Second)
		s.reason = among(c, "reason", "quota", "")
	}
	return s
}

// ending is the error of a call, and its own verdict.
type ending struct{ verdict Verdict }

func (e *ending) Error() string { return fmt.Sprintf("ended with %+v", e.verdict) }

func classifyEnding(err error) Verdict { return err.(*ending).verdict }
