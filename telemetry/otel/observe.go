package otel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/finbrain/ai"
)

// Observe counts what happens within a Client. Give the Telemetry to
// ai.WithObserver; events that a Client drops are missing from the counts, and
// counted themselves.
func (t *Telemetry) Observe(event ai.Event) {
	ctx := context.Background() // events come after the calls they tell of
	in := &t.instruments
	switch e := event.(type) {
	case ai.AttemptEnded:
		t.observeAttempt(ctx, e)
	case ai.StateChanged:
		in.transitions.Add(ctx, 1, of(e.Origin, ownFrom.String(e.From.String()), ownTo.String(e.To.String()),
			ownReason.String(e.Reason), ownMode.String(e.Mode.String())))
	case ai.FellBack:
		in.fallbacks.Add(ctx, 1, labels([]attribute.KeyValue{
			ownKind.String(e.Kind.String()), ownPrimary.String(e.Primary), ownReason.String(string(e.Reason)),
			ownSource.String(string(e.Source)), ownRoute.String(e.Provider),
		}))
	case ai.RetryWaiting:
		in.retries.Add(ctx, 1, of(e.Origin))
	case ai.BudgetEmpty:
		in.exhausted.Add(ctx, 1, of(e.Origin))
	case ai.Refused:
		in.refusals.Add(ctx, 1, of(e.Origin, ownRefuser.String(string(e.By)), ownReason.String(e.Reason)))
	case ai.CacheLooked:
		in.lookups.Add(ctx, 1, of(e.Origin, ownResult.String(string(e.Result))))
	case ai.GateChanged:
		if e.Closed {
			in.gates.Add(ctx, 1, of(e.Origin, ownReason.String(string(e.Reason))))
		}
	case ai.Hedged:
		in.hedges.Add(ctx, 1, of(e.Origin, ownStage.String(string(e.Stage))))
	case ai.LimitChanged:
		in.limit.Record(ctx, int64(e.To), of(e.Origin))
	}
}

func (t *Telemetry) observeAttempt(ctx context.Context, e ai.AttemptEnded) {
	in := &t.instruments
	if e.Code != "" {
		in.attempts.Record(ctx, e.Duration.Seconds(), of(e.Origin, errorType.String(string(e.Code))))
		return
	}
	in.attempts.Record(ctx, e.Duration.Seconds(), of(e.Origin))
	asked := outcome{kind: e.Kind, provider: t.provider(e.Provider), asked: target{e.Provider, e.Model}}
	in.countTokens(ctx, e.Usage, asked.identity()...)
}

// of is what an event of a circuit is counted by.
func of(o ai.Origin, more ...attribute.KeyValue) metric.MeasurementOption {
	return labels(append(more, ownCircuit.String(o.Circuit)))
}
