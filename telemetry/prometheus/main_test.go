package aiprom_test

import (
	"context"
	"flag"
	"log/slog"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/goleak"

	"github.com/finbrain/ai"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// provider is an Analyzer whose behaviour a test may change between calls.
type provider struct {
	mu    sync.Mutex
	model string
	usage ai.Usage
	err   error
	took  time.Duration
}

func (p *provider) set(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func (p *provider) Analyze(_ context.Context, req *ai.Request) (*ai.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	<-time.After(p.took)
	if p.err != nil {
		return nil, p.err
	}
	answer := &ai.Response{Text: "answer", Model: p.model, Usage: p.usage, FinishReason: ai.FinishStop}
	for range req.Inputs {
		answer.Embeddings = append(answer.Embeddings, []float32{1})
	}
	return answer, nil
}

func newCollector(t *testing.T, c aiprom.Config) *aiprom.Collector {
	t.Helper()
	metrics, err := aiprom.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return metrics
}

// newClient makes a silent client that is closed with the test.
func newClient(t *testing.T, options ...ai.Option) *ai.Client {
	t.Helper()
	client, err := ai.New(append([]ai.Option{ai.WithLogger(slog.New(slog.DiscardHandler))}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// registered returns a registry with nothing else in it.
func registered(t *testing.T, metrics prometheus.Collector) *prometheus.Registry {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(metrics); err != nil {
		t.Fatal(err)
	}
	return registry
}

// exposition is what Prometheus reads.
func exposition(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	body := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(body, httptest.NewRequest("GET", "/metrics", nil))
	if body.Code != 200 {
		t.Fatalf("/metrics answers %d: %s", body.Code, body.Body)
	}
	return body.Body.String()
}

// values are the samples of an exposition, by series.
type values map[string]float64

func scrape(t *testing.T, registry *prometheus.Registry) values {
	t.Helper()
	v := make(values)
	for line := range strings.Lines(exposition(t, registry)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndex(line, " ")
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			t.Fatal(err)
		}
		v[line[:at]] = value
	}
	return v
}

// want compares some series; NaN stands for one that is absent.
func (v values) want(t *testing.T, want values) {
	t.Helper()
	for series, value := range want {
		got, ok := v[series]
		if !ok {
			got = math.NaN()
		}
		if got != value && !(math.IsNaN(got) && math.IsNaN(value)) {
			t.Errorf("%s is %v, want %v", series, got, value)
		}
	}
}

// absent finds series that must not be there.
func (v values) absent(t *testing.T, prefixes ...string) {
	t.Helper()
	for series := range v {
		for _, p := range prefixes {
			if strings.HasPrefix(series, p) {
				t.Errorf("%s is there", series)
			}
		}
	}
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -update and read the difference. Got:\n%s", path, got)
	}
}

// elapse lets virtual time pass.
func elapse(d time.Duration) { <-time.After(d) }
