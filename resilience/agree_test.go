package resilience

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestTheBreakerAgreesWithAPlainModel(t *testing.T) {
	var steps atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		h := history{cfg: chooseConfig(evenly(rt))}
		one := rapid.Custom(func(rt *rapid.T) step { return chooseStep(evenly(rt), &h.cfg) })
		h.steps = rapid.SliceOfN(one, 150, 400).Draw(rt, "steps")
		steps.Add(int64(len(h.steps)))
		if err := h.agrees(t); err != nil {
			rt.Fatal(err)
		}
	})
	t.Logf("%d steps", steps.Load())
}

// evenly spreads what rapid draws, which favours small numbers and the ends of a
// range. It shrinks towards the first possibility.
func evenly(rt *rapid.T) choose {
	return func(name string, n int) int {
		spread := rapid.Uint32().Draw(rt, name) * 2654435769 // 2^32 over the golden ratio
		return int(uint64(spread) * uint64(n) >> 32)
	}
}

func FuzzTheBreakerAgreesWithAPlainModel(f *testing.F) {
	f.Add([]byte("the zero value"))
	f.Add(slices.Repeat([]byte{0, 3, 0, 7, 200, 13, 10, 1}, 32))
	f.Fuzz(func(t *testing.T, data []byte) {
		pick := func(_ string, n int) int {
			if len(data) == 0 {
				return 0
			}
			next := int(data[0])
			data = data[1:]
			return next % n
		}
		h := history{cfg: chooseConfig(pick)}
		for len(data) > 0 && len(h.steps) < 500 {
			h.steps = append(h.steps, chooseStep(pick, &h.cfg))
		}
		if err := h.agrees(t); err != nil {
			t.Fatal(err)
		}
	})
}

// pair takes a breaker and a model through the same steps.
type pair struct {
	breaker *Breaker
	model   *model
	steps   []step
	next    int
	permits []permitPair // the last eight
	events  []modelEvent // of the breaker
	err     error        // the first difference
}

type permitPair struct {
	real  *Permit
	model *modelPermit
}

// agrees returns the first difference between the breaker and the model.
func (h *history) agrees(t *testing.T) (difference error) {
	synctest.Test(t, func(t *testing.T) {
		p := &pair{steps: h.steps}
		cfg := h.cfg
		cfg.OnStateChange = func(c StateChange) { p.events = append(p.events, modelEvent{change: c}) }
		cfg.OnFailure = func(e FailureEvent) { p.events = append(p.events, modelEvent{failure: e}) }
		p.breaker, p.model = newTestBreaker(t, cfg), newModel(h.cfg)
		p.take(len(p.steps))
		if p.err != nil {
			difference = fmt.Errorf("%w\nconfigured %+v", p.err, h.cfg)
		}
	})
	return difference
}

// take takes the next n steps, as far as there is agreement.
func (p *pair) take(n int) {
	for ; n > 0 && p.next < len(p.steps) && p.err == nil; n-- {
		i := p.next
		p.next++
		elapse(p.steps[i].after)
		difference := p.step(&p.steps[i])
		if difference == nil {
			difference = p.compare()
		}
		if difference != nil && p.err == nil {
			p.err = fmt.Errorf("step %d, %+v: %w", i, p.steps[i], difference)
		}
	}
}

