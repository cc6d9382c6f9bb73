package resilience

import (
	"slices"
	"time"
)

// model is a breaker that is slow and obviously right: it keeps a line for every
// failure and every call since it last closed, and reads the lists through
// whenever it is asked. It knows no open time jitter.
type model struct {
	cfg   BreakerConfig // with its defaults
	start time.Time
	now   time.Duration // since start, as are all instants below

	mode    Mode
	state   State
	sharing bool          // half-open, and past the probes
	until   time.Duration // while open
	reason  string        // while open

	failures []time.Duration
	calls    []*modelCall
	cleared  time.Duration // when the lists were last emptied

	underWay  []*modelPermit // of this era: the probes, or what may become slow
	successes int            // of probes

	stage         int // while sharing
	stageEnd      time.Duration
	asked, passed int // in the stage

	row      int // openings in a row
	closedAt time.Duration

	era                      uint64
	counted, refusals, trips uint64
	lastFailure, openedAt    time.Time
	events                   []modelEvent
}

type modelCall struct {
	at                  time.Duration // when it ended or, under way, became slow
	ended, failed, slow bool
}

type modelPermit struct {
	start time.Duration
	era   uint64
	probe bool
	slow  *modelCall // how it was counted while under way
	done  bool
}

// modelEvent is one of the two.
type modelEvent struct {
	change  StateChange
	failure FailureEvent
}

// unheard is the era of permits whose outcome nobody waits for.
const unheard = ^uint64(0)

func newModel(cfg BreakerConfig) *model {
	m := &model{cfg: cfg.withDefaults(), mode: cfg.Mode, start: time.Now()}
	if m.mode == ForcedOpen {
		m.state, m.reason = Open, ReasonForced
	}
	return m
}

// tick lets happen what the passing of time brings.
func (m *model) tick() {
	m.now = time.Since(m.start)
	switch {
	case m.state == Open && m.mode != ForcedOpen && m.now >= m.until:
		m.successes = 0
		m.to(HalfOpen, ReasonOpenTimeOver)
	case m.state == HalfOpen && !m.sharing:
		m.underWay = slices.DeleteFunc(m.underWay, func(p *modelPermit) bool { return m.now-p.start >= m.cfg.ProbeLease })
	case m.state == Closed, m.sharing:
		m.countSlow()
		for m.sharing && m.now >= m.stageEnd {
			if m.stage++; m.stage == len(m.cfg.Readmit) {
				m.to(Closed, ReasonReadmitted)
				break
			}
			m.stageEnd += m.cfg.ReadmitFor
			m.asked, m.passed = 0, 0
		}
	}
}

func (m *model) countSlow() {
	found := false
	for _, p := range m.underWay {
		if p.slow == nil && m.isSlow(p) {
			p.slow = &modelCall{at: m.now, slow: true}
			m.calls = append(m.calls, p.slow)
			found = true
		}
	}
	if found {
		m.judge()
	}
}

func (m *model) isSlow(p *modelPermit) bool {
	return p != nil && m.cfg.SlowRate > 0 && m.now-p.start >= m.cfg.SlowAfter
}

func (m *model) acquire() (*modelPermit, *OpenError) {
	m.tick()
	p := &modelPermit{start: m.now, era: m.era}
	switch {
	case m.mode == Disabled:
		return p, nil
	case m.sharing:
		m.asked++
		if float64(m.passed) >= float64(m.asked)*m.cfg.Readmit[m.stage] {
			return m.refuse()
		}
		m.passed++
	case m.state == HalfOpen && m.vacant():
		p.probe = true
	case m.state != Closed:
		return m.refuse()
	}
	m.underWay = append(m.underWay, p)
	return p, nil
}

func (m *model) vacant() bool { return m.successes+len(m.underWay) < m.cfg.Probes }

func (m *model) refuse() (*modelPermit, *OpenError) {
	m.refusals++
	if m.mode == MetricsOnly {
		return &modelPermit{era: unheard}, nil
	}
	return nil, m.refusal()
}

// refusal is why calls are refused, or nil.
func (m *model) refusal() *OpenError {
	e := &OpenError{Name: "storage", State: m.state}
	switch {
	case m.mode == ForcedOpen:
		e.Reason = ReasonForced
	case m.state == Open:
		e.Reason, e.Until = m.reason, m.start.Add(m.until)
	case m.sharing:
		e.Reason, e.Until = ReasonReadmitting, m.start.Add(m.stageEnd)
	case m.state == HalfOpen && !m.vacant():
		e.Reason, e.Until = ReasonProbing, m.start.Add(m.underWay[0].start+m.cfg.ProbeLease)
	default:
		return nil
	}
	return e
}

