package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// The thresholds of every breaker here; by default it is 5 failures, for 30 s.
const (
	failures = 3
	openFor  = time.Second
)

// step is what happens, and what is asked of the service meanwhile.
type step struct {
	title string
	down  []string // what fails: "openai", "gemini", "file storage"
	later bool     // when the breakers have been open for long enough
	asked int      // questions that nobody asked before
	known bool     // the one question that was answered before
	jobs  int
}

var steps = []step{
	{title: "All is well", known: true},
	{title: "openai fails: gemini answers instead", down: []string{"openai"}, asked: failures},
	{title: "gemini fails too: the cache has one answer, and no job is taken", down: []string{"openai", "gemini"}, asked: failures, known: true},
	{title: "A second later gemini is back: one call finds out", down: []string{"openai"}, later: true, asked: 1},
	{title: "A second later openai is back", later: true, asked: 1},
	{title: "The file storage fails, which is required", down: []string{"file storage"}, jobs: failures},
	{title: "A second later it is back", later: true, jobs: 1},
}

// outage is a service and what it depends on.
type outage struct {
	service *service
	down    atomic.Pointer[[]string]
	asked   int
	watch
}

func newOutage(out io.Writer) (*outage, error) {
	o := &outage{watch: watch{out: out}}
	o.down.Store(&[]string{})
	var err error
	o.service, err = newService(config{
		openai: o.provider("openai"),
		gemini: o.provider("gemini"),
		store:  o.store,
		logs:   &o.log,
		policy: resilience.Policy{
			Breaker: resilience.BreakerConfig{Failures: failures, OpenFor: openFor},
			Retry:   resilience.RetryPolicy{MaxAttempts: 1}, // so that the output is short
		},
	})
	return o, err
}

func (o *outage) fails(name string) bool { return slices.Contains(*o.down.Load(), name) }

// provider stands for one over the network.
func (o *outage) provider(name string) ai.Analyzer {
	return ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
		if o.fails(name) {
			return nil, &ai.Error{Code: ai.CodeUnavailable, Status: 503}
		}
		return &ai.Response{Text: "Net debt fell.", Model: name + "-model"}, nil
	})
}

func (o *outage) store(context.Context) (string, error) {
	if o.fails("file storage") {
		return "", errors.New("status 503")
	}
	return "1", nil
}

// play prints the outage step by step.
func (o *outage) play(ctx context.Context) error {
	fmt.Fprintf(o.out, "Two providers and a file storage, each under a breaker: %d failures open it, for %v.\n", failures, openFor)
	for _, s := range steps {
		fmt.Fprintf(o.out, "\n%s\n", s.title)
		if err := o.take(ctx, s); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.out, "\nThe service is told to stop\n")
	o.service.endpoints.Drain()
	return o.look(ctx)
}

func (o *outage) take(ctx context.Context, s step) error {
	o.down.Store(&s.down)
	if s.later {
		if err := wait(ctx, openFor); err != nil {
			return err
		}
	}
	for range s.asked {
		o.asked++
		if err := o.ask(ctx, fmt.Sprintf("Question %d?", o.asked)); err != nil {
			return err
		}
	}
	if s.known {
		if err := o.ask(ctx, "What changed?"); err != nil {
			return err
		}
	}
	for range s.jobs {
		if err := o.enqueue(ctx); err != nil {
			return err
		}
	}
	return o.look(ctx)
}

// wait lets time pass.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
