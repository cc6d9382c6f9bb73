package otel

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/finbrain/ai"
)

// target is what is asked: a route, and a model of it. Either may be unknown.
type target struct {
	kind         ai.Kind
	route, model string
}

// opening is how the span of a call to a target begins.
type opening struct {
	name    string
	options []trace.SpanStartOption // what samplers may decide by among them
}

func (t *Telemetry) newOpening(asked target) opening {
	attributes := t.identity(asked, "")
	return opening{
		name:    spanName(attributes[0].Value.AsString(), asked.model),
		options: []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...)},
	}
}

// opening is what was built for asked.
func (t *Telemetry) opening(asked target) opening {
	asked.route, asked.model = name(asked.route), name(asked.model)
	return t.openings.get(asked)
}

// call is one Analyze or Stream under watch.
type call struct {
	telemetry *Telemetry
	asked     target
	byName    bool // the request names the model
	ofClient  bool // which tells the Observer of tokens
	streamed  bool
	start     time.Time
	span      trace.Span

	begun bool          // the first chunk of a stream has come
	first time.Duration // when it came, from the start
}

// begin starts the span and returns the context that holds it.
func (c *call) begin(ctx context.Context, req *ai.Request) context.Context {
	opening := c.telemetry.opening(c.asked)
	ctx, c.span = c.telemetry.tracer.Start(ctx, opening.name, opening.options...)
	if c.span.IsRecording() {
		attributes := requestAttributes(req, c.asked.kind)
		if c.streamed {
			attributes = append(attributes, requestStream.Bool(true))
		}
		if c.recordsContent() {
			attributes = append(attributes, contentOf(req)...)
		}
		c.span.SetAttributes(attributes...)
	}
	c.start = time.Now()
	return ctx
}

// end ends the span and measures the call.
func (c *call) end(ctx context.Context, resp *ai.Response, err error) {
	now := time.Now()
	o := c.outcome(resp, err)
	if c.span.IsRecording() {
		c.describe(o, resp, err)
		c.trail(ctx, trailOf(resp, err), now)
		c.span.End(trace.WithTimestamp(now))
	} else {
		c.span.End()
	}
	t := c.telemetry
	in := &t.instruments
	if in.duration.Enabled(ctx) {
		in.duration.Record(ctx, now.Sub(c.start).Seconds(), t.series.duration(o).record...)
	}
	if c.begun && in.firstChunk.Enabled(ctx) {
		in.firstChunk.Record(ctx, c.first.Seconds(), t.series.duration(o).record...)
	}
	// A Client tells the Observer of the tokens of every attempt. Those of its
	// answers may be told to many callers that asked the same.
	if o.source == ai.SourceProvider && len(resp.Trail) == 0 && !c.ofClient {
		t.countTokens(ctx, resp.Usage, usage{o.asked, o.model})
	}
}

// recordsContent reports whether what is said goes onto the span.
func (c *call) recordsContent() bool {
	return c.telemetry.content && c.asked.kind != ai.KindEmbedding && c.span.IsRecording()
}

// outcome is what is known of a call once it is over.
type outcome struct {
	asked    target // of who answered, or of the primary if nobody did
	unproven bool   // the request named its model, and that did not answer
	model    string // that answered
	failure  string // error.type; empty if there was an answer
	source   ai.Source
	fallback bool
}

func (c *call) outcome(resp *ai.Response, err error) outcome {
	o := outcome{asked: c.asked}
	switch failed, coded := errors.AsType[*ai.Error](err); {
	case err == nil && resp != nil:
		o.model, o.fallback, o.source = resp.Model, resp.Fallback, sourceOf(resp)
		o.asked = c.answerer(resp)
	case failed != nil:
		o.failure = cmp.Or(string(failed.Code), otherValue)
		o.asked.route, o.asked.model = cmp.Or(failed.Provider, c.asked.route), cmp.Or(failed.Model, c.asked.model)
	case coded: // a nil *ai.Error, which has no Code to ask for
		o.failure = otherValue
	default:
		o.failure = cmp.Or(string(ai.CodeOf(err)), otherValue)
	}
	o.unproven = c.byName && (o.failure != "" || o.source == ai.SourceStatic)
	return o
}

// answerer is who answered, and what it was asked for; the primary for an
// answer that is nobody's.
func (c *call) answerer(resp *ai.Response) target {
	if len(resp.Trail) == 0 {
		return target{c.asked.kind, resp.Provider, c.asked.model}
	}
	entry := resp.Trail[len(resp.Trail)-1]
	if entry.Source == ai.SourceStatic {
		entry = resp.Trail[0]
	}
	return target{c.asked.kind, entry.Provider, entry.Model}
}

// describe completes the span.
func (c *call) describe(o outcome, resp *ai.Response, err error) {
	t := c.telemetry
	if o.asked != c.asked {
		c.span.SetName(t.opening(o.asked).name)
	}
	attributes := t.outcomeAttributes(o)
	if o.asked.route != "" {
		attributes = append(attributes, named(ownRoute, o.asked.route))
	}
	if c.begun {
		attributes = append(attributes, firstChunk.Float64(c.first.Seconds()))
	}
	if o.failure != "" {
		c.span.SetStatus(codes.Error, name(o.failure))
		if failed, _ := errors.AsType[*ai.Error](err); failed != nil && failed.RetryAfter > 0 {
			attributes = append(attributes, ownRetryAfter.Float64(failed.RetryAfter.Seconds()))
		}
		c.span.SetAttributes(attributes...)
		return
	}
	attributes = withResponse(attributes, resp, o.source)
	if c.recordsContent() {
		attributes = append(attributes, answerOf(resp))
	}
	c.span.SetAttributes(attributes...)
}
