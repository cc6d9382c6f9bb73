package resilience

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// model is a breaker that is slow and obviously right: it keeps every failure
// since the window was last cleared and knows time as seconds since the start.
type model struct {
	failures []time.Duration
	state    State
	mode     Mode
	until    time.Duration // open until, if state is Open and mode Automatic
	probe    *modelPermit  // nil: no probe is out
	lease    time.Duration // of the probe

	counted, refusals, trips uint64
	era                      int // of the permits
}

type modelPermit struct {
	real  *Permit
	era   int
	probe bool
	done  bool
}

const (
	modelFailures = 3
	modelWindow   = 10 * time.Second
	modelOpenFor  = 5 * time.Second
	modelLease    = 4 * time.Second
)

func (m *model) to(s State, mode Mode) { m.state, m.mode, m.probe = s, mode, nil; m.era++ }

func (m *model) open(until time.Duration) {
	if m.state != Open {
		m.trips++
	}
	m.until = until
	m.to(Open, Automatic)
}

func (m *model) tick(now time.Duration) {
	if m.state == Open && m.mode == Automatic && now >= m.until {
		m.to(HalfOpen, Automatic)
	}
}

func (m *model) count(now time.Duration) (n int) {
	for _, at := range m.failures {
		if now-at <= modelWindow {
			n++
		}
	}
	return min(n, modelFailures)
}

func (m *model) acquire(now time.Duration) (*modelPermit, bool) {
	m.tick(now)
	probing := m.probe != nil && now < m.lease
	if m.state == Open || probing {
		m.refusals++
		return nil, false
	}
	p := &modelPermit{era: m.era}
	if m.state == HalfOpen {
		m.era++
		p.era, p.probe = m.era, true
		m.probe, m.lease = p, now+modelLease
	}
	return p, true
}

func (m *model) done(p *modelPermit, o Outcome, now time.Duration) bool {
	if p.done {
		return false
	}
	p.done = true
	switch {
	case p.era != m.era, m.mode == Disabled:
		return false
	case p.probe && (o == Neutral || now >= m.lease):
		m.to(HalfOpen, Automatic)
		return false
	}
	m.result(o, now)
	return o != Neutral
}

func (m *model) result(o Outcome, now time.Duration) {
	if m.state == Open || m.mode == Disabled || o == Neutral {
		return
	}
	if o == Failure {
		m.failures = append(m.failures, now)
		m.counted++
	}
	switch {
	case m.state == HalfOpen && o == Success:
		m.clear(Automatic)
	case m.state == HalfOpen, m.mode == Automatic && m.count(now) == modelFailures:
		m.open(now + modelOpenFor)
	}
}

func (m *model) clear(mode Mode) {
	m.failures = nil
	m.to(Closed, mode)
}

// step is one thing done to a breaker.
type step struct {
	do     string
	after  time.Duration // how long before
	permit int
	value  Outcome
	trip   time.Duration
}

func drawStep(t *rapid.T) step {
	// Results are frequent; forcing is rare, for a forced breaker does little.
	do := rapid.SampledFrom([]string{
		"acquire", "acquire", "acquire", "acquire", "done", "done", "done", "done", "done",
		"record", "record", "record", "trip", "reset", "force open", "force closed", "disable", "reset",
	})
	return step{
		do:     do.Draw(t, "do"),
		after:  rapid.SampledFrom([]time.Duration{0, 0, 0, 1, 1e9, 2e9, 4e9 - 1, 4e9, 5e9, 10e9}).Draw(t, "after"),
		permit: rapid.IntRange(0, 7).Draw(t, "permit"),
		value:  rapid.SampledFrom([]Outcome{Failure, Failure, Failure, Success, Neutral}).Draw(t, "value"),
		trip:   rapid.SampledFrom([]time.Duration{-1, 0, 1e9, 6e9, 12e9}).Draw(t, "trip"),
	}
}

func TestTheBreakerAgreesWithAPlainModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 100, 300).Draw(rt, "steps")
		var difference error
		synctest.Test(t, func(t *testing.T) {
			difference = compare(newTestBreaker(t, BreakerConfig{
				Failures: modelFailures, Window: modelWindow, OpenFor: modelOpenFor, ProbeLease: modelLease,
			}), steps)
		})
		if difference != nil {
			rt.Fatal(difference)
		}
	})
}

// compare takes breaker and model through the same steps, to their first difference.
func compare(b *Breaker, steps []step) error {
	var m model
	var permits []*modelPermit // the last eight
	start := time.Now()
	for i, s := range steps {
		elapse(s.after)
		now := time.Since(start)
		m.tick(now)
		switch s.do {
		case "acquire":
			want, ok := m.acquire(now)
			got, err := b.Acquire()
			if (err == nil) != ok {
				return fmt.Errorf("step %d, %+v: error %v, want a permit: %v", i, s, err, ok)
			}
			if ok {
				want.real = &Permit{breaker: got.breaker, grant: got.grant}
				permits = append(permits[max(0, len(permits)-7):], want)
			}
		case "done":
			if len(permits) == 0 {
				continue
			}
			p := permits[s.permit%len(permits)]
			want, got := m.done(p, s.value, now), p.real.Done(s.value)
			if got != want {
				return fmt.Errorf("step %d, %+v: counted %v, want %v", i, s, got, want)
			}
		case "record":
			if s.value == Failure {
				m.result(Failure, now)
				b.RecordFailure()
			} else {
				m.result(Success, now)
				b.RecordSuccess()
			}
		case "trip":
			if s.trip > 0 && m.mode == Automatic && (m.state != Open || now+s.trip > m.until) {
				m.open(now + s.trip)
			}
			b.Trip(time.Now().Add(s.trip), "trip")
		case "reset":
			m.clear(Automatic)
			b.Reset()
		case "force open":
			m.open(0)
			m.mode = ForcedOpen
			b.ForceOpen()
		case "force closed":
			m.clear(ForcedClosed)
			b.ForceClosed()
		case "disable":
			m.clear(Disabled)
			b.Disable()
		}
		if err := m.differs(b, now); err != nil {
			return fmt.Errorf("step %d, %+v: %w", i, s, err)
		}
	}
	return nil
}

func (m *model) differs(b *Breaker, now time.Duration) error {
	var left time.Duration
	switch {
	case m.state == Open && m.mode == Automatic:
		left = m.until - now
	case m.probe != nil:
		left = max(0, m.lease-now)
	}
	s := b.Snapshot()
	got := fmt.Sprint(s.State, s.Mode, s.FailureCount, s.RetryAfter, s.Failures, s.Refusals, s.Trips)
	want := fmt.Sprint(m.state, m.mode, m.count(now), left, m.counted, m.refusals, m.trips)
	if got != want {
		return fmt.Errorf("is %s, want %s", got, want)
	}
	return nil
}
