package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/resilience"
)

// The drill's settings: the defaults, shortened for somebody who watches.
const (
	drillOpenFor = 8 * time.Second // 30 s by default
	drillTimeout = 3 * time.Second // of an attempt; 60 s by default
	drillFresh   = 2 * time.Second
	drillStale   = 45 * time.Second
	answerTime   = 180 * time.Millisecond // of an emulated provider
	failureTime  = 120 * time.Millisecond
	readingTime  = 1500 * time.Millisecond
	breath       = 500 * time.Millisecond // between two calls of one step
)

// The question of the cached answer, and others, each asked once.
const drillQuestion = "Which covenant is nearest to its limit?"

var drillQuestions = [...]string{
	"How large is the net debt?",
	"Why did EBITDA fall?",
	"When does the revolving facility mature?",
	"How much cash is left?",
	"Which customers matter most?",
	"What would a rise in interest rates cost?",
	"What has the board done so far?",
	"Is the interim dividend safe?",
	"What are the lenders being asked for?",
	"Which asset is for sale?",
	"Is the company a going concern?",
}

// drill plays an outage with two emulated providers and tells what happens.
type drill struct {
	*emulation
	client *ai.Client
	events chan ai.Event
	out    *screen
	asked  int // of drillQuestions
	step   int
}

// rehearse plays the drill on loopback.
func rehearse(ctx context.Context, out *screen) error {
	d, err := newDrill(out, onLoopback)
	if err != nil {
		return err
	}
	return errors.Join(d.play(ctx), d.close())
}

