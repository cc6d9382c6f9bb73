package resilience

import "sync"

// callbacks delivers functions one at a time, in the order in which they were
// added, outside the lock. Whoever finds nobody delivering does it for all, so
// a callback may call back into its owner.
type callbacks struct {
	waiting []func()
	running bool
}

// add must be called with the owner's lock held.
func (c *callbacks) add(call func()) { c.waiting = append(c.waiting, call) }

// unlock releases mu, which must be held, and delivers what waits.
func (c *callbacks) unlock(mu *sync.Mutex) {
	waiting := len(c.waiting) > 0
	mu.Unlock()
	if waiting {
		c.deliver(mu)
	}
}

func (c *callbacks) deliver(mu *sync.Mutex) {
	for {
		mu.Lock()
		if c.running || len(c.waiting) == 0 {
			mu.Unlock()
			return
		}
		c.running = true
		call := c.waiting[0]
		c.waiting[0] = nil
		if c.waiting = c.waiting[1:]; len(c.waiting) == 0 {
			c.waiting = nil
		}
		mu.Unlock()
		c.call(mu, call)
	}
}

// call runs one callback. If it panics, the others are still delivered before
// the panic goes on to the caller.
func (c *callbacks) call(mu *sync.Mutex, call func()) {
	returned := false
	defer func() {
		mu.Lock()
		c.running = false
		mu.Unlock()
		if !returned {
			c.deliver(mu)
		}
	}()
	call()
	returned = true
}
