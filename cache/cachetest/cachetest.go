// Package cachetest is the conformance suite for implementations of cache.Store.
package cachetest

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/cache"
)

// Option changes how the suite runs.
type Option interface{ apply(*suite) }

type optionFunc func(*suite)

func (f optionFunc) apply(s *suite) { f(s) }

// WithAdvance is for stores whose time or connections a synctest bubble does not
// reach, such as a server behind a socket. The checks then run outside a bubble,
// and advance has to make d pass for the store that open returned last: by
// moving the clock of a fake server, or by waiting. Checks advance by 3 seconds
// at most.
func WithAdvance(advance func(t *testing.T, d time.Duration)) Option {
	return optionFunc(func(s *suite) { s.advance = advance })
}

// Run checks the obligations of cache.Store, each in a subtest of its own with a
// store of its own, which open returns and the suite closes. The store must be
// empty and have room for a thousand entries and a mebibyte, so that it has no
// reason to forget what the suite stores.
//
// By default each check runs in a synctest bubble, so that time costs nothing; a
// goroutine that is left after Close then fails the check.
func Run(t *testing.T, open func(t *testing.T) cache.Store, opts ...Option) {
	t.Helper()
	var s suite
	for _, o := range opts {
		o.apply(&s)
	}
	for _, c := range slices.Concat(valueChecks, timeChecks, useChecks) {
		t.Run(c.name, func(t *testing.T) {
			if s.advance == nil {
				synctest.Test(t, func(t *testing.T) { s.run(t, open, c) })
			} else {
				s.run(t, open, c)
			}
		})
	}
}

// suite is how the checks run.
type suite struct {
	advance func(*testing.T, time.Duration) // nil: in a bubble
}

func (s suite) run(t *testing.T, open func(*testing.T) cache.Store, c check) {
	store := open(t)
	defer func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	sub := subject{Store: store, ctx: t.Context(), errorf: t.Errorf, advance: pass}
	if s.advance != nil {
		sub.advance = func(d time.Duration) { s.advance(t, d) }
	}
	c.run(sub)
}

// pass lets d go by in a bubble.
func pass(d time.Duration) { <-time.After(d) }

// check is one obligation.
type check struct {
	name string
	run  func(subject)
}
