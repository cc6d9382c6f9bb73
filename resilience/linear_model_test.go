package resilience

import "github.com/anishathalye/porcupine"

// linearModel is a breaker while time stands still. It is compared by value.
type linearModel struct {
	state     State
	tripped   bool // open for longer than failures would make it
	reason    string
	era       int
	failures  int // since it last closed, as are the calls
	calls     int
	successes int // of probes
	out       int // probes
	permits   [linearClients * linearOps]struct {
		era   int
		probe bool
	}
}

// mistake is what a model does wrong.
type mistake int

const (
	sound mistake = iota
	forgetsEras
	extraProbe
	extraFailure
	closesWhenOpen
)

func (spec *linearSpec) model(wrong mistake) porcupine.Model {
	cfg := spec.cfg.withDefaults()
	return porcupine.Model{
		Init: func() any {
			m := linearModel{}
			if spec.halfOpen {
				m.state = HalfOpen
			}
			return m
		},
		Step: func(state, input, output any) (bool, any) {
			m, op, got := state.(linearModel), input.(linearOp), output.(linearResult)
			want := m.step(&cfg, op, wrong)
			return got == want, m
		},
	}
}

func (m *linearModel) step(cfg *BreakerConfig, op linearOp, wrong mistake) (r linearResult) {
	switch op.do {
	case "acquire":
		return m.acquire(cfg, op.permit, wrong)
	case "done":
		p := m.permits[op.permit]
		if wrong == closesWhenOpen && m.state == Open && op.outcome == Success {
			m.close()
		}
		if p.era != m.era && wrong != forgetsEras {
			return r
		}
		if p.probe && p.era == m.era {
			m.out--
		}
		r.counted = m.result(cfg, op.outcome, wrong)
	case "record":
		m.result(cfg, op.outcome, wrong)
	case "trip":
		if m.state != Open || !m.tripped {
			m.open("trip")
			m.tripped = true
		}
	case "reset":
		m.close()
	case "state":
		r.state = m.state
	case "snapshot":
		switch r.state = m.state; {
		case m.state == Open:
			r.reason = m.reason
		case m.state == HalfOpen && m.full(cfg.Probes):
			r.reason = ReasonProbing
		}
	}
	return r
}

func (m *linearModel) acquire(cfg *BreakerConfig, permit int, wrong mistake) linearResult {
	probes := cfg.Probes
	if wrong == extraProbe {
		probes++
	}
	p := &m.permits[permit]
	p.era, p.probe = m.era, m.state == HalfOpen
	switch {
	case m.state == Open:
		return linearResult{state: Open, reason: m.reason}
	case p.probe && m.full(probes):
		return linearResult{state: HalfOpen, reason: ReasonProbing}
	case p.probe:
		m.out++
	}
	return linearResult{}
}

// full tells whether no further probe passes.
func (m *linearModel) full(probes int) bool { return m.successes+m.out >= probes }

func (m *linearModel) result(cfg *BreakerConfig, o Outcome, wrong mistake) (counted bool) {
	if m.state == Open || o == Neutral {
		return false
	}
	if m.state == HalfOpen {
		if o == Failure {
			m.open(ReasonProbeFailed)
		} else if m.successes++; m.successes == cfg.Probes {
			m.close()
		}
		return true
	}
	m.calls++
	if o == Failure {
		m.failures++
	}
	least := cfg.Failures
	if wrong == extraFailure {
		least++
	}
	switch {
	case cfg.Failures > 0 && m.failures >= least:
		m.open(ReasonFailures)
	case cfg.FailureRate > 0 && m.calls >= cfg.MinCalls && float64(m.failures) >= cfg.FailureRate*float64(m.calls):
		m.open(ReasonFailureRate)
	}
	return true
}

func (m *linearModel) open(reason string) {
	*m = linearModel{state: Open, reason: reason, era: m.era + 1, permits: m.permits}
}

func (m *linearModel) close() { *m = linearModel{era: m.era + 1, permits: m.permits} }
