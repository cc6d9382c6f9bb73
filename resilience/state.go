package resilience

// State is what a breaker does with calls.
type State uint8

const (
	Closed   State = iota // calls pass
	Open                  // calls are refused
	HalfOpen              // one call, the probe, passes to find out; the others are refused
)

// String returns "closed", "open" or "half_open".
func (s State) String() string {
	switch s {
	case Closed:
		return "closed"
	case Open:
		return "open"
	case HalfOpen:
		return "half_open"
	}
	return "unknown"
}

// MarshalText encodes the state as [State.String] names it.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Mode is who decides a breaker's state.
type Mode uint8

const (
	Automatic    Mode = iota // the results of the calls decide
	ForcedOpen               // refuses every call until told otherwise
	ForcedClosed             // lets every call pass; failures are counted but never open it
	Disabled                 // lets every call pass and counts nothing
)

// String returns "automatic", "forced_open", "forced_closed" or "disabled".
func (m Mode) String() string {
	switch m {
	case Automatic:
		return "automatic"
	case ForcedOpen:
		return "forced_open"
	case ForcedClosed:
		return "forced_closed"
	case Disabled:
		return "disabled"
	}
	return "unknown"
}

// MarshalText encodes the mode as [Mode.String] names it.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Outcome is what a finished call says about the health of what it called.
type Outcome uint8

const (
	Neutral Outcome = iota // says nothing: the caller cancelled, or the request itself was wrong
	Success
	Failure
)

// String returns "neutral", "success" or "failure".
func (o Outcome) String() string {
	switch o {
	case Neutral:
		return "neutral"
	case Success:
		return "success"
	case Failure:
		return "failure"
	}
	return "unknown"
}

// phase is a breaker's state in full: the state, the mode, and whether a probe is out.
type phase uint64

const (
	phaseClosed phase = iota
	phaseOpen
	phaseHalfOpen // no probe is out
	phaseProbing  // half-open with its probe out
	phaseForcedOpen
	phaseForcedClosed
	phaseDisabled

	phaseBits = 3
)

func (p phase) state() State {
	switch p {
	case phaseOpen, phaseForcedOpen:
		return Open
	case phaseHalfOpen, phaseProbing:
		return HalfOpen
	}
	return Closed
}

func (p phase) mode() Mode {
	switch p {
	case phaseForcedOpen:
		return ForcedOpen
	case phaseForcedClosed:
		return ForcedClosed
	case phaseDisabled:
		return Disabled
	}
	return Automatic
}

// word packs an era and a phase, so that one atomic load answers both.
type word uint64

func (w word) closed() bool      { return w&(1<<phaseBits-1) == word(phaseClosed) }
func (w word) phase() phase      { return phase(w & (1<<phaseBits - 1)) }
func (w word) era() uint64       { return uint64(w >> phaseBits) }
func (w word) next(p phase) word { return word((w.era()+1)<<phaseBits) | word(p) }
