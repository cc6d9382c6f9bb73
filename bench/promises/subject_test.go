package promises

import (
	"context"
	"errors"
	"time"
)

// The policy of every subject.
const (
	failures = 5
	window   = 60 * time.Second
	openFor  = 30 * time.Second
)

var errDown = errors.New("down")

// breaker is a circuit breaker behind one way of calling it.
type breaker interface {
	// call makes one call of fn, unless the breaker refuses it. A panic of fn
	// may pass through.
	call(ctx context.Context, fn func(context.Context) error)
	// closed tells whether the breaker is neither open nor half-open.
	closed() bool
}

// permitter is a breaker whose calls are told of in a second step.
type permitter interface {
	breaker
	// acquire takes a permit, for a call whose failure is told with fail.
	acquire() (fail func(), ok bool)
}

// subject is a column of the table.
type subject struct {
	library string
	way     string // of calling it
	does    ability
	// open returns a new breaker that calls onChange, if it can, whenever its
	// state changes.
	open func(onChange func()) breaker
}

// ability is what a breaker must be able to do for a promise to mean anything.
type ability uint8

const (
	repeats  ability = 1 << iota // can be driven through call after call
	windows                      // counts failures within a span of time
	knows                        // decides which single calls pass, and hears what became of each
	tells                        // calls back when its state changes
	separate                     // takes a call's outcome in a second step, see permitter
)

const ours = "ours"

var subjects = []subject{
	{ours, "Do", repeats | windows | knows | tells, openDo},
	{ours, "Protect", repeats | windows | knows | tells, openProtect},
	{ours, "Acquire", repeats | windows | knows | tells | separate, openAcquire},
	{ours, "Record", repeats | windows | tells, openRecord},
	{"gobreaker", "Execute", repeats | windows | knows | tells, openGobreaker},
	{"gobreaker", "10 buckets", repeats | windows | knows | tells, openGobreakerBuckets},
	{"gobreaker", "TwoStep", repeats | windows | knows | tells | separate, openGobreakerTwoStep},
	{"gobreaker", "shared", 0, openGobreakerShared},
	{"failsafe", "executor", repeats | windows | knows | tells, openFailsafe},
	{"failsafe", "permits", repeats | windows | knows | tells | separate, openFailsafePermits},
	{"eapache", "Run", repeats | knows, openEapache},
	{"rubyist", "Call", repeats | windows | knows, openRubyist},
}
