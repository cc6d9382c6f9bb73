package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/finbrain/ai/telemetry/otel"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

// names is a set of them.
type names map[string]bool

// agree compares what a table of the page names with what there is.
func agree(t *testing.T, what string, page, code names) {
	t.Helper()
	if len(code) == 0 {
		t.Fatalf("the code has no %s: is it looked for in the right place?", what)
	}
	for name := range code {
		if !page[name] {
			t.Errorf("the page does not tell of the %s %s", what, name)
		}
	}
	for name := range page {
		if !code[name] {
			t.Errorf("the page tells of the %s %s, which there is not", what, name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// found collects the first group of form in the sources that match the
// patterns, tests apart.
func found(t *testing.T, form string, patterns ...string) names {
	t.Helper()
	all := make(names)
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, match := range regexp.MustCompile(form).FindAllStringSubmatch(read(t, file), -1) {
				all[match[1]] = true
			}
		}
	}
	return all
}

// column collects what stands in backquotes in one column, from 1, of the
// tables whose head begins with that word.
func column(t *testing.T, head string, n int) names {
	t.Helper()
	all, title := make(names), ""
	for line := range strings.Lines(read(t, "operating.md")) {
		cells := strings.Split(line, "|")
		switch {
		case len(cells) < 3:
			title = ""
		case title == "":
			title = strings.TrimSpace(cells[1])
		case title == head:
			for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[n], -1) {
				all[match[1]] = true
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("the page has no table of %s", head)
	}
	return all
}

func TestThePageTellsOfEveryPrometheusMetric(t *testing.T) {
	agree(t, "metric", column(t, "Prometheus", 1), exported(t))
}

func TestThePageTellsOfEveryOpenTelemetryMetric(t *testing.T) {
	made := make(names)
	if _, err := otel.New(otel.Config{MeterProvider: meters{meter: meter{made: made}}}); err != nil {
		t.Fatal(err)
	}
	agree(t, "metric", column(t, "Prometheus", 2), made)
}

func TestThePageTellsOfEveryEvent(t *testing.T) {
	agree(t, "event of the observers", column(t, "Prometheus", 3), found(t, `func \((\w+)\) +event\(\)`, "../*.go"))
	agree(t, "event of the log", column(t, "`event`", 1), found(t, `slog\.String\("event", "(\w+)"\)`, "../log*.go"))
}

func TestThePageTellsOfEveryFieldOfTheLog(t *testing.T) {
	fields := found(t, `slog\.\w+\("(\w+)", `, "../log*.go")
	fields["level"], fields["msg"] = true, true
	agree(t, "field of the log", column(t, "Log field", 1), fields)
}

func TestThePageTellsOfEveryAlert(t *testing.T) {
	alerts := found(t, `- alert: (\w+)`, "../telemetry/prometheus/alerts.yml")
	agree(t, "alert", column(t, "Alert", 1), alerts)
	for name := range found(t, `\b(AI[A-Z]\w+)`, "operating.md") {
		if !alerts[name] {
			t.Errorf("the page speaks of %s, which is no alert", name)
		}
	}
}

func TestThePageTellsOfEveryEndpointAndField(t *testing.T) {
	agree(t, "endpoint", column(t, "Endpoint", 1), found(t, `mux\.HandleFunc\("GET ([^"]+)"`, "../health/*.go"))
	agree(t, "field of a body", column(t, "Field", 1), found(t, `json:"(\w+)`,
		"../health.go", "../health_kind.go", "../health/*.go", "../resilience/httpguard/refusal.go"))
}

func TestThePageTellsOfEveryReasonCodeAndMode(t *testing.T) {
	agree(t, "reason", column(t, "Reason", 1), found(t, `\tReason\w+ += "(\w+)"`, "../resilience/open.go"))
	agree(t, "code", column(t, "Code", 1), found(t, `\tCode\w+ +Code = "(\w+)"`, "../error.go"))
	_, modes, _ := strings.Cut(read(t, "../resilience/state.go"), "func (m Mode) String()")
	modes, _, _ = strings.Cut(modes, "\n}")
	all := make(names)
	for _, match := range regexp.MustCompile(`return "(\w+)"`).FindAllStringSubmatch(modes, -1) {
		all[match[1]] = true
	}
	delete(all, "unknown")
	agree(t, "mode", column(t, "`mode`", 1), all)
}

// In queries, sentences and everywhere else.
func TestEveryMetricThePageSpeaksOfIsThere(t *testing.T) {
	metrics := exported(t)
	for name := range found(t, `\b(ai_[a-z_]+)`, "operating.md") {
		if base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, ""); !metrics[base] {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestTheProbesAskEndpointsThatAreThere(t *testing.T) {
	endpoints := column(t, "Endpoint", 1)
	probes := found(t, `path: (/\w+)`, "operating.md")
	for path := range probes {
		if !endpoints[path] {
			t.Errorf("a probe asks %s", path)
		}
	}
	if !probes["/readyz"] || len(probes) != 2 {
		t.Errorf("the probes ask %v", probes)
	}
}

// exported are the metrics of telemetry/prometheus.
func exported(t *testing.T) names {
	t.Helper()
	collector, err := aiprom.New(aiprom.Config{})
	if err != nil {
		t.Fatal(err)
	}
	descs := make(chan *prometheus.Desc, 1000)
	collector.Describe(descs)
	close(descs)
	all := make(names)
	for d := range descs {
		all[regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(d.String())[1]] = true
	}
	return all
}

// meters gives out a meter that notes the names of the instruments it makes.
type meters struct {
	noop.MeterProvider
	meter
}

func (m meters) Meter(string, ...metric.MeterOption) metric.Meter { return m.meter }

type meter struct {
	noop.Meter
	made names
}

func (m meter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	m.made[name] = true
	return noop.Float64Histogram{}, nil
}

func (m meter) Int64Histogram(name string, _ ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	m.made[name] = true
	return noop.Int64Histogram{}, nil
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	m.made[name] = true
	return noop.Int64Counter{}, nil
}

func (m meter) Int64Gauge(name string, _ ...metric.Int64GaugeOption) (metric.Int64Gauge, error) {
	m.made[name] = true
	return noop.Int64Gauge{}, nil
}

func (m meter) Int64ObservableGauge(name string, _ ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	m.made[name] = true
	return noop.Int64ObservableGauge{}, nil
}

func (m meter) Int64ObservableCounter(name string, _ ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	m.made[name] = true
	return noop.Int64ObservableCounter{}, nil
}
