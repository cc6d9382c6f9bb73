package transport_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/finbrain/ai/internal/transport"
)

func TestAWaitHintIsReadInEveryForm(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, c := range []struct {
		ms, after string
		want      time.Duration
	}{
		{"", "", 0},
		{"", "3", 3 * time.Second},
		{"", " 3 ", 3 * time.Second},
		{"", "1.5", 1500 * time.Millisecond},
		{"250", "", 250 * time.Millisecond},
		{"250", "3", 250 * time.Millisecond},
		{"0.5", "", 500 * time.Microsecond},
		{"soon", "3", 3 * time.Second},
		{"", "Mon, 23 Nov 2026 12:00:30 GMT", 30 * time.Second},
		{"", "Monday, 23-Nov-26 12:00:30 GMT", 30 * time.Second},
		{"", "Mon Nov 23 12:00:30 2026", 30 * time.Second},
		{"", "Mon, 23 Nov 2026 11:59:30 GMT", 0},
		{"", "Mon, 23 Nov 2037 12:00:00 GMT", day},
		{"", "-3", 0},
		{"", "1e300", day},
		{"", "-1e300", 0},
		{"", "1e999", 0}, // out of a float's range: no number
		{"", "NaN", 0},
		{"", "Inf", 0}, // nobody waits for ever
		{"1e300", "", day},
		{"NaN", "3", 0},
		{"", "later", 0},
		{"", "999999999", day},
	} {
		h := http.Header{}
		if c.ms != "" {
			h.Set("Retry-After-Ms", c.ms)
		}
		if c.after != "" {
			h.Set("Retry-After", c.after)
		}
		if got := transport.RetryAfter(h, now); got != c.want {
			t.Errorf("ms %q, after %q: %v, want %v", c.ms, c.after, got, c.want)
		}
	}
	if transport.RetryAfter(nil, now) != 0 {
		t.Error("no headers: a wait")
	}
}

func TestAWaitIsNeverNegativeNorEndless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := http.Header{"Retry-After": {rapid.String().Draw(t, "text")}}
		f := rapid.Float64().Draw(t, "seconds")
		if rapid.Bool().Draw(t, "number") {
			h.Set("Retry-After", fmt.Sprint(f))
		}
		now := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "now"), 0)
		clamped := transport.Clamp(time.Duration(rapid.Int64().Draw(t, "wait")))
		for _, d := range []time.Duration{clamped, transport.RetryAfter(h, now)} {
			if d < 0 || d > transport.MaxWait {
				t.Fatalf("%v from %v", d, h)
			}
		}
	})
	for _, f := range []float64{math.NaN(), math.Inf(-1), -0.1} {
		h := http.Header{"Retry-After": {fmt.Sprint(f)}}
		if d := transport.RetryAfter(h, time.Now()); d != 0 {
			t.Errorf("RetryAfter of %v is %v", f, d)
		}
	}
}

func ExampleRetryAfter() {
	h := http.Header{}
	h.Set("Retry-After", "1.5")
	fmt.Println(transport.RetryAfter(h, time.Now()))
	// Output: 1.5s
}
