package aiprom_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

// down is a failure whose hint makes the wait before a retry a known one.
var down = &ai.Error{Code: ai.CodeUnavailable, RetryAfter: 200 * time.Millisecond}

// outage is a client of two providers, a cache and static words for text,
// watched by a Collector and by a plain model of it.
type outage struct {
	primary, second *provider
	client          *ai.Client
	registry        *prometheus.Registry
	model           values
	asked           int
}

func newOutage(t *testing.T) *outage {
	o := &outage{
		primary: &provider{model: "gpt-dated", took: 300 * time.Millisecond,
			usage: ai.Usage{InputTokens: 1000, OutputTokens: 200, CachedTokens: 400, ReasoningTokens: 50}},
		second: &provider{model: "gemini-dated", took: time.Second, usage: ai.Usage{InputTokens: 900, OutputTokens: 100}},
		model:  make(values),
	}
	metrics := newCollector(t, aiprom.Config{
		Models: []string{"gemini-dated"},
		Prices: []aiprom.Price{{Provider: "openai", Model: "gpt-dated", Input: 2, Output: 10, CachedInput: 0.5}},
	})
	policy := resilience.Policy{
		Retry: resilience.RetryPolicy{BaseDelay: 1, ThrottleDelay: 1},
		Limit: resilience.LimitPolicy{MaxConcurrent: 1},
	}
	o.client = newClient(t,
		ai.WithProvider("openai", o.primary, ai.OnlyKinds(ai.KindText)),
		ai.WithProvider("gemini", o.second, ai.OnlyKinds(ai.KindText, ai.KindEmbedding)),
		ai.WithPolicy("", 0, policy),
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Minute, Stale: time.Hour}),
		ai.WithStatic(&ai.Response{Text: "unavailable"}),
		ai.WithObserver(metrics), ai.WithObserver(ai.ObserverFunc(o.observe)))
	if err := metrics.Watch(o.client); err != nil {
		t.Fatal(err)
	}
	o.registry = registered(t, metrics)
	return o
}

// observe is the plain model: every event is one line of an exposition.
func (o *outage) observe(e ai.Event) {
	add := func(n float64, format string, args ...any) { o.model[fmt.Sprintf(format, args...)] += n }
	named := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	switch e := e.(type) {
	case ai.CallEnded:
		add(1, "ai_calls_total{code=%q,kind=%q,provider=%q,source=%q}",
			named(string(e.Code), "ok"), e.Kind, named(e.Provider, "none"), named(string(e.Source), "none"))
		add(1, "ai_call_duration_seconds_count{kind=%q,source=%q}", e.Kind, named(string(e.Source), "none"))
	case ai.AttemptEnded:
		add(1, "ai_attempts_total{code=%q,kind=%q,model=%q,provider=%q}",
			named(string(e.Code), "ok"), e.Kind, named(e.Model, "other"), e.Provider)
	case ai.FellBack:
		add(1, "ai_fallbacks_total{kind=%q,primary=%q,provider=%q,reason=%q,source=%q}",
			e.Kind, e.Primary, named(e.Provider, "none"), e.Reason, e.Source)
	case ai.CacheLooked:
		add(1, "ai_cache_lookups_total{kind=%q,provider=%q,result=%q}", e.Kind, e.Provider, e.Result)
	case ai.RetryWaiting:
		add(1, "ai_retries_total{circuit=%q}", e.Circuit)
		add(e.Wait.Seconds(), "ai_retry_wait_seconds_total{circuit=%q}", e.Circuit)
	case ai.Refused:
		add(1, "ai_refusals_total{by=%q,circuit=%q}", e.By, e.Circuit)
	case ai.StateChanged:
		add(1, "ai_circuit_transitions_total{circuit=%q,from=%q,mode=%q,to=%q}", e.Circuit, e.From, e.Mode, e.To)
	case ai.GateChanged:
		if e.Closed {
			add(1, "ai_gate_closings_total{circuit=%q,reason=%q}", e.Circuit, e.Reason)
		}
	}
}

// ask asks for something new and reports what answered.
func (o *outage) ask(t *testing.T) ai.Source {
	t.Helper()
	o.asked++
	return o.askFor(t, ai.Text(fmt.Sprintf("question %d", o.asked)))
}

func (o *outage) askFor(t *testing.T, req *ai.Request) ai.Source {
	t.Helper()
	resp, err := o.client.Analyze(t.Context(), req)
	if err != nil {
		return ""
	}
	return resp.Source
}

