package otel_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

// sums adds up a metric by one of its labels.
func sums(t *testing.T, m metricdata.Metrics, by attribute.Key) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	add := func(set attribute.Set, n int64) {
		v, _ := set.Value(by)
		all[v.String()] += n
	}
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			add(p.Attributes, p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			add(p.Attributes, p.Value)
		}
	case metricdata.Histogram[int64]:
		for _, p := range d.DataPoints {
			add(p.Attributes, p.Sum)
		}
	}
	return all
}

func TestTheDurationIsTheSpansAndIsMeasuredOfEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		analyzer := l.Wrap(fails("gpt-4o", 300*time.Millisecond, &ai.Error{Code: ai.CodeUnavailable, Provider: "openai"}))
		_, _ = analyzer.Analyze(t.Context(), ai.Text("q"))
		points := l.collect(t)["gen_ai.client.operation.duration"].Data.(metricdata.Histogram[float64]).DataPoints
		s := l.calls()[0]
		if len(points) != 1 || points[0].Sum != 0.3 || s.EndTime.Sub(s.StartTime) != 300*time.Millisecond {
			t.Fatalf("got %+v beside a span of %v", points, s.EndTime.Sub(s.StartTime))
		}
		want := attribute.NewSet(attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.provider.name", "openai"),
			attribute.String("gen_ai.request.model", "gpt-4o"), attribute.String("finbrain.ai.kind", "text"), attribute.String("error.type", "unavailable"))
		if points[0].Attributes != want {
			t.Errorf("labels %v", points[0].Attributes.ToSlice())
		}
	})
}

func TestABareProvidersTokensAreCountedFromItsAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		p := answers("gpt-4o", 0)
		analyzer := l.Wrap(p)
		_, _ = analyzer.Analyze(t.Context(), ai.Text("q"))
		_, _ = analyzer.Analyze(t.Context(), ai.Embedding("q"))
		p.do = failing(ai.CodeTimeout)
		_, _ = analyzer.Analyze(t.Context(), ai.Text("q"))
		silent := answers("gpt-4o", 0)
		silent.do = func(context.Context, *ai.Request) (*ai.Response, error) { return &ai.Response{Text: "answer"}, nil }
		_, _ = l.Wrap(silent).Analyze(t.Context(), ai.Text("q"))
		usage := l.collect(t)["gen_ai.client.token.usage"]
		counts := map[string]uint64{}
		for _, p := range usage.Data.(metricdata.Histogram[int64]).DataPoints {
			kind, _ := p.Attributes.Value("gen_ai.token.type")
			operation, _ := p.Attributes.Value("gen_ai.operation.name")
			counts[operation.AsString()+" "+kind.AsString()] += p.Count
			if model, ok := p.Attributes.Value("gen_ai.response.model"); !ok || model.AsString() != "gpt-4o-2026-01-01" {
				t.Errorf("response model %v", model)
			}
		}
		if len(counts) != 3 || counts["chat input"] != 1 || counts["chat output"] != 1 || counts["embeddings input"] != 1 {
			t.Errorf("counted %v", counts)
		}
		if got := sums(t, usage, "gen_ai.token.type"); got["input"] != 127 || got["output"] != 40 {
			t.Errorf("tokens %v", got)
		}
	})
}

func TestACircuitIsMeasuredUntilItsClientIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		client := l.client(t, ai.WithProvider("openai", answers("gpt-4o", 0), ai.OnlyKinds(ai.KindText)))
		l.Wrap(client)
		state := func() map[string]int64 {
			return sums(t, l.collect(t)["finbrain.ai.breaker.state"], "finbrain.ai.breaker.state")
		}
		if got := state(); got["closed"] != 1 || got["open"] != 0 || got["half_open"] != 0 || len(got) != 3 {
			t.Errorf("got %v", got)
		}
		client.Breaker("openai", ai.KindText).Trip(time.Now().Add(10*time.Second), "maintenance")
		if got := state(); got["open"] != 1 || got["closed"] != 0 {
			t.Errorf("got %v", got)
		}
		elapse(10 * time.Second)
		if got := state(); got["half_open"] != 1 { // nobody called: time alone did it
			t.Errorf("got %v", got)
		}
		_ = client.Close()
		if got := state(); len(got) != 0 {
			t.Errorf("a closed client's circuits are still measured: %v", got)
		}
	})
}