func newDrill(out *screen, reach network) (*drill, error) {
	e, err := emulate(reach)
	if err != nil {
		return nil, err
	}
	d := &drill{emulation: e, out: out, events: make(chan ai.Event, 64)}
	var policy resilience.Policy
	policy.Timeout = drillTimeout
	policy.Breaker.OpenFor = drillOpenFor
	policy.Retry.MaxAttempts = 1
	d.client, err = ai.New(append(e.routes,
		ai.WithPolicy("", 0, policy),
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{
			Scope: ai.ScopeShared, Fresh: drillFresh, Stale: drillStale,
		}),
		ai.WithStatic(&ai.Response{Text: "unavailable"}),
		ai.WithObserver(ai.ObserverFunc(func(e ai.Event) { d.events <- e })),
		ai.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return d, nil
}

func (d *drill) close() error { return errors.Join(d.client.Close(), d.Close()) }

// play goes through the steps until one fails, which only happens when ctx
// ends or the drill does not go as it should.
func (d *drill) play(ctx context.Context) error {
	d.introduce()
	for _, step := range []func(context.Context) error{
		d.healthy, d.primaryFails, d.breakerOpens, d.cachedAnswer, d.staticAnswer, d.recovery, d.healthyAgain,
	} {
		if err := step(ctx); err != nil {
			return err
		}
		if err := wait(ctx, readingTime); err != nil {
			return err
		}
	}
	d.health()
	return nil
}

func (d *drill) healthy(ctx context.Context) error {
	d.heading("All is well",
		"The primary, openai, answers. The same question asked again at once is answered from the cache, "+
			"which is no fallback while the answer is fresh.")
	d.openAI.Always(mocks.Slow(answerTime))
	d.gemini.Always(mocks.Slow(answerTime))
	if err := d.ask(ctx, drillQuestion); err != nil {
		return err
	}
	if err := wait(ctx, breath); err != nil {
		return err
	}
	return d.ask(ctx, drillQuestion)
}

func (d *drill) primaryFails(ctx context.Context) error {
	d.heading("The primary fails",
		"From now on openai answers with status 503. Each call tries it, then gemini answers and the marker says so.")
	d.openAI.Always(mocks.Fault{Code: ai.CodeUnavailable, Latency: failureTime})
	for range 4 {
		if err := d.ask(ctx, d.question()); err != nil {
			return err
		}
		if err := wait(ctx, breath); err != nil {
			return err
		}
	}
	return nil
}

func (d *drill) breakerOpens(ctx context.Context) error {
	d.heading("The breaker opens",
		"The fifth failure within a minute opens the breaker of openai/text. The call after it does not wait for openai any more.")
	if err := d.ask(ctx, d.question()); err != nil {
		return err
	}
	if err := wait(ctx, readingTime); err != nil {
		return err
	}
	before := d.openAI.Count()
	if err := d.ask(ctx, d.question()); err != nil {
		return err
	}
	d.remark("Calls that reached openai meanwhile: %d.", d.openAI.Count()-before)
	return nil
}

func (d *drill) cachedAnswer(ctx context.Context) error {
	d.heading("Both are down: an earlier answer",
		"Now gemini answers with status 503 as well. The first question was answered before the outage: that answer "+
			"is no longer fresh, but may stand in, and tells its age.")
	d.gemini.Always(mocks.Fault{Code: ai.CodeUnavailable, Latency: failureTime})
	return d.ask(ctx, drillQuestion)
}

func (d *drill) staticAnswer(ctx context.Context) error {
	d.heading("Both are down: nothing in the cache",
		"A question never asked before: gemini is tried, and when it fails the static answer that the application chose is given.")
	return d.ask(ctx, d.question())
}

func (d *drill) recovery(ctx context.Context) error {
	left := d.client.Breaker(routeOpenAI, ai.KindText).RetryAfter()
	d.heading("Recovery",
		"Both providers are well again, but the breaker of openai stays open for another "+
			left.Round(100*time.Millisecond).String()+". Then it is half-open: of three calls at once, one is let through "+
			"as a probe. The others do not wait for it.")
	d.openAI.Always(mocks.Slow(answerTime))
	d.gemini.Always(mocks.Slow(answerTime))
	if err := wait(ctx, left); err != nil {
		return err
	}
	before := d.openAI.Count()
	if err := d.askAtOnce(ctx, d.question(), d.question(), d.question()); err != nil {
		return err
	}
	d.remark("Calls that reached openai meanwhile: %d, the probe. It closed the breaker.", d.openAI.Count()-before)
	return nil
}

func (d *drill) healthyAgain(ctx context.Context) error {
	d.heading("All is well again", "The primary answers, and nothing is marked.")
	return d.ask(ctx, d.question())
}

// question returns the next question that was not asked yet.
func (d *drill) question() string {
	d.asked++
	return drillQuestions[d.asked-1]
}

// ask asks one question, and tells what happened meanwhile and what came of it.
func (d *drill) ask(ctx context.Context, question string) error {
	d.asking(question)
	r := d.analyze(ctx, question)
	if r.err != nil {
		return r.err
	}
	last := isFellBack
	if !r.resp.Fallback {
		last = nil
	}
	if err := d.watch(ctx, last); err != nil {
		return err
	}
	d.outcome(r)
	return nil
}

// askAtOnce asks several questions at the same time, one of which is the probe
// that closes the breaker.
func (d *drill) askAtOnce(ctx context.Context, questions ...string) error {
	results := make([]result, len(questions))
	var calls sync.WaitGroup
	for i, q := range questions {
		calls.Go(func() { results[i] = d.analyze(ctx, q) })
	}
	calls.Wait()
	for _, r := range results {
		if r.err != nil {
			return r.err
		}
	}
	if err := d.watch(ctx, isClosed); err != nil {
		return err
	}
	d.out.line()
	for _, r := range results {
		d.asking(r.question)
		d.outcome(r)
	}
	return nil
}

// result is what came of one question.
type result struct {
	question string
	resp     *ai.Response
	err      error
	took     time.Duration
}

func (d *drill) analyze(ctx context.Context, question string) result {
	start := time.Now()
	resp, err := d.client.Analyze(ctx, ai.Text(question+"\n\n"+string(ownFiling)))
	return result{question: question, resp: resp, err: err, took: time.Since(start)}
}

// watch prints what the Observer is told until the last event, which the
// Observer gets a moment after the call that caused it. With nil it waits for
// none.
func (d *drill) watch(ctx context.Context, last func(ai.Event) bool) error {
	for last != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-d.events:
			d.event(e)
			if last(e) {
				return nil
			}
		}
	}
	return nil
}

// isFellBack finds the last event of a call that a substitute answered.
func isFellBack(e ai.Event) bool {
	_, ok := e.(ai.FellBack)
	return ok
}

// isClosed finds the last event of a probe that succeeded.
func isClosed(e ai.Event) bool {
	changed, ok := e.(ai.StateChanged)
	return ok && changed.To == resilience.Closed
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
