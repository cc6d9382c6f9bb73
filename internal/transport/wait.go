package transport

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxWait is the longest wait hint that is believed.
const MaxWait = 24 * time.Hour

// seconds turns a number of seconds, as a provider wrote it, into a duration
// from 0 to MaxWait. Not-a-number and negative numbers are 0.
func seconds(f float64) time.Duration {
	switch {
	case !(f > 0): // NaN as well
		return 0
	case f >= MaxWait.Seconds():
		return MaxWait
	default:
		return time.Duration(f * float64(time.Second))
	}
}

// Clamp brings a wait that a provider named into the range from 0 to MaxWait.
func Clamp(d time.Duration) time.Duration { return min(max(d, 0), MaxWait) }

// RetryAfter returns how long the provider asks to wait, from 0 (nobody said)
// to MaxWait: the header retry-after-ms (OpenAI's and Azure's, in
// milliseconds) or else Retry-After (RFC 9110, section 10.2.3: whole seconds
// or a date; fractions are read too).
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil {
		return seconds(ms / 1000)
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		return seconds(s)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), MaxWait)
	}
	return 0
}