func TestWhatObserversMissIsCountedAlsoOfClientsThatAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		release := make(chan struct{})
		stuck := func() *ai.Client {
			client := l.client(t, ai.WithProvider("openai", answers("gpt-4o", 0)),
				ai.WithObserver(ai.ObserverFunc(func(ai.Event) { <-release })))
			l.Wrap(client)
			analyzer := l.Wrap(client) // a Client is measured once, however often it is wrapped
			for range 600 {            // two events each, of which 769 find a place
				_, _ = analyzer.Analyze(t.Context(), ai.Text("q"))
			}
			return client
		}
		first, second := stuck(), stuck()
		want := first.Health().DroppedEvents + second.Health().DroppedEvents
		dropped := func() int64 { return sums(t, l.collect(t)["finbrain.ai.events.dropped"], "")[""] }
		if got := dropped(); want < 800 || got != int64(want) {
			t.Errorf("%d dropped, want %d", got, want)
		}
		close(release)
		_ = first.Close()
		if got := []int64{dropped(), dropped()}; !slices.Equal(got, []int64{int64(want), int64(want)}) {
			t.Errorf("after Close %d dropped, want %d", got, want)
		}
	})
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	for _, providers := range []map[string]string{{"": "openai"}, {"primary": ""}} {
		_, err := otel.New(otel.Config{Providers: providers})
		failed, ok := err.(*ai.Error)
		if !ok || failed.Code != ai.CodeInvalidRequest || failed.Field != "Config.Providers" {
			t.Errorf("%v: got %v", providers, err)
		}
	}
	own := map[string]string{"openai": "azure.ai.openai"}
	l := newLab(t, otel.Config{Providers: own})
	own["openai"] = "changed"
	_, _ = l.Wrap(answers("gpt-4o", 0)).Analyze(t.Context(), ai.Text("q"))
	if got := value(l.calls()[0], "gen_ai.provider.name").AsString(); got != "azure.ai.openai" {
		t.Errorf("the map is the caller's still: %s", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("Wrap took nil")
		}
	}()
	newLab(t, otel.Config{}).Wrap(nil)
}

// brokenProvider gives out a broken Meter.
type brokenProvider struct {
	metricnoop.MeterProvider
	meter broken
}

func (p brokenProvider) Meter(string, ...metric.MeterOption) metric.Meter { return p.meter }

// broken is a Meter that cannot make one kind of instrument.
type broken struct {
	metricnoop.Meter
	kind string
}

var errBroken = errors.New("no such instrument")

func (b broken) of(kind string) error {
	if b.kind == kind {
		return errBroken
	}
	return nil
}

func (b broken) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return metricnoop.Float64Histogram{}, b.of("seconds")
}

func (b broken) Int64Histogram(string, ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	return metricnoop.Int64Histogram{}, b.of("tokens")
}

func (b broken) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return metricnoop.Int64Counter{}, b.of("counter")
}

func (b broken) Int64Gauge(string, ...metric.Int64GaugeOption) (metric.Int64Gauge, error) {
	return metricnoop.Int64Gauge{}, b.of("gauge")
}

func (b broken) Int64ObservableGauge(string, ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	return metricnoop.Int64ObservableGauge{}, b.of("read gauge")
}

func (b broken) Int64ObservableCounter(string, ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	return metricnoop.Int64ObservableCounter{}, b.of("read counter")
}

func (b broken) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	return metricnoop.Registration{}, b.of("callback")
}

func TestAMeterThatCannotMakeAnInstrumentIsAnError(t *testing.T) {
	for _, kind := range []string{"seconds", "tokens", "counter", "gauge", "read gauge", "read counter", "callback"} {
		if _, err := otel.New(otel.Config{MeterProvider: brokenProvider{meter: broken{kind: kind}}}); !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
	if _, err := otel.New(otel.Config{MeterProvider: brokenProvider{}}); err != nil {
		t.Error(err)
	}
}
