package otel

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/finbrain/ai"
)

// call is one Analyze under watch.
type call struct {
	telemetry *Telemetry
	kind      ai.Kind
	asked     target
	start     time.Time
	span      trace.Span
}

// begin starts the span, with what samplers may decide by, and returns the
// context that holds it.
func (c *call) begin(ctx context.Context, req *ai.Request) context.Context {
	provider := c.telemetry.provider(c.asked.route)
	operation := operation(c.kind, provider)
	attributes := []attribute.KeyValue{operationName.String(operation), providerName.String(provider)}
	if c.asked.model != "" {
		attributes = append(attributes, requestModel.String(c.asked.model))
	}
	ctx, c.span = c.telemetry.tracer.Start(ctx, spanName(operation, c.asked.model),
		trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(c.start), trace.WithAttributes(attributes...))
	if c.span.IsRecording() {
		c.span.SetAttributes(requestAttributes(req, c.kind)...)
		if c.telemetry.content && c.kind != ai.KindEmbedding {
			c.span.SetAttributes(contentOf(req)...)
		}
	}
	return ctx
}

// end ends the span and measures the call. The same duration goes to both.
func (c *call) end(ctx context.Context, resp *ai.Response, err error) {
	now := time.Now()
	o := c.outcome(resp, err)
	if c.span.IsRecording() {
		c.describe(o, resp, err)
		c.trail(ctx, trailOf(resp, err), now)
	}
	c.span.End(trace.WithTimestamp(now))
	in := &c.telemetry.instruments
	if in.duration.Enabled(ctx) {
		in.duration.Record(ctx, now.Sub(c.start).Seconds(), labels(o.attributes()))
	}
	// A Client tells the Observer of the tokens of every attempt. Those of its
	// answers may be told to many callers that asked the same, or be those of
	// a cached answer.
	if err == nil && resp != nil && len(resp.Trail) == 0 {
		in.countTokens(ctx, resp.Usage, o.identity()...)
	}
}

// outcome is what is known of a call once it is over: the labels of its
// measurements, and of its span.
type outcome struct {
	kind     ai.Kind
	provider string
	asked    target // of who answered, or of the primary if nobody did
	model    string // that answered
	failure  string // error.type; empty if there was an answer
	source   ai.Source
	fallback bool
}

func (c *call) outcome(resp *ai.Response, err error) outcome {
	o := outcome{kind: c.kind, asked: c.asked}
	switch failed, coded := errors.AsType[*ai.Error](err); {
	case err == nil && resp != nil:
		o.model, o.fallback = resp.Model, resp.Fallback
		o.source = cmp.Or(resp.Source, ai.SourceProvider)
		o.asked = c.answerer(resp)
	case failed != nil:
		o.failure = cmp.Or(string(failed.Code), otherError)
		o.asked = target{cmp.Or(failed.Provider, c.asked.route), cmp.Or(failed.Model, c.asked.model)}
	case coded: // a nil *ai.Error, which has no Code to ask for
		o.failure = otherError
	default:
		o.failure = cmp.Or(string(ai.CodeOf(err)), otherError)
	}
	o.provider = c.telemetry.provider(o.asked.route)
	return o
}

// answerer is who answered, and what it was asked for; the primary for an
// answer that is nobody's.
func (c *call) answerer(resp *ai.Response) target {
	if len(resp.Trail) == 0 {
		return target{resp.Provider, c.asked.model}
	}
	entry := resp.Trail[len(resp.Trail)-1]
	if entry.Source == ai.SourceStatic {
		entry = resp.Trail[0]
	}
	return target{entry.Provider, entry.Model}
}

// identity is what tokens are counted by.
func (o outcome) identity() []attribute.KeyValue {
	attributes := make([]attribute.KeyValue, 0, 8)
	attributes = append(attributes, operationName.String(operation(o.kind, o.provider)), providerName.String(o.provider))
	if o.asked.model != "" {
		attributes = append(attributes, requestModel.String(o.asked.model))
	}
	if o.model != "" {
		attributes = append(attributes, responseModel.String(o.model))
	}
	return attributes
}

// attributes is what durations are counted by; the span has them too.
func (o outcome) attributes() []attribute.KeyValue {
	attributes := append(o.identity(), ownKind.String(o.kind.String()))
	if o.failure != "" {
		return append(attributes, errorType.String(o.failure))
	}
	return append(attributes, ownSource.String(string(o.source)), ownFallback.Bool(o.fallback))
}

// describe completes the span.
func (c *call) describe(o outcome, resp *ai.Response, err error) {
	c.span.SetName(spanName(operation(o.kind, o.provider), o.asked.model))
	c.span.SetAttributes(o.attributes()...)
	if o.asked.route != "" {
		c.span.SetAttributes(ownRoute.String(o.asked.route))
	}
	if o.failure != "" {
		c.span.SetStatus(codes.Error, o.failure)
		if failed, _ := errors.AsType[*ai.Error](err); failed != nil && failed.RetryAfter > 0 {
			c.span.SetAttributes(ownRetryAfter.Float64(failed.RetryAfter.Seconds()))
		}
		return
	}
	c.span.SetAttributes(responseAttributes(resp)...)
	if c.telemetry.content && c.kind != ai.KindEmbedding {
		c.span.SetAttributes(answerOf(resp))
	}
}
