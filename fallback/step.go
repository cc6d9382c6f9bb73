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
	// Ready reports, at once and without effect, whether Do could answer this
	// call; nil means always. It decides what the steps before may do with their
	// turns, not whether Do is tried.
	Ready func(call C) bool
	// Resort says that the answer is a poor one, for when there is no other: the
	// steps before need not hurry for its sake.
	Resort bool
}

// Turn is what a step may do with its place in the chain.
type Turn struct {
	// Share is how long the step may take; 0 means that only the context, if
	// anything, bounds it.
	Share time.Duration
	// Hurry is true when a step behind, not counting resorts, is ready to
	// answer: waiting and retrying keep it from doing so.
	Hurry bool
	// Resort is true when a resort is ready behind.
	Resort bool
}

// Left is the record of a step that did not answer.
type Left struct {
	Step int   // its place in the chain, from 0
	Err  error // why it did not answer; never nil
}
