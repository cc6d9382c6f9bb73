package promises

import (
	"context"
	"runtime"
	"testing/synctest"
	"time"
)

// stage is where a scenario plays: a bubble, with a new breaker in it.
type stage struct {
	breaker
	subject subject
	ctx     context.Context
	calls   []*call
}

// call is a call that lasts until it is told how to end.
type call struct {
	admitted bool
	ctx      context.Context
	cancel   context.CancelFunc
	end      chan func() error
}

func newStage(ctx context.Context, s subject) *stage {
	st := &stage{subject: s, ctx: ctx}
	st.renew()
	return st
}

// renew takes another new breaker.
func (s *stage) renew() { s.breaker = s.subject.open(func() {}) }

// leave ends what is still under way, timers of the breaker included.
func (s *stage) leave() {
	for _, c := range s.calls {
		c.cancel()
		close(c.end)
	}
	elapse(time.Hour)
}

func elapse(d time.Duration) { <-time.After(d) }

// fail makes that many calls that fail at once.
func (s *stage) fail(n int) {
	for range n {
		s.call(s.ctx, func(context.Context) error { return errDown })
	}
}

func (s *stage) succeed() {
	s.call(s.ctx, func(context.Context) error { return nil })
}

// halfOpen fails until the breaker is open, and waits until a call may pass.
func (s *stage) halfOpen() {
	s.fail(failures)
	elapse(openFor + time.Second)
}

// begin makes that many calls at once.
func (s *stage) begin(n int) []*call {
	begun := make([]*call, n)
	for i := range begun {
		c := &call{end: make(chan func() error)}
		c.ctx, c.cancel = context.WithCancel(s.ctx)
		begun[i] = c
		go func() {
			defer func() { _ = recover() }()
			s.call(c.ctx, func(context.Context) error {
				c.admitted = true
				if end := <-c.end; end != nil {
					return end()
				}
				return nil
			})
		}()
	}
	synctest.Wait()
	s.calls = append(s.calls, begun...)
	return begun
}

// one makes one call.
func (s *stage) one() *call { return s.begin(1)[0] }

// ends ends the call so. A call that was refused has ended.
func (c *call) ends(so func() error) {
	if c.admitted {
		c.end <- so
		synctest.Wait()
	}
}

func (c *call) succeeds() { c.ends(func() error { return nil }) }

func (c *call) fails() { c.ends(func() error { return errDown }) }

func (c *call) panics() { c.ends(func() error { panic("the call panics") }) }

func (c *call) exits() {
	c.ends(func() error {
		runtime.Goexit()
		return nil
	})
}

// isCancelled ends the call as its caller's cancel does.
func (c *call) isCancelled() {
	c.cancel()
	c.ends(c.ctx.Err)
}

// hangs leaves the call as it is.
func (c *call) hangs() {}
