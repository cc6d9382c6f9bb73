package resilience

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
)

// Concurrent histories are checked against what one caller after another could
// have seen. Real goroutines run in a bubble, where time stands still until all
// of them are done; stamps come from a counter.

const (
	linearClients = 4
	linearOps     = 8 // of each client
)

func TestConcurrentHistoriesAreLinearizable(t *testing.T) {
	for _, spec := range linearSpecs {
		t.Run(spec.name, func(t *testing.T) {
			for seed := range uint64(60) {
				if history := spec.run(t, seed); !porcupine.CheckOperations(spec.model(sound), history) {
					t.Fatalf("no order explains the history of seed %d: %+v", seed, history)
				}
			}
		})
	}
}

// The check can fail: each of these models is wrong in one thing, and some
// history shows it.
func TestAWrongModelExplainsNotEveryHistory(t *testing.T) {
	wrong := map[string]mistake{
		"a result of an earlier era counts":     forgetsEras,
		"one probe more passes":                 extraProbe,
		"one failure more is borne":             extraFailure,
		"an open breaker closes with a success": closesWhenOpen,
	}
	for name, m := range wrong {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(200) {
				for _, spec := range linearSpecs {
					if !porcupine.CheckOperations(spec.model(m), spec.run(t, seed)) {
						return
					}
				}
			}
			t.Fatal("it explained every history")
		})
	}
}

type linearSpec struct {
	name     string
	cfg      BreakerConfig
	halfOpen bool // to begin with
}

var linearSpecs = []linearSpec{
	{"closed", BreakerConfig{Failures: 3}, false},
	{"half-open", BreakerConfig{Failures: 3}, true},
	{"half-open with two probes", BreakerConfig{Failures: 3, Probes: 2}, true},
	{"rated", BreakerConfig{FailureRate: 0.5, MinCalls: 4}, false},
	{"rated, half-open", BreakerConfig{FailureRate: 0.5, MinCalls: 4}, true},
}

// linearOp is what a client did; linearResult what it saw.
type linearOp struct {
	do      string
	permit  int // its place among all permits
	outcome Outcome
}

type linearResult struct {
	state   State  // of State, of Snapshot, or of a refusal
	reason  string // of a refusal, or of Snapshot
	counted bool   // of Done
}

func (spec *linearSpec) run(t *testing.T, seed uint64) (history []porcupine.Operation) {
	synctest.Test(t, func(t *testing.T) {
		// Yielding in the middle of operations lets others overlap with them.
		cfg := spec.cfg
		cfg.OnStateChange = func(StateChange) { runtime.Gosched() }
		cfg.OnFailure = func(FailureEvent) { runtime.Gosched() }
		b := newTestBreaker(t, cfg)
		if spec.halfOpen {
			b.Trip(time.Now().Add(time.Second), "trip")
			elapse(time.Second)
			wantState(t, b, HalfOpen)
		}
		var stamp atomic.Int64
		var mu sync.Mutex
		var wg sync.WaitGroup
		var arrived atomic.Int64
		for client := range linearClients {
			wg.Go(func() {
				c := linearClient{b: b, id: client, rand: rand.New(rand.NewPCG(seed, uint64(client)))}
				var own []porcupine.Operation
				arrived.Add(1)
				for arrived.Load() < linearClients { // together, which a channel would not make them
					runtime.Gosched()
				}
				for range linearOps {
					if c.rand.IntN(4) == 0 {
						runtime.Gosched()
					}
					called := stamp.Add(1)
					op, result := c.next()
					own = append(own, porcupine.Operation{
						ClientId: client, Input: op, Call: called, Output: result, Return: stamp.Add(1),
					})
				}
				mu.Lock()
				defer mu.Unlock()
				history = append(history, own...)
			})
		}
		wg.Wait()
	})
	return history
}

type linearClient struct {
	b       *Breaker
	id      int
	rand    *rand.Rand
	taken   int
	permits []linearPermit // not yet done
}

type linearPermit struct {
	permit *Permit
	place  int
}

func (c *linearClient) next() (linearOp, linearResult) {
	outcome := []Outcome{Failure, Failure, Success, Success, Neutral}[c.rand.IntN(5)]
	switch n := c.rand.IntN(20); {
	case n < 8 && len(c.permits) > 0:
		i := c.rand.IntN(len(c.permits))
		p := c.permits[i]
		c.permits = append(c.permits[:i:i], c.permits[i+1:]...)
		return linearOp{do: "done", permit: p.place, outcome: outcome}, linearResult{counted: p.permit.Done(outcome)}
	case n < 14:
		op := linearOp{do: "acquire", permit: c.id*linearOps + c.taken}
		p, err := c.b.Acquire()
		if err != nil {
			refused := err.(*OpenError)
			return op, linearResult{state: refused.State, reason: refused.Reason}
		}
		c.taken++
		c.permits = append(c.permits, linearPermit{&p, op.permit})
		return op, linearResult{}
	case n < 15:
		c.b.RecordFailure()
		return linearOp{do: "record", outcome: Failure}, linearResult{}
	case n < 16:
		c.b.RecordSuccess()
		return linearOp{do: "record", outcome: Success}, linearResult{}
	case n < 17:
		c.b.Trip(time.Now().Add(time.Hour), "trip")
		return linearOp{do: "trip"}, linearResult{}
	case n < 18:
		c.b.Reset()
		return linearOp{do: "reset"}, linearResult{}
	case n < 19:
		return linearOp{do: "state"}, linearResult{state: c.b.State()}
	default:
		s := c.b.Snapshot()
		return linearOp{do: "snapshot"}, linearResult{state: s.State, reason: s.Reason}
	}
}

func TestARefusalIsNotShownBeforeItsTransitionHasHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, enter := range []func(*Breaker){
			func(b *Breaker) { b.Trip(time.Now().Add(time.Hour), "trip") },
			func(b *Breaker) { halfOpen(t, b); mustAcquire(t, b) },
		} {
			b := newTestBreaker(t, BreakerConfig{})
			enter(b)
			if b.refusing() == nil {
				t.Fatal("it does not refuse without the lock")
			}
			b.setRefusal(b.load().next().to(phaseOpen), forever, "next")
			if r := b.refusing(); r != nil {
				t.Fatalf("refused with %+v while the state is %v", r.OpenError, b.State())
			}
		}
	})
}
