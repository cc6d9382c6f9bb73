package otel

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/finbrain/ai"
)

// labels are the attributes of a measurement, in the forms that instruments
// take.
type labels struct {
	add    []metric.AddOption
	record []metric.RecordOption
}

// labelsOf takes over attributes, which metric.WithAttributes would copy.
func labelsOf(attributes ...attribute.KeyValue) labels {
	option := metric.WithAttributeSet(attribute.NewSet(attributes...))
	return labels{[]metric.AddOption{option}, []metric.RecordOption{option}}
}

// series are the labels of what every call measures. What outsiders may name
// freely, models above all, is kept to a bounded number of names.
type series struct {
	routes, models, words names

	durations *memo[outcome, labels]
	usages    *memo[usage, usageLabels]
	circuits  *memo[mark, labels]
}

func newSeries(t *Telemetry) *series {
	return &series{
		durations: newMemo(func(o outcome) labels { return labelsOf(t.outcomeAttributes(o)...) }),
		usages: newMemo(func(u usage) usageLabels {
			by := t.identity(u.asked, u.model)
			n := len(by)
			return usageLabels{
				labelsOf(append(by[:n:n], tokenType.String(tokenInput))...),
				labelsOf(append(by[:n:n], tokenType.String(tokenOutput))...),
			}
		}),
		circuits: newMemo(func(m mark) labels {
			by := []attribute.KeyValue{named(ownCircuit, m.circuit)}
			if m.value != "" {
				by = append(by, m.key.String(m.value))
			}
			return labelsOf(by...)
		}),
	}
}

// duration is what a call's duration is counted by, and its first chunk.
func (s *series) duration(o outcome) labels {
	if l, ok := s.durations.find(o); ok {
		return l
	}
	o.asked = s.target(o.asked, !o.unproven)
	o.model, o.failure, o.unproven = s.models.label(o.model, true), s.words.label(o.failure, true), false
	return s.durations.get(o)
}

func (s *series) target(t target, proven bool) target {
	t.route, t.model = s.routes.label(t.route, true), s.models.label(t.model, proven)
	return t
}

// usage is what the tokens of an answer differ by.
type usage struct {
	asked target
	model string // that answered
}

type usageLabels struct{ input, output labels }

// usage is what the tokens of an answer are counted by.
func (s *series) usage(u usage) usageLabels {
	if l, ok := s.usages.find(u); ok {
		return l
	}
	return s.usages.get(usage{s.target(u.asked, true), s.models.label(u.model, true)})
}

// mark is what the events of a circuit differ by: one label, or none.
type mark struct {
	circuit string
	key     attribute.Key
	value   string
}

// circuit is what the events of a circuit are counted by.
func (s *series) circuit(o ai.Origin, key attribute.Key, value string) labels {
	m := mark{o.Circuit, key, value}
	if l, ok := s.circuits.find(m); ok {
		return l
	}
	m.value = s.words.label(value, true)
	return s.circuits.get(m)
}

// word is an attribute whose values are few.
func (s *series) word(key attribute.Key, value string) attribute.KeyValue {
	return key.String(s.words.label(value, true))
}

// identity is what tokens are counted by, and every call.
func (t *Telemetry) identity(asked target, model string) []attribute.KeyValue {
	provider := t.provider(asked.route)
	attributes := make([]attribute.KeyValue, 0, 24) // enough for a span, which has the most
	attributes = append(attributes, operationName.String(operation(asked.kind, provider)), named(providerName, provider))
	if asked.model != "" {
		attributes = append(attributes, named(requestModel, asked.model))
	}
	if model != "" {
		attributes = append(attributes, named(responseModel, model))
	}
	return attributes
}

// outcomeAttributes is what durations are counted by; the span has them too.
func (t *Telemetry) outcomeAttributes(o outcome) []attribute.KeyValue {
	attributes := append(t.identity(o.asked, o.model), ownKind.String(o.asked.kind.String()))
	if o.failure != "" {
		return append(attributes, named(errorType, o.failure))
	}
	return append(attributes, ownSource.String(string(o.source)), ownFallback.Bool(o.fallback))
}

// sourceOf leaves an answer that is not said to come from elsewhere to the
// provider.
func sourceOf(resp *ai.Response) ai.Source {
	switch resp.Source {
	case ai.SourceCache, ai.SourceStatic:
		return resp.Source
	}
	return ai.SourceProvider
}
