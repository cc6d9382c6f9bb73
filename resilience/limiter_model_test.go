package resilience

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

const (
	modelLimit     = 2
	modelQueue     = 3
	modelQueueWait = 10 * time.Second
)

// limitModel is a limiter that is slow and obviously right. It does not predict
// which calls are refused because their turn would come too late, and only
// allows it where somebody waits already.
type limitModel struct {
	inFlight int
	line     []*modelWaiter
}

type modelWaiter struct {
	real     *waiting
	until    time.Duration // when MaxQueueWait or its deadline passes
	deadline bool          // it is the deadline
	name     string        // for messages
}

func (m *limitModel) leave(w *modelWaiter) {
	i := slices.Index(m.line, w)
	m.line = slices.Delete(m.line, i, i+1)
}

func (m *limitModel) release() (served *modelWaiter) {
	if len(m.line) == 0 {
		m.inFlight--
		return nil
	}
	served = m.line[0]
	m.line = m.line[1:]
	return served
}

// limitStep is one thing done to a limiter.
type limitStep struct {
	do       string
	after    time.Duration
	deadline time.Duration
	who      int
}

func drawLimitStep(t *rapid.T) limitStep {
	return limitStep{
		do:       rapid.SampledFrom([]string{"acquire", "acquire", "acquire", "try", "release", "release", "release", "cancel", "cancel and release"}).Draw(t, "do"),
		after:    rapid.SampledFrom([]time.Duration{0, 0, 0, 0, 1e9, 2e9, 4e9}).Draw(t, "after"),
		deadline: rapid.SampledFrom([]time.Duration{0, 0, 1e9 + 1, 3e9 + 1, 15e9 + 1}).Draw(t, "deadline"),
		who:      rapid.IntRange(0, modelQueue-1).Draw(t, "who"),
	}
}

func TestTheLimiterAgreesWithAPlainModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawLimitStep), 50, 150).Draw(rt, "steps")
		var difference error
		synctest.Test(t, func(t *testing.T) {
			l := newTestLimiter(t, LimitPolicy{MaxConcurrent: modelLimit, Queue: modelQueue, MaxQueueWait: modelQueueWait})
			difference = compareLimits(l, steps)
			elapse(modelQueueWait) // nobody waits for longer
		})
		if difference != nil {
			rt.Fatal(difference)
		}
	})
}

// compareLimits takes limiter and model through the same steps, to their first
// difference.
func compareLimits(l *Limiter, steps []limitStep) error {
	var m limitModel
	start := time.Now()
	for i, s := range steps {
		elapse(s.after)
		synctest.Wait()
		err := m.tick(time.Since(start))
		if err == nil {
			err = m.do(l, s, time.Since(start))
		}
		if err == nil && (l.InFlight() != m.inFlight || l.Queued() != len(m.line)) {
			err = fmt.Errorf("%d under way and %d waiting, want %d and %d", l.InFlight(), l.Queued(), m.inFlight, len(m.line))
		}
		if err != nil {
			return fmt.Errorf("step %d, %+v: %w", i, s, err)
		}
	}
	return nil
}

// tick ends the waits that are over.
func (m *limitModel) tick(now time.Duration) error {
	for _, w := range slices.Clone(m.line) {
		switch {
		case now < w.until && w.real.ended():
			return fmt.Errorf("%s did not wait for its turn: %v", w.name, w.real.err)
		case now < w.until:
		case !w.real.ended():
			return fmt.Errorf("%s still waits", w.name)
		case w.deadline != errors.Is(w.real.err, context.DeadlineExceeded):
			return fmt.Errorf("%s ended with %v", w.name, w.real.err)
		default:
			m.leave(w)
		}
	}
	return nil
}

func (m *limitModel) do(l *Limiter, s limitStep, now time.Duration) error {
	free := len(m.line) == 0 && m.inFlight < modelLimit
	switch s.do {
	case "acquire":
		return m.acquire(l, s, now, free)
	case "try":
		if l.TryAcquire() != free {
			return fmt.Errorf("TryAcquire was wrong: free is %v", free)
		}
		if free {
			m.inFlight++
		}
	case "cancel", "cancel and release":
		if s.who < len(m.line) {
			return m.cancel(l, m.line[s.who], s.do == "cancel and release")
		}
	case "release":
		if m.inFlight > 0 {
			l.Release()
			return m.served()
		}
	}
	return nil
}

func (m *limitModel) acquire(l *Limiter, s limitStep, now time.Duration, free bool) error {
	w := &modelWaiter{real: ask(l, s.deadline), until: now + modelQueueWait, name: fmt.Sprintf("who came at %v", now)}
	if s.deadline > 0 && s.deadline < modelQueueWait {
		w.until, w.deadline = now+s.deadline, true
	}
	refused := &LimitError{}
	if w.real.ended() {
		refused, _ = errors.AsType[*LimitError](w.real.err)
	}
	switch {
	case free:
		if !w.real.placed() {
			return fmt.Errorf("no place: %v", w.real.err)
		}
		m.inFlight++
	case len(m.line) == modelQueue:
		if refused == nil || refused.Reason != ReasonQueueFull {
			return fmt.Errorf("the queue is full, yet %v", w.real.err)
		}
	case len(m.line) > 0 && refused != nil && refused.Reason == ReasonQueueSlow:
	case w.real.ended():
		return fmt.Errorf("it does not wait: %v", w.real.err)
	default:
		m.line = append(m.line, w)
	}
	return nil
}

func (m *limitModel) cancel(l *Limiter, w *modelWaiter, release bool) error {
	w.real.cancel()
	if release {
		l.Release()
	}
	synctest.Wait()
	if !w.real.ended() || !errors.Is(w.real.err, context.Canceled) {
		return fmt.Errorf("%s was cancelled, yet %v", w.name, w.real.err)
	}
	m.leave(w)
	if release {
		return m.served()
	}
	return nil
}

// served checks that the place just given back went to the first in line.
func (m *limitModel) served() error {
	synctest.Wait()
	if w := m.release(); w != nil && !w.real.placed() {
		return fmt.Errorf("%s was first in line and got no place: %v", w.name, w.real.err)
	}
	return nil
}
