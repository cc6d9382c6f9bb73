package resilience

import "time"

// The largest LimitPolicy.MaxConcurrent and LimitPolicy.Queue.
const (
	maxConcurrent = 1 << 20
	maxQueue      = 1 << 16
)

// LimitPolicy configures a [Limiter]. The zero value sets no limit.
type LimitPolicy struct {
	// MaxConcurrent is how many calls may be under way at once, at most 1<<20.
	// 0: no limit.
	MaxConcurrent int
	// Queue is how many more may wait for a place, first come, first served; at
	// most 65536. 0: what finds no place is refused at once.
	Queue int
	// MaxQueueWait is the longest that a call may wait for its place. Default
	// 1 s, which rides out a burst: what lasts longer is overload, and there
	// waiting only makes every call late.
	MaxQueueWait time.Duration
	// Adaptive lets the limiter find its limit by itself, up to MaxConcurrent.
	// Off at zero.
	Adaptive AdaptivePolicy
}

// Validate returns an error that names the first bad field, or nil. What would
// be without effect, such as a queue or an adaptive limit without MaxConcurrent,
// is refused too: it is a limit that somebody believes in.
func (p LimitPolicy) Validate() error {
	if err := firstError(
		inRange("LimitPolicy.MaxConcurrent", p.MaxConcurrent, maxConcurrent),
		inRange("LimitPolicy.Queue", p.Queue, maxQueue),
		notNegative("LimitPolicy.MaxQueueWait", p.MaxQueueWait),
		notNegative("AdaptivePolicy.Min", p.Adaptive.Min),
		notNegative("AdaptivePolicy.Start", p.Adaptive.Start),
	); err != nil {
		return err
	}
	a := p.Adaptive
	switch {
	case p.MaxConcurrent == 0 && p.Queue > 0:
		return invalid("LimitPolicy.Queue is %d: needs a MaxConcurrent", p.Queue)
	case p.Queue == 0 && p.MaxQueueWait > 0:
		return invalid("LimitPolicy.MaxQueueWait is %v: needs a Queue", p.MaxQueueWait)
	case a.Min > p.MaxConcurrent:
		return invalid("AdaptivePolicy.Min is %d: must not be more than LimitPolicy.MaxConcurrent (%d)", a.Min, p.MaxConcurrent)
	case a.Min == 0 && a.Start > 0:
		return invalid("AdaptivePolicy.Start is %d: needs a Min", a.Start)
	case a.Min == 0 && a.OnChange != nil:
		return invalid("AdaptivePolicy.OnChange is set: needs a Min")
	case a.Start > 0 && (a.Start < a.Min || a.Start > p.MaxConcurrent):
		return invalid("AdaptivePolicy.Start is %d: must be between Min (%d) and LimitPolicy.MaxConcurrent (%d)", a.Start, a.Min, p.MaxConcurrent)
	}
	return nil
}

func (p LimitPolicy) withDefaults() LimitPolicy {
	if p.Queue > 0 {
		setDefault(&p.MaxQueueWait, time.Second)
	}
	if p.Adaptive.Min > 0 {
		setDefault(&p.Adaptive.Start, min(max(adaptiveStart, p.Adaptive.Min), p.MaxConcurrent))
	}
	return p
}
