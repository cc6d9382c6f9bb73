package aiprom

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
)

// memo remembers series that every call needs: a vector takes several times as
// long to find one by its labels. Its keys are bounded as the labels are.
type memo[K comparable, V any] struct {
	build func(K) V

	mu    sync.Mutex
	built map[K]V
}

func newMemo[K comparable, V any](build func(K) V) *memo[K, V] {
	return &memo[K, V]{build: build, built: make(map[K]V)}
}

func (m *memo[K, V]) get(k K) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.built[k]
	if !ok {
		v = m.build(k)
		m.built[k] = v
	}
	return v
}

// series are the memos of what every call makes.
type series struct {
	calls    *memo[callKey, timed]
	attempts *memo[attemptKey, timed]
	usages   *memo[usageKey, usage]
	costs    *memo[usageKey, prometheus.Counter]
}

// callKey is what the series of calls differ by; code is a label.
type callKey struct {
	provider string
	kind     ai.Kind
	code     string
	source   ai.Source
}

// attemptKey is what the series of attempts differ by; model and code are
// labels.
type attemptKey struct {
	provider string
	kind     ai.Kind
	model    string
	code     string
}

// usageKey is what the series of tokens and cost differ by; model is a label.
type usageKey struct {
	provider string
	kind     ai.Kind
	model    string
}

func newSeries(m *metrics) series {
	return series{
		calls: newMemo(func(k callKey) timed {
			kind, source := k.kind.String(), orNone(string(k.source))
			return timed{
				m.calls.WithLabelValues(orNone(text(k.provider)), kind, k.code, source),
				m.callSeconds.WithLabelValues(kind, source),
			}
		}),
		attempts: newMemo(func(k attemptKey) timed {
			provider, kind := text(k.provider), k.kind.String()
			return timed{
				m.attempts.WithLabelValues(provider, kind, k.model, k.code),
				m.attemptSeconds.WithLabelValues(provider, kind, outcomeLabel(k.code)),
			}
		}),
		usages: newMemo(func(k usageKey) usage {
			provider, kind := text(k.provider), k.kind.String()
			return usage{
				input:     m.tokens.WithLabelValues(provider, kind, k.model, "input"),
				cached:    m.tokens.WithLabelValues(provider, kind, k.model, "input_cached"),
				output:    m.tokens.WithLabelValues(provider, kind, k.model, "output"),
				reasoning: m.tokens.WithLabelValues(provider, kind, k.model, "output_reasoning"),
			}
		}),
		costs: newMemo(func(k usageKey) prometheus.Counter {
			return m.cost.WithLabelValues(text(k.provider), k.kind.String(), k.model)
		}),
	}
}

// timed counts what takes time.
type timed struct {
	count   prometheus.Counter
	seconds prometheus.Observer
}

func (t timed) add(took time.Duration) {
	t.count.Inc()
	t.seconds.Observe(seconds(took))
}

// usage counts the tokens of a model.
type usage struct{ input, cached, output, reasoning prometheus.Counter }

func (u usage) add(t tokens) {
	u.input.Add(float64(t.input))
	u.cached.Add(float64(t.cached))
	u.output.Add(float64(t.output))
	u.reasoning.Add(float64(t.reasoning))
}
