// Package resilience keeps a caller answering while what it calls is failing.
// It knows nothing of what the calls do: AI providers, e-mail, file storage,
// webhooks and SQL are guarded alike.
//
// # The breaker
//
// A [Breaker] stops calling what keeps failing and finds out by itself when it
// has recovered:
//
//	        5 failures within any 60 s
//	closed ----------------------------> open <-----+
//	  ^                                   |         |
//	  |                             30 s  |         | a probe fails
//	  |                                   v         |
//	  +------------------------------ half-open ----+
//	       the probe succeeds          (one probe)
//
// [Do] and [Protect] put a function under a breaker. [Breaker.Acquire] and
// [Permit.Done] are the two halves of the same thing, for work that outlives a
// function: the outcome of a stream may be told at its first token or at its
// end. [Breaker.RecordSuccess] and [Breaker.RecordFailure] only tell.
//
// An outcome is a [Success], a [Failure] or [Neutral]: a caller that cancels,
// or asks for something impossible, has learned nothing about the service.
//
// Every transition begins a new era. A permit belongs to the era it was taken
// in, and its result never touches a later one: a call that began before the
// breaker opened can neither close nor reopen it. A probe holds its place for a
// lease: one that panics, ends its goroutine, is cancelled or never returns
// makes room for another.
//
// There is no timer and no goroutine: the open time ends with the next call, or
// the next look. By default, with [Do], a success of a closed breaker reads one
// word of memory and writes none.
//
// What [BreakerConfig] offers beyond that is off unless set: a failure rate
// beside or instead of the count, a rate of slow calls, several probes,
// re-admission by growing shares, open times that grow and scatter, and a mode
// that only tells what the breaker would have done. A [Registry] holds the
// breakers of many services by name.
//
// # The guard
//
// A [Guard] is a breaker with what belongs around it. [Run] takes a call
// through its layers, outermost first:
//
//	limit -> retry ( breaker and gate -> time limit -> hedge -> call )
//
// The limit is outermost because a call that waits between attempts still
// occupies its place. Retrying is outside the breaker: each attempt takes a
// permit of its own, so that a run stops when its own failures open the
// breaker, and no retry is spent on a service that is known to be down. The
// time limit is inside both, because a hanging attempt must count and must
// leave time for the next. Hedging is innermost: the second request is part of
// the same attempt, shares its permit and its time, and tells the breaker once.
// Only [RunHedged] does it, with functions that may be called twice at once.
// [RunStream] is for answers that come in pieces: the attempt lasts until the
// last of them, and other limits hold from the first one on.
//
// The gate belongs to one key (a model, a tenant, a table): it closes when that
// key is rate limited or out of quota, which says nothing against the service
// as a whole.
//
// There should be one retrying layer only; a budget shared by all runs of a
// guard keeps its retries from becoming a second outage.
//
// Policy.OnEvent is told all that a guard does, as one stream of [Event].
//
// # Around it
//
// Package httpguard, below this one, puts breakers into an http.Client and in
// front of an http.Handler.
//
// How to choose thresholds, with figures from simulated outages, is the page
// docs/tuning.md of this module.
package resilience
