// Package promises plays the promises of a circuit breaker, one scenario each,
// over this module's breaker and over its peers in Go, each behind the ways of
// calling it that it documents. Its one test prints a table of who keeps what;
// it fails if ours breaks a promise, or if nobody does: a scenario that nothing
// can fail proves nothing.
//
// All breakers are given the same policy: 5 failures within 60 s open, 30 s
// later one success closes. Where an outcome is told in a second step, a call
// that panics or ends its goroutine is one whose outcome is never told.
package promises
