package resilience

// State is what a breaker does with calls.
type State uint8

const (
	Closed   State = iota // calls pass
	Open                  // calls are refused
	HalfOpen              // a few calls, the probes, pass to find out; the others are refused
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
	MetricsOnly              // lets every call pass, and tells what Automatic would have done
)

// String returns "automatic", "forced_open", "forced_closed", "disabled" or
// "metrics_only".
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
	case MetricsOnly:
		return "metrics_only"
	}
	return "unknown"
}

// MarshalText encodes the mode as [Mode.String] names it.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Outcome is what a finished call says about the health of what it called. A
// value that is none of the three counts as [Neutral].
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

// tells tells whether the outcome says anything.
func (o Outcome) tells() bool { return o == Success || o == Failure }
