package resilience

import "sync/atomic"

// budget is the bucket of a BudgetPolicy.
type budget struct {
	tokens atomic.Int64
	policy BudgetPolicy // defaults filled in
}

func (b *budget) fill(p BudgetPolicy) {
	b.policy = p
	b.tokens.Store(int64(p.Capacity))
}

// take removes n tokens if there are that many.
func (b *budget) take(n int) bool {
	for {
		have := b.tokens.Load()
		if have < int64(n) {
			return false
		}
		if b.tokens.CompareAndSwap(have, have-int64(n)) {
			return true
		}
	}
}

// put adds n tokens. A full bucket is only read: a success at the first
// attempt, the usual case, writes no shared memory.
func (b *budget) put(n int) {
	for {
		have := b.tokens.Load()
		full := int64(b.policy.Capacity)
		if have == full || n == 0 {
			return
		}
		if b.tokens.CompareAndSwap(have, min(have+int64(n), full)) {
			return
		}
	}
}

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