// agree compares the metrics with Client.Health and with the model.
func (o *outage) agree(t *testing.T, step string) {
	t.Helper()
	health := o.client.Health() // ends open times that are over
	synctest.Wait()
	got := scrape(t, o.registry)
	for series, value := range o.model {
		if got[series] != value {
			t.Errorf("%s: %s is %v, events make it %v", step, series, got[series], value)
		}
	}
	for series := range got {
		name, _, _ := strings.Cut(series, "{")
		counted := slices.ContainsFunc(slices.Collect(maps.Keys(o.model)), func(s string) bool { return strings.HasPrefix(s, name+"{") })
		if _, ok := o.model[series]; counted && !ok && got[series] != 0 {
			t.Errorf("%s: no event made %s", step, series)
		}
	}
	for _, c := range health.Circuits {
		want := make(values)
		of := func(name string, value float64, labels ...string) {
			labels = append([]string{fmt.Sprintf("circuit=%q", c.Name)}, labels...)
			want[name+"{"+strings.Join(labels, ",")+"}"] = value
		}
		for _, s := range []resilience.State{resilience.Closed, resilience.Open, resilience.HalfOpen} {
			is := 0.0
			if c.State == s {
				is = 1
			}
			of("ai_circuit_state", is, fmt.Sprintf("state=%q", s))
		}
		of("ai_circuit_window_failures", float64(c.FailureCount))
		of("ai_circuit_failures_total", float64(c.Failures))
		of("ai_circuit_refusals_total", float64(c.Refusals))
		of("ai_circuit_openings_total", float64(c.Trips))
		gates := map[ai.Code]float64{ai.CodeRateLimited: 0, ai.CodeQuotaExhausted: 0}
		for _, g := range c.Gates {
			gates[g.Reason]++
		}
		for reason, n := range gates {
			of("ai_gates_closed", n, fmt.Sprintf("reason=%q", reason))
		}
		if !c.LastFailure.IsZero() {
			of("ai_circuit_last_failure_timestamp_seconds", float64(c.LastFailure.UnixNano())/1e9)
		}
		if !c.OpenedAt.IsZero() {
			of("ai_circuit_opened_timestamp_seconds", float64(c.OpenedAt.UnixNano())/1e9)
		}
		var opened float64
		for series, n := range o.model {
			if strings.HasPrefix(series, fmt.Sprintf("ai_circuit_transitions_total{circuit=%q", c.Name)) && strings.Contains(series, `to="open"`) {
				opened += n
			}
		}
		if opened != float64(c.Trips) || o.model[fmt.Sprintf("ai_refusals_total{by=\"breaker\",circuit=%q}", c.Name)] != float64(c.Refusals) {
			t.Errorf("%s: events tell of %v openings, Health of %+v", step, opened, c)
		}
		got.want(t, want)
	}
	got.want(t, values{"ai_events_dropped_total": float64(health.DroppedEvents)})
	if t.Failed() {
		t.Fatalf("they disagree after %q", step)
	}
}

func TestMetricsHealthAndEventsAgreeAtEveryStepOfAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutage(t)
		expect := func(step string, got, want ai.Source) {
			t.Helper()
			if got != want {
				t.Fatalf("%s: answered by %q, want %q", step, got, want)
			}
			o.agree(t, step)
		}
		o.agree(t, "before the first call")
		expect("asked", o.askFor(t, ai.Text("the usual")), ai.SourceProvider)
		expect("asked again", o.askFor(t, ai.Text("the usual")), ai.SourceCache)
		elapse(2 * time.Minute)

		o.primary.set(down)
		for o.client.Breaker("openai", ai.KindText).State() == resilience.Closed {
			expect("the primary fails", o.ask(t), ai.SourceProvider)
		}
		expect("refused", o.ask(t), ai.SourceProvider)
		expect("stale", o.askFor(t, ai.Text("the usual")), ai.SourceCache)
		o.second.set(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 20 * time.Second})
		expect("the second is rate limited", o.ask(t), ai.SourceStatic)
		expect("its gate refuses", o.ask(t), ai.SourceStatic)
		elapse(30 * time.Second)
		o.agree(t, "half-open")
		expect("the probe fails", o.ask(t), ai.SourceStatic)
		elapse(30 * time.Second)
		o.primary.set(nil)
		o.second.set(nil)
		expect("the probe succeeds", o.ask(t), ai.SourceProvider)

		o.second.set(down)
		expect("nobody embeds", o.askFor(t, ai.Embedding("a", "b")), "")
		o.client.Breaker("openai", ai.KindText).ForceOpen()
		o.second.set(nil)
		expect("forced", o.ask(t), ai.SourceProvider)

		if problems, err := testutil.GatherAndLint(o.registry); err != nil || len(problems) > 0 {
			t.Errorf("the linter says %v, %v", problems, err)
		}
		golden(t, "outage.golden", exposition(t, o.registry))
	})
}
