package outage

import (
	"testing"
	"testing/synctest"

	"github.com/finbrain/ai/resilience"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// subject is a kind of client; processes is how many of them share the load.
type subject struct {
	name      string
	processes int
	client    func(*testing.T) Client
}

// play runs the scenario in a bubble of its own.
func (s subject) play(t *testing.T, sc Scenario) (r Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clients := make([]Client, s.processes)
		for i := range clients {
			clients[i] = s.client(t)
		}
		r = sc.Run(t.Context(), clients...)
	})
	return r
}

func naive(name string, c Client) subject {
	return subject{name, 1, func(*testing.T) Client { return c }}
}

func guarded(name string, p resilience.Policy) subject {
	return subject{name, 1, func(t *testing.T) Client { return Guarded(newGuard(t, p)) }}
}

// withoutBreaker is guarded with a breaker that lets every call pass.
func withoutBreaker(name string, p resilience.Policy) subject {
	return subject{name, 1, func(t *testing.T) Client {
		g := newGuard(t, p)
		g.Breaker().Disable()
		return Guarded(g)
	}}
}

func newGuard(t *testing.T, p resilience.Policy) *resilience.Guard {
	t.Helper()
	p.Timeout = Patience
	g, err := resilience.NewGuard("server", p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (s subject) times(processes int) subject {
	s.processes = processes
	return s
}

func openFor(seconds int) resilience.Policy {
	return breaker(resilience.BreakerConfig{OpenFor: asSeconds(seconds)})
}

func breaker(cfg resilience.BreakerConfig) resilience.Policy {
	return resilience.Policy{Breaker: cfg}
}

// sparing opens after that many failures and makes at most so many attempts,
// of which one at a time is a retry.
func sparing(failures, attempts int) resilience.Policy {
	p := breaker(resilience.BreakerConfig{Failures: failures})
	p.Retry.MaxAttempts = attempts
	p.Budget.Capacity = 14
	return p
}
