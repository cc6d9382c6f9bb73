package resilience

import "time"

// pace is how long places are held. While somebody waits every place is taken,
// so that as many calls end within the mean holding time as there are places.
// Only that time is measured: it needs no look at the clock while nobody waits.
type pace struct {
	holding time.Duration // the mean, half of it the latest measurement; 0 if unknown
	since   time.Duration // instant up to which elapsed is counted
	elapsed time.Duration // of the present measurement
	ended   int           // calls that ended in it
}

// resume goes on measuring: somebody waits again.
func (p *pace) resume(now time.Duration) { p.since = now }

// pass counts the time in which somebody has been waiting.
func (p *pace) pass(now time.Duration) {
	p.elapsed += now - p.since
	p.since = now
}

// end counts a call that ended while somebody was waiting.
func (p *pace) end(now time.Duration, limit int) {
	p.pass(now)
	if p.ended++; p.ended < limit {
		return
	}
	holding := p.elapsed / time.Duration(p.ended) * time.Duration(limit)
	if p.holding > 0 {
		holding = (p.holding + holding) / 2
	}
	*p = pace{holding: holding, since: now}
}

// turn is how long it takes, while somebody waits, until the call at that
// position (from 1) gets its place. A measurement that has already lasted longer
// than the mean is believed before its end.
func (p *pace) turn(position, limit int, now time.Duration) time.Duration {
	holding := max(p.holding, p.elapsed+now-p.since)
	return time.Duration(float64(holding) * float64(position) / float64(limit))
}
