package resilience

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

const (
	latencyUnit    = 16   // log2 of the finest step: 65.5 µs
	latencyBuckets = 192  // up to 73 min; the last one takes what is longer
	latencyDecay   = 1024 // samples after which all counts are halved
)

// latency is a histogram of durations with eight buckets to each power of two,
// so that a quantile is at most 12.5 % (and 65.5 µs) too high. Old samples lose
// half their weight with every 512 new ones. It takes no lock: a sample told
// during a halving may weigh a little more or less.
type latency struct {
	counts  [latencyBuckets]atomic.Int32
	total   atomic.Int32
	halving atomic.Bool
}

// record returns how many samples there are now.
func (l *latency) record(d time.Duration) (samples int) {
	l.counts[latencyBucket(d)].Add(1)
	total := l.total.Add(1)
	// Not at the very sample alone: more may come while one caller halves.
	if total >= latencyDecay && l.halving.CompareAndSwap(false, true) {
		l.halve()
		l.halving.Store(false)
	}
	return int(total)
}

func (l *latency) halve() {
	var removed int32
	for i := range l.counts {
		half := l.counts[i].Load() / 2
		l.counts[i].Add(-half)
		removed += half
	}
	l.total.Add(-removed)
}

// quantile returns the duration that a share q of the samples does not exceed,
// by nearest rank, and how many samples that rests on.
func (l *latency) quantile(q float64) (d time.Duration, samples int) {
	total := l.total.Load()
	rank := max(int32(math.Ceil(q*float64(total))), 1)
	var seen int32
	for i := range l.counts {
		if seen += l.counts[i].Load(); seen >= rank {
			return latencyEdge(i), int(total)
		}
	}
	return 0, 0
}

func latencyBucket(d time.Duration) int {
	v := uint64(max(d, 0)) >> latencyUnit
	e := max(bits.Len64(v)-4, 0)
	return min(e*8+int(v>>e), latencyBuckets-1)
}

// latencyEdge is the upper edge of bucket i.
func latencyEdge(i int) time.Duration {
	e := max(i/8-1, 0)
	return time.Duration(i-e*8+1) << (e + latencyUnit)
}
