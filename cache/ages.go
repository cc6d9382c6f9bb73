package cache

import (
	"errors"
	"math"
	"time"
)

// Freshness says what an entry is worth at its age.
type Freshness uint8

const (
	// Expired: as good as absent.
	Expired Freshness = iota
	// Stale: good enough when nothing better can be had.
	Stale
	// Fresh: an ordinary answer.
	Fresh
)

// String returns "expired", "stale" or "fresh".
func (f Freshness) String() string {
	switch f {
	case Fresh:
		return "fresh"
	case Stale:
		return "stale"
	default:
		return "expired"
	}
}

// Ages says for how long an entry is fresh and, after that, for how long it is
// stale. The names follow RFC 9111 (HTTP caching), section 4.2, and the
// stale-if-error of RFC 5861. The zero value keeps nothing.
type Ages struct {
	// Fresh is how long after it was stored an entry is an ordinary answer.
	Fresh time.Duration
	// Stale is how much longer, counted from the end of Fresh, it may stand in
	// when nothing better can be had. Zero means not at all.
	Stale time.Duration
}

// Validate returns an error that names a negative field.
func (a Ages) Validate() error {
	switch {
	case a.Fresh < 0:
		return errors.New("cache: Ages.Fresh is negative")
	case a.Stale < 0:
		return errors.New("cache: Ages.Stale is negative")
	}
	return nil
}

// TTL is Fresh + Stale, the time for which a Store has to hold an entry, or the
// largest Duration if the sum is larger than that. A negative field counts as
// zero.
func (a Ages) TTL() time.Duration {
	return addDuration(max(a.Fresh, 0), max(a.Stale, 0))
}

// At returns what an entry of the given age is worth: fresh while age < Fresh,
// stale while age < Fresh+Stale. A negative age counts as zero.
func (a Ages) At(age time.Duration) Freshness {
	age = max(age, 0)
	switch {
	case age < a.Fresh:
		return Fresh
	case age < a.TTL():
		return Stale
	}
	return Expired
}

// addDuration returns a + b for b ≥ 0, at most the largest Duration.
func addDuration(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
