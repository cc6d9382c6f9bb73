package resilience

import "time"

// StateChange is one transition of a breaker.
type StateChange struct {
	Name         string        // the breaker's name
	From, To     State         // never equal
	Mode         Mode          // after the transition; in MetricsOnly it had no effect on calls
	At           time.Time     // when it happened, which may be before the callback runs
	FailureCount int           // failures within Window, after the transition
	Window       time.Duration // the configured window
	OpenFor      time.Duration // how long it stays open, if To is Open; 0 if nobody knows (ForceOpen)
	Until        time.Time     // when it becomes half-open, if To is Open; zero if nobody knows
	Reason       string        // a Reason constant, or what Trip gave
}

// FailureEvent is one counted failure of a breaker.
type FailureEvent struct {
	Name         string    // the breaker's name
	At           time.Time // when it was counted
	State        State     // the state in which it counted, before a transition that it caused
	FailureCount int       // failures within the window, this one included
}
