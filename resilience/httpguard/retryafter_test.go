package httpguard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/finbrain/ai/resilience/httpguard"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestARetryAfterIsReadInEveryForm(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		value, date string
		want        time.Duration
		ok          bool
	}{
		{"3", "", 3 * time.Second, true},
		{" 3 ", "", 3 * time.Second, true},
		{"1.5", "", 1500 * time.Millisecond, true},
		{"0", "", 0, true},
		{"-3", "", 0, false},
		{"NaN", "", 0, false},
		{"86399", "", day - time.Second, true},
		{"86400", "", day, true},
		{"1e300", "", day, true},
		{"Inf", "", 0, false},
		{"infinity", "", 0, false},
		{"1e999", "", 0, false},
		{"", "", 0, false},
		{"later", "", 0, false},
		{"Mon, 23 Nov 2026 12:00:30 GMT", "", 30 * time.Second, true},
		{" Mon, 23 Nov 2026 12:00:30 GMT ", "", 30 * time.Second, true},
		{"Monday, 23-Nov-26 12:00:30 GMT", "", 30 * time.Second, true},
		{"Mon Nov 23 12:00:30 2026", "", 30 * time.Second, true},
		{"Mon, 23 Nov 2026 11:59:30 GMT", "", 0, true},
		{"Mon, 23 Nov 2037 12:00:00 GMT", "", day, true},
		{"Mon, 23 Nov 2026 13:00:30 GMT", "Mon, 23 Nov 2026 13:00:00 GMT", 30 * time.Second, true},
		{"Mon, 23 Nov 2026 11:00:30 GMT", "Mon, 23 Nov 2026 11:00:00 GMT", 30 * time.Second, true},
		{"Mon, 23 Nov 2026 12:00:30 GMT", "today", 30 * time.Second, true},
		{"3", "Mon, 23 Nov 2026 11:00:00 GMT", 3 * time.Second, true},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got, ok := httpguard.RetryAfter(h, noon); got != c.want || ok != c.ok {
			t.Errorf("%q on %q: %v, %t; want %v, %t", c.value, c.date, got, ok, c.want, c.ok)
		}
	}
	if _, ok := httpguard.RetryAfter(nil, noon); ok {
		t.Error("no headers: a wait")
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "1.5", "-1", "NaN", "+Inf", "0x1p10", "Mon, 23 Nov 2026 12:00:30 GMT", "", "later"} {
		f.Add(seed, "Mon, 23 Nov 2026 12:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		wait, ok := httpguard.RetryAfter(h, noon)
		if wait < 0 || wait > httpguard.MaxRetryAfter || !ok && wait != 0 {
			t.Errorf("%q on %q: %v, %t", value, date, wait, ok)
		}
	})
}
