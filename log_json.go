package ai

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"time"
)

// NewJSONHandler returns a [slog.JSONHandler] that writes lines as FinBrain's
// collectors read them: the time first, as "ts" in milliseconds since 1970, then
// the level in lower case, the attributes, and the message last (before them, if
// they are in a group). options may be nil; its ReplaceAttr is not applied to
// time and level.
//
//	{"ts":1694123456789,"level":"warn","component":"circuit_breaker","event":"state_change",
//	 "from_state":"closed","to_state":"open","failure_count":5,"window_seconds":60, …}
func NewJSONHandler(w io.Writer, options *slog.HandlerOptions) slog.Handler {
	var own slog.HandlerOptions
	if options != nil {
		own = *options
	}
	replace := own.ReplaceAttr
	own.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 {
			switch a.Key {
			case slog.TimeKey:
				if a.Value.Kind() == slog.KindTime && a.Value.Time().Location() == ofLine {
					return slog.Int64("ts", a.Value.Time().UnixMilli())
				}
			case slog.LevelKey:
				if level, ok := a.Value.Any().(slog.Level); ok {
					return slog.String(slog.LevelKey, strings.ToLower(level.String()))
				}
			case slog.MessageKey:
				if a.Value.Kind() == slog.KindString && a.Value.String() == "" {
					return slog.Attr{}
				}
			}
		}
		if replace != nil {
			return replace(groups, a)
		}
		return a
	}
	return messageLast{Handler: slog.NewJSONHandler(w, &own)}
}

// ofLine marks the time of a line, which the application's attributes may have
// a namesake of.
var ofLine = time.FixedZone("line", 0)

// messageLast moves the message behind the attributes, unless those are in a
// group: it would be in there with them.
type messageLast struct {
	slog.Handler
	grouped bool
}

// Handle writes the record with its message as its last attribute.
func (h messageLast) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.In(ofLine)
	if h.grouped {
		return h.Handler.Handle(ctx, r)
	}
	moved := slog.NewRecord(r.Time, r.Level, "", r.PC)
	r.Attrs(func(a slog.Attr) bool {
		moved.AddAttrs(a)
		return true
	})
	moved.AddAttrs(slog.String(slog.MessageKey, r.Message))
	return h.Handler.Handle(ctx, moved)
}

// WithAttrs returns a handler whose lines begin with these attributes.
func (h messageLast) WithAttrs(attrs []slog.Attr) slog.Handler {
	return messageLast{h.Handler.WithAttrs(attrs), h.grouped}
}

// WithGroup returns a handler whose attributes are in a group.
func (h messageLast) WithGroup(name string) slog.Handler {
	return messageLast{h.Handler.WithGroup(name), h.grouped || name != ""}
}
