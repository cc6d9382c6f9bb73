package otel

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/finbrain/ai"
)

// trailOf is how a Client came to its answer or error; empty for a provider.
func trailOf(resp *ai.Response, err error) ai.Trail {
	if err == nil {
		if resp == nil {
			return nil
		}
		return resp.Trail
	}
	if failed, _ := errors.AsType[*ai.Error](err); failed != nil {
		return failed.Trail
	}
	return nil
}

// trail adds to the call's span one child per attempt, at the times the trail
// tells, and one event per other step.
func (c *call) trail(ctx context.Context, trail ai.Trail, end time.Time) {
	if len(trail) == 0 {
		return
	}
	start := c.trailStart(trail, end)
	attempts := 0
	for i := range trail {
		a := &trail[i]
		if a.Source == ai.SourceProvider && !a.Skipped {
			attempts++
			c.attempt(ctx, a, start.Add(a.Start))
			continue
		}
		c.step(a, start.Add(a.Start))
	}
	c.span.SetAttributes(ownAttempts.Int(attempts))
}

// trailStart is the time from which the trail counts: the start of the call
// or, for a caller that joined another's call under way, that other's, as the
// trail is then longer than this call was.
func (c *call) trailStart(trail ai.Trail, end time.Time) time.Time {
	length := time.Duration(0)
	for i := range trail {
		length = max(length, trail[i].Start+trail[i].Duration)
	}
	if before := end.Add(-length); before.Before(c.start) {
		return before
	}
	return c.start
}

// attempt makes the span of an attempt. It is no GenAI operation of its own:
// what sums up operations would count the call twice.
func (c *call) attempt(ctx context.Context, a *ai.Attempt, start time.Time) {
	attributes := append(c.place(a), named(providerName, c.telemetry.provider(a.Provider)))
	if a.Model != "" {
		attributes = append(attributes, named(requestModel, a.Model))
	}
	if a.Status != 0 {
		attributes = append(attributes, httpStatus.Int(a.Status))
	}
	if a.Code != "" {
		attributes = append(attributes, named(errorType, string(a.Code)))
	}
	if a.RetryAfter > 0 {
		attributes = append(attributes, ownRetryAfter.Float64(a.RetryAfter.Seconds()))
	}
	_, span := c.telemetry.tracer.Start(ctx, "attempt "+name(a.Provider),
		trace.WithTimestamp(start), trace.WithAttributes(attributes...))
	if a.Code != "" && a.Code != ai.CodeCanceled { // what lost a race, or its caller, did not fail
		span.SetStatus(codes.Error, name(string(a.Code)))
	}
	span.End(trace.WithTimestamp(start.Add(a.Duration)))
}

// step makes the event of a step that asked no provider.
func (c *call) step(a *ai.Attempt, at time.Time) {
	attributes := append(c.place(a), named(ownSource, string(a.Source)))
	name := stepAnswered
	if a.Skipped {
		name = stepSkipped
		attributes = append(attributes, named(ownReason, string(a.Code)))
	}
	if a.RetryAfter > 0 {
		attributes = append(attributes, ownRetryAfter.Float64(a.RetryAfter.Seconds()))
	}
	c.span.AddEvent(name, trace.WithTimestamp(at), trace.WithAttributes(attributes...))
}

// place is the route and the circuit of an entry, if it has one.
func (c *call) place(a *ai.Attempt) []attribute.KeyValue {
	if a.Provider == "" {
		return nil
	}
	return []attribute.KeyValue{named(ownRoute, a.Provider), named(ownCircuit, a.Provider+"/"+c.asked.kind.String())}
}
