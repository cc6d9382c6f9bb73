package resilience

import "sync/atomic"

// bucket holds tokens up to its capacity.
type bucket struct {
	tokens   atomic.Int64
	capacity int64
}

// take removes n tokens if there are that many.
func (b *bucket) take(n int64) bool {
	for {
		have := b.tokens.Load()
		if have < n {
			return false
		}
		if b.tokens.CompareAndSwap(have, have-n) {
			return true
		}
	}
}

// put adds n tokens. A full bucket is only read: a success at the first
// attempt, the usual case, writes no shared memory.
func (b *bucket) put(n int64) {
	for {
		have := b.tokens.Load()
		if have == b.capacity || n == 0 {
			return
		}
		if b.tokens.CompareAndSwap(have, have+min(n, b.capacity-have)) {
			return
		}
	}
}

// budget is the bucket of a BudgetPolicy.
type budget struct {
	bucket
	policy BudgetPolicy // defaults filled in
}

func (b *budget) fill(p BudgetPolicy) {
	b.policy = p
	b.capacity = int64(p.Capacity)
	b.tokens.Store(b.capacity)
}

func (b *budget) take(n int) bool { return b.bucket.take(int64(n)) }

func (b *budget) put(n int) { b.bucket.put(int64(n)) }

// cost is the price of a retry after such a failure. What was refused before
// any attempt was made costs nothing.
func (b *budget) cost(f *failure) int {
	switch {
	case f.refused:
		return 0
	case f.verdict.Throttled:
		return b.policy.ThrottledCost
	}
	return b.policy.RetryCost
}
