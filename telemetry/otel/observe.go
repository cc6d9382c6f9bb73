package otel

import (
	"context"

	"github.com/finbrain/ai"
)

// Observe counts what happens within a Client. Give the Telemetry to
// ai.WithObserver; events that a Client drops are missing from the counts, and
// counted themselves.
func (t *Telemetry) Observe(event ai.Event) {
	ctx := context.Background() // events come after the calls they tell of
	in, by := &t.instruments, t.series
	switch e := event.(type) {
	case ai.AttemptEnded:
		in.attempts.Record(ctx, e.Duration.Seconds(), by.circuit(e.Origin, errorType, string(e.Code)).record...)
		if e.FirstContent > 0 {
			in.attemptAt.Record(ctx, e.FirstContent.Seconds(), by.circuit(e.Origin, "", "").record...)
		}
		if e.Code == "" {
			t.countTokens(ctx, e.Usage, usage{asked: target{e.Kind, e.Provider, e.Model}})
		}
	case ai.StateChanged:
		in.transitions.Add(ctx, 1, labelsOf(named(ownCircuit, e.Circuit), ownFrom.String(e.From.String()), ownTo.String(e.To.String()),
			by.word(ownReason, e.Reason), ownMode.String(e.Mode.String())).add...)
	case ai.FellBack:
		in.fallbacks.Add(ctx, 1, labelsOf(ownKind.String(e.Kind.String()), named(ownPrimary, e.Primary),
			by.word(ownReason, string(e.Reason)), ownSource.String(string(e.Source)), named(ownRoute, e.Provider)).add...)
	case ai.RetryWaiting:
		in.retries.Add(ctx, 1, by.circuit(e.Origin, "", "").add...)
	case ai.BudgetEmpty:
		in.exhausted.Add(ctx, 1, by.circuit(e.Origin, "", "").add...)
	case ai.Refused:
		in.refusals.Add(ctx, 1, labelsOf(named(ownCircuit, e.Circuit), ownRefuser.String(string(e.By)),
			by.word(ownReason, e.Reason)).add...)
	case ai.CacheLooked:
		in.lookups.Add(ctx, 1, by.circuit(e.Origin, ownResult, string(e.Result)).add...)
	case ai.GateChanged:
		if e.Closed {
			in.gates.Add(ctx, 1, by.circuit(e.Origin, ownReason, string(e.Reason)).add...)
		}
	case ai.Hedged:
		in.hedges.Add(ctx, 1, by.circuit(e.Origin, ownStage, string(e.Stage)).add...)
	case ai.LimitChanged:
		in.limit.Record(ctx, int64(e.To), by.circuit(e.Origin, "", "").record...)
	}
}
