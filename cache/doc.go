// Package cache keeps answers: a byte store with a bound on its memory, ages
// that tell a fresh answer from a stale one, keys that no two different
// requests share, and one upstream call for concurrent identical misses.
//
// It knows nothing of AI; the pieces are independent and meet in the caller:
//
//	key   → [Hasher], [Join]     what was asked, in 43 printable characters
//	age   → [Ages], [Entry]      when it was answered, and what that is worth now
//	store → [Store], [Memory]    where the bytes are
//	miss  → [Flight]             who asks upstream, and who waits for it
//
// A cache makes calls cheaper and outages milder; it never makes a call fail.
// Whoever uses a Store treats its errors as misses.
//
// Package cachetest holds the conformance suite for other implementations of
// Store.
package cache
