package resilience

import "time"

// EventKind is what an [Event] tells of.
type EventKind uint8

const (
	// EventAttempt: an attempt has ended. Attempt, Outcome, Took, Hedged; of a
	// failed one also Reason, TimedOut, Throttled and Wait, the service's hint.
	EventAttempt EventKind = iota + 1
	// EventRetry: a run waits for Wait before the attempt numbered Attempt,
	// for which it has paid Cost.
	EventRetry
	// EventBudgetEmpty: a run does not try again because the budget lacks Cost.
	EventBudgetEmpty
	// EventBreakerRefused: the breaker, which is in the state To, refused the
	// attempt numbered Attempt. Reason, Wait until it may be asked again; 0 if
	// nobody knows.
	EventBreakerRefused
	// EventGateRefused: the same of the gate of Key.
	EventGateRefused
	// EventLimitRefused: a run got no place within the Limit. Reason.
	EventLimitRefused
	// EventGateClosed: the gate of Key is closed for Wait from now. Reason.
	EventGateClosed
	// EventGateOpened: the gate of Key is open again. A guard that has too many
	// gates to remember forgets some without a word: [Guard.Gates] has them all.
	EventGateOpened
	// EventHedgeStarted: a second call begins beside the first one of the
	// attempt numbered Attempt. One of the next two follows.
	EventHedgeStarted
	// EventHedgeWon: the second call answered. Attempt.
	EventHedgeWon
	// EventHedgeLost: the second call failed or was not waited for. Attempt.
	EventHedgeLost
	// EventHedgePanicked: a second call panicked that nobody waited for any
	// more. Attempt.
	EventHedgePanicked
	// EventStateChanged: the breaker went From one state To another, in Mode.
	// Reason, FailureCount, Window; Wait is how long it stays open, 0 if it does
	// not or nobody knows.
	EventStateChanged
	// EventFailure: the breaker counted a failure. FailureCount and Window with
	// it; To is the state in which it counted.
	EventFailure
	// EventLimitChanged: an adaptive limit is now Limit and was OldLimit.
	EventLimitChanged
)

var eventKinds = [...]string{
	EventAttempt:        "attempt",
	EventRetry:          "retry",
	EventBudgetEmpty:    "budget_empty",
	EventBreakerRefused: "breaker_refused",
	EventGateRefused:    "gate_refused",
	EventLimitRefused:   "limit_refused",
	EventGateClosed:     "gate_closed",
	EventGateOpened:     "gate_opened",
	EventHedgeStarted:   "hedge_started",
	EventHedgeWon:       "hedge_won",
	EventHedgeLost:      "hedge_lost",
	EventHedgePanicked:  "hedge_panicked",
	EventStateChanged:   "state_changed",
	EventFailure:        "failure",
	EventLimitChanged:   "limit_changed",
}

// String returns the kind's name in lower case, as in "hedge_won".
func (k EventKind) String() string {
	if int(k) < len(eventKinds) && eventKinds[k] != "" {
		return eventKinds[k]
	}
	return "unknown"
}

// Event is one thing that happened in a [Guard], told to Policy.OnEvent. Its
// kind says which fields have a meaning; the others are zero. It carries no
// error, no text of one, and nothing of what was passed or returned.
type Event struct {
	Kind  EventKind
	Guard string    // the guard's name
	Call  uint64    // Call.ID of the run; 0 for what concerns breaker or limit
	Key   string    // Call.Key of the run; empty for what concerns breaker or limit
	At    time.Time // when it happened

	Attempt   int           // the number of the attempt within its run, from 1
	Outcome   Outcome       // what the attempt told the breaker
	Took      time.Duration // by the call that decided the attempt
	Hedged    bool          // a second call ran beside the first
	TimedOut  bool          // as the verdict says
	Throttled bool          // as the verdict says

	Wait   time.Duration // what must go by first
	Cost   int           // in tokens of the retry budget
	Reason string        // a Reason constant, or what the verdict or Trip gave

	From, To     State
	Mode         Mode
	FailureCount int           // failures within Window
	Window       time.Duration // the breaker's

	Limit, OldLimit int // how many runs may be under way
}

// stream is where a guard's events go.
type stream struct {
	to    func(Event) // nil: nobody listens
	guard string
	clock *clock
}

// watched tells whether events need to be made at all.
func (s *stream) watched() bool { return s.to != nil }

// send must be called without a lock.
func (s *stream) send(e Event) {
	if s.to == nil {
		return
	}
	e.Guard = s.guard
	if e.At.IsZero() {
		e.At = s.clock.time(s.clock.now())
	}
	s.to(e)
}

func (s *stream) refused(kind EventKind, c *Call, attempt int, refused *OpenError) {
	if s.to == nil {
		return
	}
	s.send(Event{
		Kind: kind, Call: c.ID, Key: c.Key, Attempt: attempt,
		To: refused.State, Reason: refused.Reason, Wait: refused.RetryAfter(),
	})
}

// attempted tells of an attempt, after what became of its gate and its hedge.
func (s *stream) attempted(c *Call, number int, a *admission, v *Verdict) {
	switch a.gate {
	case EventGateClosed:
		s.send(Event{Kind: a.gate, Call: c.ID, Key: c.Key, Wait: a.closed, Reason: v.Reason})
	case EventGateOpened:
		s.send(Event{Kind: a.gate, Call: c.ID, Key: c.Key})
	}
	switch {
	case a.won:
		s.send(Event{Kind: EventHedgeWon, Call: c.ID, Key: c.Key, Attempt: number})
	case a.hedged:
		s.send(Event{Kind: EventHedgeLost, Call: c.ID, Key: c.Key, Attempt: number})
	}
	s.send(Event{
		Kind: EventAttempt, Call: c.ID, Key: c.Key, At: s.clock.time(a.end),
		Attempt: number, Outcome: v.Outcome, Took: a.end - a.start, Hedged: a.hedged,
		TimedOut: v.TimedOut, Throttled: v.Throttled, Reason: v.Reason, Wait: v.After,
	})
}

// tap adds the stream to the callbacks of a breaker. Each happening reaches
// both, even if one of them panics.
func (s *stream) tap(cfg BreakerConfig) BreakerConfig {
	if s.to == nil {
		return cfg
	}
	window, changed, failed := cfg.withDefaults().Window, cfg.OnStateChange, cfg.OnFailure
	cfg.OnStateChange = func(c StateChange) {
		if changed != nil {
			defer changed(c)
		}
		s.send(Event{
			Kind: EventStateChanged, At: c.At, From: c.From, To: c.To, Mode: c.Mode,
			Reason: c.Reason, Wait: c.OpenFor, FailureCount: c.FailureCount, Window: c.Window,
		})
	}
	cfg.OnFailure = func(f FailureEvent) {
		if failed != nil {
			defer failed(f)
		}
		s.send(Event{Kind: EventFailure, At: f.At, To: f.State, FailureCount: f.FailureCount, Window: window})
	}
	return cfg
}

// tapLimit does the same for the limit.
func (s *stream) tapLimit(p LimitPolicy) LimitPolicy {
	if s.to == nil || p.Adaptive.Min == 0 {
		return p
	}
	changed := p.Adaptive.OnChange
	p.Adaptive.OnChange = func(from, to int) {
		if changed != nil {
			defer changed(from, to)
		}
		s.send(Event{Kind: EventLimitChanged, OldLimit: from, Limit: to})
	}
	return p
}
