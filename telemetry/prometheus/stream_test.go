package aiprom_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

// streams is a provider whose answers come in two pieces, the first after as
// long as its answers take.
type streams struct{ *provider }

func (s streams) Stream(ctx context.Context, req *ai.Request) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		resp, err := s.Analyze(ctx, req)
		switch {
		case err != nil:
			yield(nil, err)
		case yield(&ai.Delta{Text: "ans"}, nil):
			<-time.After(10 * time.Second)
			resp.Text = "answer"
			yield(&ai.Delta{Text: "wer", Response: resp}, nil)
		}
	}
}

// One stream of the primary, the same from the cache, one of the substitute, one
// that was left, one in one piece, one that failed, and a call that is no
// stream.
func TestTheTimeToTheFirstPieceIsThatOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{Buckets: []float64{1, 10}})
		first, second := &provider{took: 250 * time.Millisecond}, &provider{took: 2 * time.Second}
		client := newClient(t, ai.WithProvider("openai", streams{first}), ai.WithProvider("gemini", streams{second}), ai.WithObserver(metrics),
			ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Minute}),
			ai.WithPolicy("", 0, resilience.Policy{Retry: resilience.RetryPolicy{MaxAttempts: 1}}))
		read := func(prompt string) { _, _ = ai.Collect(client.Stream(t.Context(), ai.Text(prompt))) }
		read("one")
		read("one")
		for range client.Stream(t.Context(), ai.Text("left")) {
			break
		}
		if _, err := client.Analyze(t.Context(), ai.Text("no stream")); err != nil {
			t.Fatal(err)
		}
		first.set(down)
		read("two")
		second.set(down)
		read("three")
		_, _ = ai.Collect(client.Stream(t.Context(), ai.Embedding("four")))
		first.set(nil)
		_, _ = ai.Collect(client.Stream(t.Context(), ai.Embedding("five")))
		synctest.Wait()

		registry, shown := registered(t, metrics), ""
		for line := range strings.Lines(exposition(t, registry)) {
			if strings.Contains(line, "_first_content_seconds") {
				shown += line
			}
		}
		golden(t, "stream.golden", shown)
		if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
			t.Errorf("the linter says %v, %v", problems, err)
		}
	})
}
