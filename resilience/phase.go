package resilience

// phase is what a breaker is doing, in full.
type phase uint64

const (
	phaseClosed       phase = iota // successes are not even looked at
	phaseCounted                   // closed, and every call is counted
	phaseOpen                      //
	phaseHalfOpen                  // there is a place for a probe
	phaseProbing                   // half-open with all its probes out or done
	phaseReadmitting               // half-open; a share of the calls passes
	phaseForcedOpen                //
	phaseForcedClosed              //
	phaseDisabled                  //
)

func (p phase) state() State {
	switch p {
	case phaseOpen, phaseForcedOpen:
		return Open
	case phaseHalfOpen, phaseProbing, phaseReadmitting:
		return HalfOpen
	}
	return Closed
}

// word packs an era, whether nobody is to be refused (MetricsOnly), and a
// phase, so that one atomic load answers them all.
type word uint64

const (
	phaseMask word = 1<<4 - 1
	dryBit    word = 1 << 4
	eraShift       = 5
)

func (w word) closed() bool { return w&phaseMask == word(phaseClosed) }
func (w word) phase() phase { return phase(w & phaseMask) }
func (w word) dry() bool    { return w&dryBit != 0 }
func (w word) era() uint64  { return uint64(w >> eraShift) }

// to is another phase of the same era.
func (w word) to(p phase) word { return w&^phaseMask | word(p) }

// next begins an era.
func (w word) next() word { return w + 1<<eraShift }

func (w word) mode() Mode {
	switch {
	case w.phase() == phaseForcedOpen:
		return ForcedOpen
	case w.phase() == phaseForcedClosed:
		return ForcedClosed
	case w.phase() == phaseDisabled:
		return Disabled
	case w.dry():
		return MetricsOnly
	}
	return Automatic
}
