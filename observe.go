package ai

import (
	"runtime"
	"sync"
	"time"
)

// Observer is told what happens in a Client: a type switch over Event finds
// what it wants.
//
// Events arrive one at a time, from one goroutine per Client. The state changes
// of one circuit arrive in the order in which they happened, and so do the
// events of one call, but for attempts beside each other; between them what
// happened at almost the same time may arrive either way. A slow observer delays
// no call, but whoever is told after it: up to 1,024 events wait, further ones
// are dropped and counted in Health, state changes last. An observer that panics
// loses that event only.
type Observer interface{ Observe(Event) }

// ObserverFunc lets an ordinary function be an Observer.
type ObserverFunc func(Event)

// Observe calls f.
func (f ObserverFunc) Observe(e Event) { f(e) }

// feedSize is how many events may wait for the observers.
const feedSize = 1024

// feed hands events to observers on a goroutine of its own that lives only
// while there are any.
type feed struct {
	observers []Observer
	detailed  bool // somebody wants more than the log does

	mu      sync.Mutex
	queue   []Event
	room    [8]Event      // where queue lies when that is enough
	idle    chan struct{} // closed when the running pump ends; nil when none runs
	dropped uint64
}

// watched reports whether anybody listens: without, no event need be made.
func (f *feed) watched() bool { return len(f.observers) > 0 }

// wants reports whether anybody listens to what went well, too.
func (f *feed) wants() bool { return f.detailed }

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

// pump delivers until nothing is left. An observer may end its goroutine:
// another then goes on behind the event.
func (f *feed) pump(idle chan struct{}) {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		close(idle)
		if f.idle = nil; len(f.queue) > 0 {
			f.start()
		}
	}()
	for {
		e, ok := f.next()
		if !ok {
			runtime.Gosched() // where calls come fast, one pump serves many
			if e, ok = f.next(); !ok {
				return
			}
		}
		deliver(f.observers, e)
	}
}

func (f *feed) next() (e Event, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		f.queue = f.room[:0]
		return nil, false
	}
	e = f.queue[0]
	f.queue[0] = nil
	f.queue = f.queue[1:]
	return e, true
}

// deliver tells the observers, each whatever those before it do: one that
// panics must not end the application, and one that ends the goroutine
// (runtime.Goexit) takes nothing from the others.
func deliver(observers []Observer, e Event) {
	if len(observers) == 0 {
		return
	}
	defer deliver(observers[1:], e)
	defer func() { _ = recover() }()
	observers[0].Observe(e)
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
