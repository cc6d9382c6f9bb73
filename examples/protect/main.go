// Protect puts what an application does beside asking AIs under circuit
// breakers: a storage upload, an e-mail, a webhook and an SQL query, each
// under a breaker of its own and each with a graduated response: all of the
// work while closed, the smallest useful piece while half-open, and something
// sensible without the service while open.
//
//	go run ./examples/protect
//
// The services are small fakes within the process, which fail on demand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/finbrain/ai/resilience"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "protect:", err)
		os.Exit(1)
	}
}

// run plays an outage of each service.
func run(ctx context.Context, out io.Writer) (err error) {
	office, err := newOffice()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.close()) }()
	fmt.Fprintf(out, "Four services, each under its own breaker: %d failures open it, for %v.\n", failures, openFor)
	for _, s := range office.services {
		fmt.Fprintf(out, "\n%s\n", s.breaker.Name())
		if err := play(ctx, out, s); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n%-10s %-8s %9s %9s %7s\n", "breaker", "state", "failures", "refusals", "opened")
	for _, b := range office.breakers.Snapshots() {
		fmt.Fprintf(out, "%-10s %-8v %9d %9d %7d\n", b.Name, b.State, b.Failures, b.Refusals, b.Trips)
	}
	return nil
}

// play uses a service while it is well, while it is down, and once it is well
// again.
func play(ctx context.Context, out io.Writer, s *service) error {
	s.show(ctx, out)
	s.switches.down.Store(true)
	for range failures {
		s.show(ctx, out)
	}
	s.show(ctx, out) // refused
	s.switches.down.Store(false)
	if err := wait(ctx, s.breaker.RetryAfter()); err != nil {
		return err
	}
	s.show(ctx, out) // the probe
	s.show(ctx, out)
	return ctx.Err()
}

// show uses the service once and prints what the breaker did and what came of
// it.
func (s *service) show(ctx context.Context, out io.Writer) {
	before := s.breaker.State()
	said, err := s.do(ctx)
	if err != nil {
		said = "failed: " + err.Error()
	}
	state := before.String()
	if after := s.breaker.State(); after != before {
		state += " → " + after.String()
	}
	fmt.Fprintf(out, "  %-19s %s\n", state, said)
}

// The settings of every breaker here; by default it is 5 failures, for 30 s.
const (
	failures = 3
	openFor  = 200 * time.Millisecond
)

// office is the application: it owns the services.
type office struct {
	breakers *resilience.Registry
	services []*service
	closers  []func() error
}

func newOffice() (*office, error) {
	breakers, err := newBreakers()
	if err != nil {
		return nil, err
	}
	o := &office{breakers: breakers}
	for _, add := range []func(*office) (*service, error){newStorage, newMail, newWebhook, newDatabase} {
		s, err := add(o)
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		o.services = append(o.services, s)
	}
	return o, nil
}

// close stops the services, the latest first.
func (o *office) close() error {
	var errs []error
	for _, closer := range slices.Backward(o.closers) {
		errs = append(errs, closer())
	}
	return errors.Join(errs...)
}

// newBreakers keeps one breaker per service, each made where it is first named.
func newBreakers() (*resilience.Registry, error) {
	return resilience.NewRegistry(resilience.RegistryConfig{Default: resilience.BreakerConfig{
		Failures: failures,
		OpenFor:  openFor,
		Classify: judge,
	}})
}
