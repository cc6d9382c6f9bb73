package httpguard

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxRetryAfter is the longest Retry-After that is believed: however long a
// service asks for, one call a day finds out.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter returns how long the Retry-After of h asks to wait, from 0 to
// [MaxRetryAfter], and whether there is one that can be read: seconds or a date
// (RFC 9110, section 10.2.3). Fractions of seconds are read too.
//
// A date is taken relative to the Date of the same response, so that the clocks
// of both sides need not agree; without one, to now.
func RetryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		switch {
		case !(s >= 0), math.IsInf(s, 1): // NaN as well
			return 0, false
		case s >= MaxRetryAfter.Seconds():
			return MaxRetryAfter, true
		}
		return time.Duration(s * float64(time.Second)), true
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return min(max(until.Sub(now), 0), MaxRetryAfter), true
}
