package resilience

import "time"

// openTime is how long the model stays open for what the calls told.
func (m *model) openTime() time.Duration {
	m.endRow()
	m.row++
	d := float64(m.cfg.OpenFor)
	for range m.row - 1 {
		d *= m.cfg.OpenGrowth
	}
	if m.cfg.MaxOpenFor > 0 {
		d = min(d, float64(m.cfg.MaxOpenFor))
	}
	return time.Duration(d)
}

// endRow ends the row of openings if the model has been closed for long enough.
func (m *model) endRow() {
	if m.state == Closed && m.now-m.closedAt > m.cfg.Window {
		m.row = 0
	}
}

func (m *model) trip(d time.Duration, reason string) {
	m.tick()
	switch m.mode {
	case ForcedOpen, ForcedClosed, Disabled:
		return
	}
	if reason == "" {
		reason = "tripped"
	}
	if d > 0 && (m.state != Open || m.now+d > m.until) {
		m.endRow()
		m.open(d, reason)
	}
}

func (m *model) open(d time.Duration, reason string) {
	m.until, m.reason = m.now+d, reason
	if m.state != Open {
		m.trips++
		m.openedAt = m.at()
	}
	m.to(Open, reason)
}

func (m *model) recovered() {
	if len(m.cfg.Readmit) == 0 {
		m.to(Closed, ReasonProbeSucceeded)
		return
	}
	m.newEra()
	m.clear()
	m.sharing, m.stage, m.stageEnd = true, 0, m.now+m.cfg.ReadmitFor
	m.asked, m.passed = 0, 0
}

// force is what ForceOpen, ForceClosed, Disable, MetricsOnly and Reset have in common.
func (m *model) force(mode Mode, reason string) {
	m.tick()
	if m.mode == MetricsOnly && mode != MetricsOnly && m.state != Closed {
		m.to(Closed, reason)
	}
	m.mode = mode
	if mode == ForcedOpen {
		m.open(0, reason)
		return
	}
	m.row = 0
	m.to(Closed, reason)
}

func (m *model) newEra() {
	m.era++
	m.underWay, m.sharing = nil, false
}

func (m *model) clear() { m.failures, m.calls, m.cleared = nil, nil, m.now }

func (m *model) to(s State, reason string) {
	from := m.state
	m.state = s
	m.newEra()
	if s == Closed {
		m.clear()
		m.closedAt = m.now
	}
	if from == s {
		return
	}
	e := StateChange{
		Name: "storage", From: from, To: s, Mode: m.mode, At: m.at(),
		FailureCount: m.failureCount(), Window: m.cfg.Window, Reason: reason,
	}
	if s == Open && m.mode != ForcedOpen {
		e.OpenFor, e.Until = m.until-m.now, m.start.Add(m.until)
	}
	m.events = append(m.events, modelEvent{change: e})
}

func (m *model) shown() State {
	if m.mode == MetricsOnly {
		return Closed
	}
	return m.state
}

func (m *model) snapshot() Snapshot {
	m.tick()
	s := Snapshot{
		Name: "storage", State: m.shown(), Mode: m.mode, Shadow: m.state,
		FailureCount: m.failureCount(), LastFailure: m.lastFailure, OpenedAt: m.openedAt,
		Era: m.era, Failures: m.counted, Refusals: m.refusals, Trips: m.trips,
	}
	s.Calls, _, s.FailureRate, s.SlowRate = m.rates()
	if r := m.refusal(); r != nil && m.mode != MetricsOnly {
		s.Reason, s.Until = r.Reason, r.Until
		if !r.Until.IsZero() {
			s.RetryAfter = max(0, r.Until.Sub(m.at()))
		}
	}
	return s
}
