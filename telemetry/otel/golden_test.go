package otel_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/telemetry/otel"
)

var update = flag.Bool("update", false, "write the golden files anew")

// An outage from its first failure to its end: every span and every metric, as
// exported.
func TestAnOutageLooksLikeThis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l := newLab(t, otel.Config{})
		up, down := answers("gpt-4o", 800*time.Millisecond).do, failing(&ai.Error{Code: ai.CodeUnavailable, Status: 503})
		first, second := answers("gpt-4o", 800*time.Millisecond), answers("gemini-3-flash", 1200*time.Millisecond)
		client := l.client(t, ai.WithProvider("openai", first), ai.WithProvider("gemini", second),
			ai.WithPolicy("", 0, resilience.Policy{
				Breaker: resilience.BreakerConfig{Failures: 2}, Retry: resilience.RetryPolicy{MaxAttempts: 1}}),
			ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour}),
			ai.WithStatic(&ai.Response{Text: "unavailable"}))
		analyzer := l.Wrap(client)
		ask := func(req *ai.Request) {
			_, _ = analyzer.Analyze(t.Context(), req)
			elapse(time.Second)
		}

		ask(&ai.Request{Prompt: "one", MaxTokens: 500, Temperature: new(0.2), Seed: new(int64(7))})
		ask(&ai.Request{Prompt: "one", MaxTokens: 500, Temperature: new(0.2), Seed: new(int64(7))}) // from the cache
		first.do, first.takes = down, 200*time.Millisecond
		ask(ai.Text("two"))   // a failure; the substitute answers
		ask(ai.Text("three")) // another: the breaker opens
		ask(ai.Text("four"))  // refused
		second.do = failing(&ai.Error{Code: ai.CodeRateLimited, Status: 429, RetryAfter: 20 * time.Second})
		ask(ai.Text("five")) // nobody is left: static
		ask(ai.Text("six"))  // the gate is closed
		first.model, first.takes = "text-embedding-3-small", 100*time.Millisecond
		first.do = answers(first.model, 0).do
		ask(&ai.Request{Inputs: []string{"a", "b"}, Dimensions: 2})
		during := l.collect(t)
		elapse(30 * time.Second)
		first.model, first.do = "gpt-4o", up
		ask(&ai.Request{Prompt: "seven", Model: "openai/"}) // half-open, and closed again

		compare(t, "outage.spans.golden", renderSpans(l.spans.GetSpans(), began))
		compare(t, "outage.metrics.golden", renderMetrics(l.collect(t)))
		compare(t, "outage.state.golden", renderMetrics(map[string]metricdata.Metrics{
			"": during["finbrain.ai.breaker.state"], " ": during["finbrain.ai.breaker.failures"]}))
	})
}

func failing(err error) func(context.Context, *ai.Request) (*ai.Response, error) {
	return func(context.Context, *ai.Request) (*ai.Response, error) { return nil, err }
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// renderSpans draws the trees of spans, oldest first, with times from began.
func renderSpans(spans tracetest.SpanStubs, began time.Time) string {
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var b strings.Builder
	for _, s := range spans {
		if s.Parent.IsValid() {
			continue
		}
		renderSpan(&b, s, began, "")
		for _, child := range spans {
			if child.Parent.SpanID() == s.SpanContext.SpanID() {
				renderSpan(&b, child, began, "    ")
			}
		}
	}
	return b.String()
}

func renderSpan(b *strings.Builder, s tracetest.SpanStub, began time.Time, indent string) {
	fmt.Fprintf(b, "%s%s, %s, %s %q, at %v for %v\n", indent, s.Name, s.SpanKind, s.Status.Code, s.Status.Description,
		s.StartTime.Sub(began), s.EndTime.Sub(s.StartTime))
	for _, kv := range sorted(s.Attributes) {
		fmt.Fprintf(b, "%s  %s\n", indent, kv)
	}
	for _, e := range s.Events {
		fmt.Fprintf(b, "%s  at %v %s: %s\n", indent, e.Time.Sub(began), e.Name, strings.Join(sorted(e.Attributes), ", "))
	}
}

func sorted(attributes []attribute.KeyValue) []string {
	lines := make([]string, len(attributes))
	for i, kv := range attributes {
		lines[i] = string(kv.Key) + "=" + kv.Value.String()
	}
	slices.Sort(lines)
	return lines
}

func renderMetrics(metrics map[string]metricdata.Metrics) string {
	all := make([]metricdata.Metrics, 0, len(metrics))
	for _, m := range metrics {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b metricdata.Metrics) int { return cmp.Compare(a.Name, b.Name) })
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "%s, %s: %s\n", m.Name, m.Unit, m.Description)
		lines := pointsOf(m.Data)
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	return b.String()
}

func pointsOf(data metricdata.Aggregation) (lines []string) {
	line := func(set attribute.Set, value string) {
		lines = append(lines, fmt.Sprintf("  %s %s\n", value, strings.Join(sorted(set.ToSlice()), ", ")))
	}
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			line(p.Attributes, fmt.Sprint(p.Value))
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			line(p.Attributes, fmt.Sprint(p.Value))
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			line(p.Attributes, fmt.Sprintf("%d of %.3g", p.Count, p.Sum))
		}
	case metricdata.Histogram[int64]:
		for _, p := range d.DataPoints {
			line(p.Attributes, fmt.Sprintf("%d of %d", p.Count, p.Sum))
		}
	}
	return lines
}
