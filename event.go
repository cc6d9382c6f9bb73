package ai

import (
	"time"

	"github.com/finbrain/ai/resilience"
)

// Event is one of the types in this file; more may be added. Events carry no
// key, prompt, answer or raw provider error.
type Event interface{ event() }

// Origin says what an event is about. Fields that do not apply are zero.
type Origin struct {
	Time time.Time
	// Call numbers the calls of a Client from 1; 0 for what belongs to no call.
	Call uint64
	// Circuit names the guard of a route for one kind: "openai/text".
	Circuit  string
	Provider string
	Kind     Kind
	Model    string
}

// CallEnded says that Client.Analyze returned, or work on jobs or files, or that
// a Client.Stream has ended: its last Delta, or its error, is about to reach the
// caller, or the caller has left (CodeCanceled). Provider and Model are what
// served; Circuit is empty. Of a call that was refused before it began, as
// invalid, too late or of a closed Client, there is no event.
type CallEnded struct {
	Origin
	// Code is empty when there was an answer; Source, Fallback, Reason and
	// Usage are then the answer's.
	Code     Code
	Source   Source
	Fallback bool
	Reason   Code
	Usage    Usage
	// Attempts is how many times providers were asked.
	Attempts int
	Duration time.Duration
	// Streamed is true for a Stream. Duration then has in it what the caller's
	// loop took, and FirstContent is how long after the start the first content
	// reached the caller; 0 if none did.
	Streamed     bool
	FirstContent time.Duration
}

// AttemptEnded says that a provider was asked once, and what came of it. Model
// is what was asked for; the answer's if nobody knows.
type AttemptEnded struct {
	Origin
	// Code is empty when it answered, and CodeCanceled when the caller, or
	// another attempt that was quicker, ended it.
	Code       Code
	Status     int
	RetryAfter time.Duration
	Duration   time.Duration
	// Usage is the answer's, also of one that could not be used.
	Usage Usage
	// Streamed is true when the provider was asked for a stream. Duration then has
	// in it what the caller's loop took, and FirstContent is how long after the
	// attempt's start its first content came; 0 if none did.
	Streamed     bool
	FirstContent time.Duration
}

// FellBack says that something other than the primary answered a call.
// Provider and Model are what answered instead.
type FellBack struct {
	Origin
	// Primary is the route that should have answered, Reason why it did not.
	Primary string
	Reason  Code
	Source  Source
}

// CacheLooked says that an answer was looked for in the cache, of Provider.
type CacheLooked struct {
	Origin
	Result CacheResult
	// Age of what was found.
	Age time.Duration
}

// CacheResult is what a look into the cache found.
type CacheResult string

// The results.
const (
	CacheFresh CacheResult = "fresh" // an answer as good as a new one
	CacheStale CacheResult = "stale" // one that may stand in
	CacheMiss  CacheResult = "miss"  // nothing that may be used
)

// RetryWaiting says that a route waits before it asks its provider again.
type RetryWaiting struct {
	Origin
	// Attempt numbers the attempt to come within its turn, from 2.
	Attempt int
	Wait    time.Duration
}

// BudgetEmpty says that a route did not ask again because its retry budget was
// spent.
type BudgetEmpty struct{ Origin }

// Refused says that a guard let an attempt, or a turn, not through.
type Refused struct {
	Origin
	By Refuser
	// State is that of the breaker or gate.
	State resilience.State
	// Reason is a constant: of the breaker, the gate or the limit.
	Reason string
	// RetryAfter is when to ask again; 0 if nobody knows.
	RetryAfter time.Duration
}

// Refuser is the part of a guard that refused.
type Refuser string

// The refusers.
const (
	RefusedByBreaker Refuser = "breaker"
	RefusedByGate    Refuser = "gate"
	RefusedByLimit   Refuser = "limit"
)

// StateChanged says that a circuit breaker changed its state.
type StateChanged struct {
	Origin
	From, To resilience.State
	// Mode is the breaker's; in resilience.MetricsOnly the change had no effect.
	Mode resilience.Mode
	// FailureCount is how many failures the window held.
	FailureCount int
	// Window is the breaker's window.
	Window time.Duration
	// OpenFor is how long the breaker stays open, 0 unless To is Open.
	OpenFor time.Duration
	// Reason is a Reason constant of package resilience, or what Trip gave.
	Reason string
}

// GateChanged says that a model is left alone for a while, or is not any more.
type GateChanged struct {
	Origin
	// Closed: for that long, because of Reason. Otherwise the gate is open again.
	Closed bool
	For    time.Duration
	Reason Code
}

// LimitChanged says that an adaptive limit found another value.
type LimitChanged struct {
	Origin
	From, To int
}

// Hedged says that a second attempt began beside a slow one, and then how it
// ended.
type Hedged struct {
	Origin
	Stage HedgeStage
}

// HedgeStage is how far a hedge has come.
type HedgeStage string

// The stages: every hedge starts, and then wins or loses.
const (
	HedgeStarted HedgeStage = "started"
	HedgeWon     HedgeStage = "won"
	HedgeLost    HedgeStage = "lost"
)

func (CallEnded) event()    {}
func (AttemptEnded) event() {}
func (FellBack) event()     {}
func (CacheLooked) event()  {}
func (RetryWaiting) event() {}
func (BudgetEmpty) event()  {}
func (Refused) event()      {}
func (StateChanged) event() {}
func (GateChanged) event()  {}
func (LimitChanged) event() {}
func (Hedged) event()       {}
