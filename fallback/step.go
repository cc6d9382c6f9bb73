package fallback

import (
	"context"
	"time"
)

// Step is one way to answer a call. C is what a call carries through the
// chain, T the answer. Steps are values without state of their own and are
// shared by all calls.
type Step[C, T any] struct {
	// Do answers the call or says why it cannot. It honours ctx and uses no
	// more time than its turn allows.
	Do func(ctx context.Context, call C, turn Turn) (T, error)
	// Timed says that Do takes time worth sharing out, such as a call over the
	// network. Steps that are not timed answer at once.
	Timed bool
	// Ready reports, at once and without effect, whether Do could be called for
	// this call; nil means always. It decides how the deadline is shared, not
	// whether Do is tried.
	Ready func(call C) bool
}

// Turn is what a step may do with its place in the chain.
type Turn struct {
	// Share is how long the step may take; 0 means that only the context, if
	// anything, bounds it.
	Share time.Duration
	// Last is true when no timed step behind this one could be called: waiting
	// and retrying keep nobody from answering.
	Last bool
}

// Left is the record of a step that did not answer.
type Left struct {
	Step int   // its place in the chain, from 0
	Err  error // why it did not answer; never nil
}
