package cache

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestAgesDecideToTheNanosecond(t *testing.T) {
	const fresh, stale = 10 * time.Minute, time.Hour
	for _, c := range []struct {
		ages Ages
		age  time.Duration
		want Freshness
	}{
		{Ages{}, 0, Expired},
		{Ages{Fresh: fresh}, 0, Fresh},
		{Ages{Fresh: fresh}, -time.Hour, Fresh},
		{Ages{Fresh: fresh}, fresh - 1, Fresh},
		{Ages{Fresh: fresh}, fresh, Expired},
		{Ages{Stale: stale}, 0, Stale},
		{Ages{Stale: stale}, stale - 1, Stale},
		{Ages{Stale: stale}, stale, Expired},
		{Ages{fresh, stale}, fresh - 1, Fresh},
		{Ages{fresh, stale}, fresh, Stale},
		{Ages{fresh, stale}, fresh + stale - 1, Stale},
		{Ages{fresh, stale}, fresh + stale, Expired},
		{Ages{fresh, math.MaxInt64}, math.MaxInt64 - 1, Stale},
		{Ages{-1, -1}, 0, Expired},
		{Ages{-1, stale}, stale - 1, Stale},
	} {
		if got := c.ages.At(c.age); got != c.want {
			t.Errorf("%+v.At(%v) = %v, want %v", c.ages, c.age, got, c.want)
		}
	}
}

func TestTTLIsFreshAndStaleTogether(t *testing.T) {
	for ages, want := range map[Ages]time.Duration{
		{}:                             0,
		{time.Minute, 0}:               time.Minute,
		{time.Minute, time.Hour}:       61 * time.Minute,
		{math.MaxInt64, time.Hour}:     math.MaxInt64,
		{math.MaxInt64, math.MaxInt64}: math.MaxInt64,
		{time.Minute, -time.Hour}:      time.Minute,
		{-time.Minute, math.MinInt64}:  0,
		{math.MaxInt64 - 5, 5}:         math.MaxInt64,
		{math.MaxInt64 - 5, 4}:         math.MaxInt64 - 1,
		{math.MinInt64, math.MaxInt64}: math.MaxInt64,
	} {
		if got := ages.TTL(); got != want {
			t.Errorf("%+v.TTL() = %d, want %d", ages, got, want)
		}
	}
}

func TestANegativeAgeIsNamed(t *testing.T) {
	for field, ages := range map[string]Ages{"Fresh": {Fresh: -1}, "Stale": {Stale: -1}} {
		if err := ages.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("Validate of a negative %s: %v", field, err)
		}
	}
	if err := (Ages{}).Validate(); err != nil {
		t.Errorf("Validate of the zero Ages: %v", err)
	}
}

func TestFreshnessReadsAsAWord(t *testing.T) {
	for f, want := range map[Freshness]string{Fresh: "fresh", Stale: "stale", Expired: "expired", 77: "expired"} {
		if f.String() != want {
			t.Errorf("Freshness(%d) reads %q, want %q", f, f, want)
		}
	}
}