func (p *pair) step(s *step) error {
	b, m := p.breaker, p.model
	switch s.do {
	case "acquire":
		wanted, refused := m.acquire()
		got, err := b.Acquire()
		if refused == nil && err == nil {
			p.permits = append(p.permits[max(0, len(p.permits)-7):], permitPair{&got, wanted})
			return same("Probe", got.Probe(), wanted.probe)
		}
		return sameRefusal(err, refused)
	case "done":
		if len(p.permits) == 0 {
			return nil
		}
		permit := p.permits[s.permit%len(p.permits)]
		v := Verdict{Outcome: s.outcome, Block: s.lasting, Reason: s.reason}
		counted := m.done(permit.model, v)
		if s.lasting == 0 {
			return same("counted", permit.real.Done(s.outcome), counted)
		}
		return same("counted", permit.real.Judge(v), counted)
	case "record":
		if m.record(s.outcome); s.outcome == Success {
			b.RecordSuccess()
		} else {
			b.RecordFailure()
		}
	case "call":
		return p.call(s)
	case "trip":
		m.trip(s.lasting, s.reason)
		b.Trip(time.Now().Add(s.lasting), s.reason)
	case "reset":
		m.force(Automatic, ReasonReset)
		force(b, Automatic)
	case "force":
		m.force(s.mode, ReasonForced)
		force(b, s.mode)
	}
	return nil
}

func force(b *Breaker, to Mode) {
	switch to {
	case Automatic:
		b.Reset()
	case ForcedOpen:
		b.ForceOpen()
	case ForcedClosed:
		b.ForceClosed()
	case Disabled:
		b.Disable()
	case MetricsOnly:
		b.MetricsOnly()
	}
}

// call takes some of the next steps in the middle of a call.
func (p *pair) call(s *step) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if s.ending == "cancelled" {
		cancel()
		_, err := Do(ctx, p.breaker, func(context.Context) (int, error) { return 0, errors.New("called") })
		return same("error", err, context.Canceled)
	}
	told := &ending{verdict: s.verdict()}
	wanted, refused := p.model.acquire()
	var err error
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		defer func() { _ = recover() }()
		_, err = Do(ctx, p.breaker, func(context.Context) (int, error) {
			p.take(s.within)
			switch s.ending {
			case "answer":
				return 1, nil
			case "panic":
				panic("ended")
			case "exit":
				runtime.Goexit()
			case "cancelled error":
				cancel()
			}
			return 0, told
		})
	}()
	<-exited
	switch {
	case refused != nil:
		return sameRefusal(err, refused)
	case s.ending == "panic", s.ending == "exit":
		p.model.abandon(wanted)
		return same("error", err, nil)
	case s.ending == "answer":
		p.model.done(wanted, Verdict{Outcome: Success})
		return same("error", err, nil)
	case s.ending == "cancelled error":
		p.model.done(wanted, Verdict{})
	default:
		p.model.done(wanted, told.verdict)
	}
	return same[error]("error", err, told)
}

// verdict is what Classify makes of the error that the call ends with.
func (s *step) verdict() Verdict {
	switch s.ending {
	case "neutral error":
		return Verdict{}
	case "block":
		return Verdict{Outcome: Failure, Block: s.lasting, Reason: s.reason}
	case "neutral block":
		return Verdict{Block: s.lasting, Reason: s.reason}
	case "success block":
		return Verdict{Outcome: Success, Block: s.lasting, Reason: s.reason}
	}
	return Verdict{Outcome: Failure}
}

// compare looks at the state twice, for State reads without the lock that Snapshot takes.
func (p *pair) compare() error {
	want := p.model.snapshot()
	if err := errors.Join(
		same("State", p.breaker.State(), want.State),
		same("Snapshot", p.breaker.Snapshot(), want),
		same("Mode", p.breaker.Mode(), want.Mode),
	); err != nil {
		return err
	}
	if !slices.Equal(p.events, p.model.events) {
		return fmt.Errorf("reported %+v\nwant %+v", p.events, p.model.events)
	}
	p.events, p.model.events = p.events[:0], p.model.events[:0]
	return nil
}

func sameRefusal(got error, want *OpenError) error {
	if want == nil {
		return same("error", got, nil)
	}
	if refused, ok := got.(*OpenError); !ok || !reflect.DeepEqual(refused, want) {
		return fmt.Errorf("refused with %#v\nwant %#v", got, want)
	}
	return nil
}

func same[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %+v\nwant %+v", what, got, want)
	}
	return nil
}
