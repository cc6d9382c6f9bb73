package transport

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/finbrain/ai/resilience/httpguard"
)

// MaxWait is the longest wait hint that is believed.
const MaxWait = httpguard.MaxRetryAfter

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
// milliseconds) or else Retry-After, as [httpguard.RetryAfter] reads it.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil {
		return seconds(ms / 1000)
	}
	wait, _ := httpguard.RetryAfter(h, now)
	return wait
}