func (m *model) done(p *modelPermit, v Verdict) (counted bool) {
	m.tick()
	if p.done || p.era != m.era || p.probe && !slices.Contains(m.underWay, p) {
		p.done = true
		return false
	}
	p.done = true
	m.underWay = slices.DeleteFunc(m.underWay, func(other *modelPermit) bool { return other == p })
	counted = m.result(p, v.Outcome)
	if v.Block > 0 {
		m.trip(v.Block, v.Reason)
	}
	return counted
}

// abandon ends a call that panicked or ended its goroutine.
func (m *model) abandon(p *modelPermit) {
	if p.probe {
		m.done(p, Verdict{Outcome: Neutral})
		return
	}
	m.done(p, Verdict{Outcome: Failure})
}

func (m *model) record(o Outcome) {
	m.tick()
	m.result(nil, o)
}

// result lets an outcome count. p is nil if it comes without a permit.
func (m *model) result(p *modelPermit, o Outcome) (counted bool) {
	if m.state == Open || m.mode == Disabled || o != Success && o != Failure {
		return false
	}
	probing := m.state == HalfOpen && !m.sharing
	m.count(p, o)
	switch {
	case !probing:
		m.judge()
	case o == Failure:
		m.open(m.openTime(), ReasonProbeFailed)
	case m.isSlow(p):
		m.open(m.openTime(), ReasonProbeSlow)
	default:
		if m.successes++; m.successes == m.cfg.Probes {
			m.recovered()
		}
	}
	return true
}

// count counts a call that has ended. One that became slow on its way moves to
// its end.
func (m *model) count(p *modelPermit, o Outcome) {
	switch {
	case !m.cfg.counted():
	case p != nil && p.slow != nil:
		p.slow.at, p.slow.failed, p.slow.ended = m.now, o == Failure, true
	default:
		m.calls = append(m.calls, &modelCall{at: m.now, failed: o == Failure, slow: m.isSlow(p), ended: true})
	}
	if o == Failure {
		m.counted++
		m.failures = append(m.failures, m.now)
		m.lastFailure = m.at()
		m.events = append(m.events, modelEvent{failure: FailureEvent{
			Name: "storage", At: m.at(), State: m.state, FailureCount: m.failureCount(),
		}})
	}
}

func (m *model) at() time.Time { return m.start.Add(m.now) }

// within tells whether a call's step of a 60th of the window is among the last 61.
func (m *model) within(c *modelCall) bool {
	span := (m.cfg.Window + 59) / 60
	step := func(at time.Duration) time.Duration { return (at - m.cleared) / span }
	return step(m.now)-step(c.at) <= 60
}

// rates are of the calls within the window: how many there are, how many of them
// have ended, the share of those that failed, the share of all that are slow.
func (m *model) rates() (calls, ended int, failed, slow float64) {
	var f, s int
	for _, c := range m.calls {
		if !m.within(c) {
			continue
		}
		calls++
		if c.ended {
			ended++
		}
		if c.failed {
			f++
		}
		if c.slow {
			s++
		}
	}
	if ended > 0 {
		failed = float64(f) / float64(ended)
	}
	if calls > 0 {
		slow = float64(s) / float64(calls)
	}
	return calls, ended, failed, slow
}

func (m *model) failureCount() (n int) {
	if m.cfg.Failures == 0 {
		for _, c := range m.calls {
			if c.failed && m.within(c) {
				n++
			}
		}
		return n
	}
	for _, at := range m.failures {
		if m.now-at <= m.cfg.Window {
			n++
		}
	}
	return min(n, m.cfg.Failures)
}

func (m *model) judge() {
	if m.mode == ForcedClosed {
		return
	}
	calls, ended, failed, slow := m.rates()
	switch {
	case m.cfg.Failures > 0 && m.failureCount() == m.cfg.Failures && failed >= m.cfg.MinFailureRate:
		m.open(m.openTime(), ReasonFailures)
	case m.cfg.FailureRate > 0 && ended >= m.cfg.MinCalls && failed >= m.cfg.FailureRate:
		m.open(m.openTime(), ReasonFailureRate)
	case m.cfg.SlowRate > 0 && calls >= m.cfg.MinCalls && slow >= m.cfg.SlowRate:
		m.open(m.openTime(), ReasonSlowRate)
	}
}
