package cachetest

import (
	"bytes"
	"context"
	"time"

	"github.com/finbrain/ai/cache"
)

// ample is a time to live that no check outlasts.
const ample = time.Hour

// subject is the store under test. It reports through errorf rather than to a
// testing.T, so that the suite itself can be tested against stores that break
// their obligations.
type subject struct {
	cache.Store
	ctx     context.Context
	advance func(time.Duration)
	errorf  func(format string, args ...any)
}

// put stores value and reports a failure to.
func (s subject) put(key string, value []byte, ttl time.Duration) {
	if err := s.Set(s.ctx, key, value, ttl); err != nil {
		s.errorf("Set(%.40q): %v", key, err)
	}
}

// remove deletes key and reports a failure to.
func (s subject) remove(key string) {
	if err := s.Delete(s.ctx, key); err != nil {
		s.errorf("Delete(%.40q): %v", key, err)
	}
}

// want reports anything but a hit with the given value, and returns the copy.
func (s subject) want(key string, value []byte) []byte {
	got, ok, err := s.Get(s.ctx, key)
	switch {
	case err != nil:
		s.errorf("Get(%.40q): %v", key, err)
	case !ok:
		s.errorf("Get(%.40q) missed, want %d bytes", key, len(value))
	case !bytes.Equal(got, value):
		s.errorf("Get(%.40q) = %.40q (%d bytes), want %.40q (%d bytes)", key, got, len(got), value, len(value))
	}
	return got
}

// wantMiss reports anything but a miss without an error.
func (s subject) wantMiss(key string) {
	got, ok, err := s.Get(s.ctx, key)
	switch {
	case err != nil:
		s.errorf("Get(%.40q): %v, want a miss without an error", key, err)
	case ok || got != nil:
		s.errorf("Get(%.40q) = %.40q, %t, want nil, false", key, got, ok)
	}
}
