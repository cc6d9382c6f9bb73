package mocks

import (
	"time"

	"github.com/finbrain/ai"
)

// Call is one call that an Analyzer received.
type Call struct {
	// Request is a copy of what was asked; nil when that was nil.
	Request *ai.Request
	// Deadline is that of the call's context; zero when it had none.
	Deadline time.Time
}
