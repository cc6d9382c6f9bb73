package promises

import (
	"context"
	"errors"
	"sync"

	"github.com/sony/gobreaker/v2"
)

type executed struct {
	*gobreaker.CircuitBreaker[struct{}]
}

type twoStep struct {
	*gobreaker.TwoStepCircuitBreaker[struct{}]
}

type shared struct {
	*gobreaker.DistributedCircuitBreaker[struct{}]
}

func settings(onChange func()) gobreaker.Settings {
	return gobreaker.Settings{
		Name:          "gobreaker",
		Interval:      window,
		Timeout:       openFor,
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.TotalFailures >= failures },
		OnStateChange: func(string, gobreaker.State, gobreaker.State) { onChange() },
	}
}

func openGobreaker(onChange func()) breaker {
	return executed{gobreaker.NewCircuitBreaker[struct{}](settings(onChange))}
}

// openGobreakerBuckets sets all that helps: a rolling window, and cancelled
// calls excluded.
func openGobreakerBuckets(onChange func()) breaker {
	s := settings(onChange)
	s.BucketPeriod = window / 10
	s.IsExcluded = func(err error) bool { return errors.Is(err, context.Canceled) }
	return executed{gobreaker.NewCircuitBreaker[struct{}](s)}
}

func openGobreakerTwoStep(onChange func()) breaker {
	return twoStep{gobreaker.NewTwoStepCircuitBreaker[struct{}](settings(onChange))}
}

func openGobreakerShared(onChange func()) breaker {
	b, err := gobreaker.NewDistributedCircuitBreaker[struct{}](newStore(), settings(onChange))
	if err != nil {
		panic(err)
	}
	return shared{b}
}

func (b executed) closed() bool { return b.State() == gobreaker.StateClosed }
func (b twoStep) closed() bool  { return b.State() == gobreaker.StateClosed }

func (b shared) closed() bool {
	s, err := b.State()
	return err == nil && s == gobreaker.StateClosed
}

func (b executed) call(ctx context.Context, fn func(context.Context) error) {
	_, _ = b.Execute(func() (struct{}, error) { return struct{}{}, fn(ctx) })
}

func (b twoStep) call(ctx context.Context, fn func(context.Context) error) {
	done, err := b.Allow()
	if err != nil {
		return
	}
	done(fn(ctx))
}

func (b twoStep) acquire() (fail func(), ok bool) {
	done, err := b.Allow()
	return func() { done(errDown) }, err == nil
}

func (b shared) call(ctx context.Context, fn func(context.Context) error) {
	_, _ = b.Execute(func() (struct{}, error) { return struct{}{}, fn(ctx) })
}

// store is a shared store in memory, whose locks are taken or not, at once, as
// those of Redis are.
type store struct {
	mu     sync.Mutex
	locked map[string]bool
	data   map[string][]byte
}

var errBusy = errors.New("busy")

func newStore() *store {
	return &store{locked: map[string]bool{}, data: map[string][]byte{}}
}

func (s *store) Lock(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locked[name] {
		return errBusy
	}
	s.locked[name] = true
	return nil
}

func (s *store) Unlock(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.locked, name)
	return nil
}

func (s *store) GetData(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data[name], nil
}

func (s *store) SetData(name string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data[name] = data
	return nil
}
