package ai

import (
	"context"
	"log/slog"
	"time"

	"github.com/finbrain/ai/resilience"
)

// logObserver writes events as structured log lines: the changes of a circuit
// at warn when it opens and info otherwise, also where it refuses nobody
// (resilience.MetricsOnly), fallbacks at info, a rejected key
// or used-up quota at error. Other failed attempts are left to the trail of
// their answer.
type logObserver struct {
	logger *slog.Logger // nil: slog.Default() at the time of the line
}

// Observe writes e.
func (o logObserver) Observe(e Event) {
	switch e := e.(type) {
	case StateChanged:
		o.change(e)
	case AttemptEnded:
		if e.Code != CodeAuthentication && e.Code != CodeQuotaExhausted {
			return
		}
		o.write(e.Time, slog.LevelError, "provider refused the account",
			slog.String("component", "ai"),
			slog.String("event", "attempt_failed"),
			slog.String("circuit", e.Circuit),
			slog.String("provider", e.Provider),
			slog.String("reason", string(e.Code)),
			slog.Int("status", e.Status))
	case FellBack:
		o.write(e.Time, slog.LevelInfo, "fallback answered",
			slog.String("component", "ai"),
			slog.String("event", "fallback"),
			slog.String("kind", e.Kind.String()),
			slog.String("primary", e.Primary),
			slog.String("reason", string(e.Reason)),
			slog.String("source", string(e.Source)),
			slog.String("provider", e.Provider),
			slog.String("model", e.Model))
	}
}

// LogStateChange returns a callback for [resilience.BreakerConfig] that writes
// the changes of a breaker that is no Client's, of file storage or a database,
// as the line that a Client writes of its own: as warn when it opens, info
// otherwise; only "provider" is left out. A nil logger is slog.Default() at the
// time of each line. The line is written before the breaker's caller goes on.
func LogStateChange(logger *slog.Logger) func(resilience.StateChange) {
	o := logObserver{logger}
	return func(c resilience.StateChange) {
		o.change(changed(Origin{Time: c.At, Circuit: c.Name}, c))
	}
}

// change writes the line of a breaker's change.
func (o logObserver) change(e StateChanged) {
	level, message := slog.LevelInfo, "circuit breaker changed state"
	switch {
	case e.Mode == resilience.MetricsOnly:
		message = "circuit breaker would have changed state"
	case e.To == resilience.Open:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("component", "circuit_breaker"),
		slog.String("event", "state_change"),
		slog.String("from_state", e.From.String()),
		slog.String("to_state", e.To.String()),
		slog.Int("failure_count", e.FailureCount),
		slog.Float64("window_seconds", e.Window.Seconds()),
		slog.String("circuit", e.Circuit),
	}
	if e.Provider != "" {
		attrs = append(attrs, slog.String("provider", e.Provider))
	}
	attrs = append(attrs,
		slog.String("reason", e.Reason),
		slog.Int64("open_for_ms", e.OpenFor.Milliseconds()))
	if e.Mode != resilience.Automatic {
		attrs = append(attrs, slog.String("mode", e.Mode.String()))
	}
	o.write(e.Time, level, message, attrs...)
}

// write gives a line the time of its event, which observers hear of later.
func (o logObserver) write(at time.Time, level slog.Level, message string, attrs ...slog.Attr) {
	logger := o.logger
	if logger == nil {
		logger = slog.Default()
	}
	ctx := context.Background()
	if !logger.Enabled(ctx, level) {
		return
	}
	line := slog.NewRecord(at, level, message, 0)
	line.AddAttrs(attrs...)
	_ = logger.Handler().Handle(ctx, line) // a line that cannot be written has no other place to go
}
