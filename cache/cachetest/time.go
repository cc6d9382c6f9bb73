package cachetest

import (
	"context"
	"errors"
	"time"

	"github.com/finbrain/ai/cache"
)

// timeChecks are about times to live and contexts that have ended.
var timeChecks = []check{
	{"AnEntryIsGoneAfterItsTTL", func(s subject) {
		s.put("short", []byte("one"), 2*time.Second)
		s.put("long", []byte("two"), ample)
		s.advance(time.Second)
		s.want("short", []byte("one"))
		s.advance(2 * time.Second)
		s.wantMiss("short")
		s.want("long", []byte("two"))
	}},
	{"ReadingDoesNotProlongAnEntry", func(s subject) {
		s.put("a", []byte("one"), 2*time.Second)
		s.advance(time.Second)
		s.want("a", []byte("one"))
		s.advance(1500 * time.Millisecond)
		s.wantMiss("a")
	}},
	{"ANewValueHasItsOwnTTL", func(s subject) {
		s.put("prolonged", []byte("one"), 2*time.Second)
		s.put("shortened", []byte("one"), ample)
		s.put("prolonged", []byte("two"), ample)
		s.put("shortened", []byte("two"), 2*time.Second)
		s.advance(3 * time.Second)
		s.want("prolonged", []byte("two"))
		s.wantMiss("shortened")
	}},
	{"AnExpiredKeyCanBeStoredAgain", func(s subject) {
		s.put("a", []byte("one"), time.Second)
		s.advance(2 * time.Second)
		s.put("a", []byte("two"), ample)
		s.want("a", []byte("two"))
	}},
	{"ATTLOfZeroOrLessIsRefused", func(s subject) {
		for _, ttl := range []time.Duration{0, -1, -time.Hour} {
			if err := s.Set(s.ctx, "a", []byte("one"), ttl); !errors.Is(err, cache.ErrTTL) {
				s.errorf("Set with ttl %v: %v, want ErrTTL", ttl, err)
			}
		}
		s.wantMiss("a")
	}},
	{"TheLongestTTLDoesNotOverflow", func(s subject) {
		s.put("a", []byte("one"), 1<<63-1)
		s.want("a", []byte("one"))
	}},
	{"AnEndedContextStopsEveryMethod", func(s subject) {
		s.put("a", []byte("one"), ample)
		ended, cancel := context.WithCancel(s.ctx)
		cancel()
		if got, ok, err := s.Get(ended, "a"); got != nil || ok || !errors.Is(err, context.Canceled) {
			s.errorf("Get with a cancelled context = %.40q, %t, %v", got, ok, err)
		}
		if err := s.Set(ended, "a", []byte("two"), ample); !errors.Is(err, context.Canceled) {
			s.errorf("Set with a cancelled context: %v", err)
		}
		if err := s.Delete(ended, "a"); !errors.Is(err, context.Canceled) {
			s.errorf("Delete with a cancelled context: %v", err)
		}
		s.want("a", []byte("one"))
	}},
}
