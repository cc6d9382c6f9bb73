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
//	  |                             30 s  |         | the probe fails
//	  |                                   v         |
//	  +------------------------------ half-open ----+
//	         the probe succeeds      (one probe)
//
// [Do] and [Protect] put a function under a breaker. [Breaker.Acquire] and
// [Permit.Done] are the two halves of the same thing, for work that outlives a
// function. [Breaker.RecordSuccess] and [Breaker.RecordFailure] only tell.
//
// Every transition begins a new era. A permit belongs to the era it was taken
// in, and its result never touches a later one: a call that began before the
// breaker opened can neither close nor reopen it.
//
// # The guard
//
// A [Guard] is a breaker with what belongs around it. [Run] takes a call
// through its layers, outermost first:
//
//	limit -> retry with backoff ( breaker permit and gate -> time limit -> call )
//
// The limit is outermost because a call that waits between attempts still
// occupies its place. Each attempt takes a permit of its own, so that a run
// stops when its own failures open the breaker. The gate belongs to one key
// (a model, a tenant, a table): it closes when that key is rate limited or out
// of quota, which says nothing against the service as a whole.
//
// There should be one retrying layer only; a budget shared by all runs of a
// guard keeps its retries from becoming a second outage.
package resilience
