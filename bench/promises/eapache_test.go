package promises

import (
	"context"

	eapache "github.com/eapache/go-resiliency/breaker"
)

// run has no window: an error-free period as long as the open time forgets the
// errors.
type run struct{ *eapache.Breaker }

func openEapache(func()) breaker { return run{eapache.New(failures, 1, openFor)} }

func (b run) closed() bool { return b.GetState() == eapache.Closed }

func (b run) call(ctx context.Context, fn func(context.Context) error) {
	_ = b.Run(func() error { return fn(ctx) })
}
