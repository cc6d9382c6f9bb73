package health_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
)

// newBenchmark returns a client with three kinds of two providers, of which the
// first is down, and an endpoint over it.
func newBenchmark(b *testing.B, do analyze) (*ai.Client, *health.Endpoints) {
	b.Helper()
	openai := working()
	openai.set(do)
	client := newClient(b, ai.WithProvider("openai", openai), ai.WithProvider("gemini", working()))
	return client, newEndpoints(b, client, health.Config{})
}

// BenchmarkEndpoints is what one look costs.
func BenchmarkEndpoints(b *testing.B) {
	client, e := newBenchmark(b, answering)
	trip(client, "openai")
	for name, h := range map[string]http.HandlerFunc{
		"health": e.Health, "readyz": e.Ready, "jobs_status": e.JobsStatus,
		"gate": health.Gate(client, ai.KindText)(accept).ServeHTTP,
	} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
			b.ReportAllocs()
			for b.Loop() {
				h(nowhere{http.Header{}}, r)
			}
		})
	}
}

// BenchmarkAnalyzeBesideReaders is what a call costs while /health is asked not
// at all, 1,000 times a second, and by one reader without pause. The last also
// asks without pause, but for the health of another client: what it costs is the
// processor's time, and what the one before costs beyond that would be waiting.
// wait-ns/op is how long all goroutines together waited for any lock.
func BenchmarkAnalyzeBesideReaders(b *testing.B) {
	failing := func(context.Context, *ai.Request) (*ai.Response, error) { return nil, down() }
	for _, call := range []struct {
		name   string
		do     analyze
		refuse bool
	}{{"answered", answering, false}, {"refused", answering, true}, {"failed", failing, false}} {
		for _, readers := range []struct {
			name  string
			pause time.Duration
			other bool
		}{{"nobody", -1, false}, {"1000 a second", 10 * time.Millisecond, false}, {"without pause", 0, false}, {"of another", 0, true}} {
			b.Run(call.name+"/"+readers.name, func(b *testing.B) {
				client, e := newBenchmark(b, call.do)
				switch breaker := client.Breaker("openai", ai.KindText); {
				case call.refuse:
					breaker.ForceOpen()
				default:
					breaker.ForceClosed() // failures count, and go on
				}
				if readers.other {
					_, e = newBenchmark(b, call.do)
				}
				ctx, stop := context.WithCancel(b.Context())
				var group sync.WaitGroup
				if readers.pause >= 0 {
					group.Go(func() { read(ctx, e, readers.pause) })
				}
				req, waited := ai.Text("q"), lockWait()
				for b.Loop() {
					if _, err := client.Analyze(ctx, req); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(lockWait()-waited)/float64(b.N), "wait-ns/op")
				stop()
				group.Wait()
			})
		}
	}
}

// lockWait is how long goroutines have waited for locks since the start.
func lockWait() time.Duration {
	sample := []metrics.Sample{{Name: "/sync/mutex/wait/total:seconds"}}
	metrics.Read(sample)
	return time.Duration(sample[0].Value.Float64() * float64(time.Second))
}

// read asks for /health ten times, again and again.
func read(ctx context.Context, e *health.Endpoints, pause time.Duration) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/health", http.NoBody)
	for ctx.Err() == nil {
		for range 10 {
			e.Health(nowhere{http.Header{}}, r)
		}
		if pause > 0 {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// nowhere is a ResponseWriter that keeps nothing.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}
