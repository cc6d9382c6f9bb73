package ai

import (
	"encoding/json"
	"strings"
	"time"
)

// Attempt is one entry of a Trail: one attempt made, or one step skipped.
type Attempt struct {
	// Source says what was tried; Provider names the route, and Model what it
	// was asked for, when Source is SourceProvider.
	Source   Source
	Provider string
	Model    string
	// Code is what went wrong, empty when this attempt answered.
	Code Code
	// Skipped is true when nothing was sent: Code says why.
	Skipped bool
	// Status is the HTTP status, 0 when there was none.
	Status int
	// Start is when it began, counted from the start of the call.
	Start time.Duration
	// Duration is how long it took.
	Duration time.Duration
	// RetryAfter is the wait hint that came with the failure, 0 when none did.
	RetryAfter time.Duration
}

// Trail lists, in order, every attempt made and every step skipped.
type Trail []Attempt

// String tells the trail in words: "openai: unavailable after 120ms; cache:
// skipped, not available; gemini: answered after 480ms".
func (t Trail) String() string {
	parts := make([]string, len(t))
	for i := range t {
		parts[i] = t[i].String()
	}
	return strings.Join(parts, "; ")
}

// String tells the attempt in words.
func (a Attempt) String() string {
	var b strings.Builder
	switch {
	case a.Provider == "":
		b.WriteString(string(a.Source))
	case a.Source == SourceCache:
		b.WriteString("cache of " + a.Provider)
	default:
		b.WriteString(a.Provider)
	}
	switch {
	case a.Code == "" && a.Source == SourceStatic:
		b.WriteString(": answered")
	case a.Skipped:
		b.WriteString(": skipped, ")
		b.WriteString(a.Code.text())
	case a.Code == "":
		b.WriteString(": answered after ")
		b.WriteString(roundForReading(a.Duration).String())
	default:
		b.WriteString(": ")
		b.WriteString(a.Code.text())
		b.WriteString(" after ")
		b.WriteString(roundForReading(a.Duration).String())
	}
	if a.RetryAfter > 0 {
		b.WriteString(", retry in ")
		b.WriteString(roundForReading(a.RetryAfter).String())
	}
	return b.String()
}

// roundForReading keeps about three digits.
func roundForReading(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(time.Millisecond)
	default:
		return d.Round(time.Microsecond)
	}
}

type attemptJSON struct {
	Source       Source `json:"source"`
	Provider     string `json:"provider,omitempty"`
	Model        string `json:"model,omitempty"`
	Code         Code   `json:"code,omitempty"`
	Skipped      bool   `json:"skipped,omitempty"`
	Status       int    `json:"status,omitempty"`
	StartMS      int64  `json:"start_ms"`
	DurationMS   int64  `json:"duration_ms"`
	RetryAfterMS int64  `json:"retry_after_ms,omitempty"`
}

// MarshalJSON writes durations in whole milliseconds.
func (a Attempt) MarshalJSON() ([]byte, error) {
	return json.Marshal(attemptJSON{
		a.Source, a.Provider, a.Model, a.Code, a.Skipped, a.Status,
		a.Start.Milliseconds(), a.Duration.Milliseconds(), a.RetryAfter.Milliseconds(),
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (a *Attempt) UnmarshalJSON(data []byte) error {
	var j attemptJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*a = Attempt{
		j.Source, j.Provider, j.Model, j.Code, j.Skipped, j.Status,
		time.Duration(j.StartMS) * time.Millisecond, time.Duration(j.DurationMS) * time.Millisecond,
		time.Duration(j.RetryAfterMS) * time.Millisecond,
	}
	return nil
}
