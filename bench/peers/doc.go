// Package peers measures this module's breaker and guard beside their peers in
// Go, in one run and in rounds that take turns, so that what disturbs one
// disturbs all. Its tests check that every measured way does what it says and
// how much ours may allocate; the figures are printed by
//
//	make bench-peers
//
// Each library has the same policy and is called in the cheapest way that it
// documents. Failures are those of a breaker that they never open: a window or a
// threshold out of reach. What one goroutine does is told in time of a
// processor, which the other work of a machine hardly lengthens; what several do
// at once is told in time that goes by, which it does.
package peers
