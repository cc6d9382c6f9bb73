package ai

import (
	"sync"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Observer is told what happens in a Client: a type switch over Event finds
// what it wants.
//
// Events arrive one at a time, from one goroutine per Client; those of one
// circuit arrive in the order in which they happened. A slow observer delays
// no call: up to 1,024 events wait for it, further ones are dropped and
// counted in Health, state changes last. An observer that panics loses that
// event only.
type Observer interface{ Observe(Event) }

// ObserverFunc lets an ordinary function be an Observer.
type ObserverFunc func(Event)

// Observe calls f.
func (f ObserverFunc) Observe(e Event) { f(e) }

// Event is one of StateChanged, AttemptFailed and FellBack. More may be added.
// Events carry no key, prompt, answer or raw provider error.
type Event interface{ event() }

// StateChanged says that a circuit breaker changed its state.
type StateChanged struct {
	Time time.Time
	// Circuit is the breaker's name: "openai/text".
	Circuit  string
	Provider string
	Kind     Kind
	From, To resilience.State
	// FailureCount is how many failures the window held.
	FailureCount int
	// Window is the breaker's window.
	Window time.Duration
	// OpenFor is how long the breaker stays open, 0 unless To is Open.
	OpenFor time.Duration
	// Reason is set when the breaker was opened by hand or by name.
	Reason string
}

// AttemptFailed says that a provider was asked and did not answer. Attempts
// that the caller cut short are not failures.
type AttemptFailed struct {
	Time       time.Time
	Circuit    string
	Provider   string
	Kind       Kind
	Model      string
	Code       Code
	Status     int
	RetryAfter time.Duration
	Duration   time.Duration
}

// FellBack says that something other than the primary answered a call.
type FellBack struct {
	Time time.Time
	Kind Kind
	// Primary is the route that should have answered, Reason why it did not.
	Primary string
	Reason  Code
	// Source, Provider and Model say what answered instead.
	Source   Source
	Provider string
	Model    string
}

func (StateChanged) event()  {}
func (AttemptFailed) event() {}
func (FellBack) event()      {}

// feedSize is how many events may wait for the observers.
const feedSize = 1024

// feed hands events to observers on a goroutine of its own that lives only
// while there are any.
type feed struct {
	observers []Observer

	mu      sync.Mutex
	queue   []Event
	idle    chan struct{} // closed when the running pump ends; nil when none runs
	dropped uint64
}

// watched reports whether anybody listens: without, no event need be made.
func (f *feed) watched() bool { return len(f.observers) > 0 }

// publish queues an event and never blocks.
func (f *feed) publish(e Event) {
	if !f.watched() {
		return
	}
	limit := feedSize
	if _, change := e.(StateChanged); !change {
		limit -= feedSize / 4 // however many attempts fail, what they lead to is heard of
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) >= limit {
		f.dropped++
		return
	}
	f.queue = append(f.queue, e)
	if f.idle == nil {
		f.start()
	}
}

// start needs mu.
func (f *feed) start() {
	f.idle = make(chan struct{})
	go f.pump(f.idle)
}

// pump delivers until nothing is left. An observer may end its goroutine
// (runtime.Goexit): another then goes on behind the event.
func (f *feed) pump(idle chan struct{}) {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		close(idle)
		if f.idle = nil; len(f.queue) > 0 {
			f.start()
		}
	}()
	for e, ok := f.next(); ok; e, ok = f.next() {
		for _, o := range f.observers {
			deliver(o, e)
		}
	}
}

func (f *feed) next() (e Event, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		f.queue = nil
		return nil, false
	}
	e = f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	return e, true
}

// deliver keeps an observer's panic from ending the application: what watches
// the calls must not be able to break them.
func deliver(o Observer, e Event) {
	defer func() { _ = recover() }()
	o.Observe(e)
}

// drain waits until the observers have been told everything, or limit has
// passed.
func (f *feed) drain(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		f.mu.Lock()
		idle := f.idle
		f.mu.Unlock()
		if idle == nil {
			return
		}
		select {
		case <-idle:
		case <-timer.C:
			return
		}
	}
}

func (f *feed) droppedEvents() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped
}
