package resilience

// places is the state of a limiter in one word: how many calls are under way,
// how many may be, and how many wait. While nobody waits anybody may take and
// give back a place, by compare-and-swap. All else is done with the limiter's
// lock held: joining, leaving and serving the queue, and setting the limit.
type places uint64

const (
	placeBits = 22
	queueBits = 64 - 2*placeBits

	oneWaiting places = 1
	onePlace   places = 1 << queueBits
	oneOfLimit places = 1 << (queueBits + placeBits)

	unlimited = 1<<placeBits - 1 // more goroutines than there will be
)

func newPlaces(limit int) places { return places(limit) * oneOfLimit }

func (p places) limit() int    { return int(p / oneOfLimit) }
func (p places) inFlight() int { return int(p / onePlace % (1 << placeBits)) }
func (p places) waiting() int  { return int(p % onePlace) }

// full tells whether a newcomer can neither take a place nor wait for one.
func (p places) full(queue int) bool { return !p.free() && p.waiting() >= queue }

// vacant tells whether fewer calls are under way than may be.
func (p places) vacant() bool { return p.inFlight() < p.limit() }

// free tells whether a newcomer may take a place: those who wait come first.
func (p places) free() bool { return p.waiting() == 0 && p.vacant() }
