package resilience

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// RegistryConfig configures a [Registry]. The zero value is the default.
type RegistryConfig struct {
	// Default configures the breakers that Named does not. Its callbacks serve
	// all of them, for different breakers at the same time: an event carries the
	// breaker's name.
	Default BreakerConfig
	// Named configures single breakers, by their names. One that is here takes
	// nothing from Default.
	Named map[string]BreakerConfig
}

// Registry keeps breakers by name, each made at its first use. The zero value
// is ready and makes breakers with the default configuration; it is not copied
// after its first use. A registry is safe for concurrent use, has no goroutine
// and needs no closing.
//
// A breaker is never removed, so names come from a bounded set: services,
// hosts, tables, tenants, but not requests.
type Registry struct {
	config *BreakerConfig            // defaults filled in, shared by breakers; nil: the default
	named  map[string]*BreakerConfig // the same; never written

	// settled is found without a lock and never written: what was made since
	// lies in recent, and both are merged into a new map as soon as that is worth
	// its price.
	settled atomic.Pointer[map[string]*Breaker]

	mu     sync.Mutex
	recent map[string]*Breaker
	looks  int // for what was not in settled, since the last merge
}

// NewRegistry returns an empty registry, or an error that names the first bad
// field.
func NewRegistry(cfg RegistryConfig) (*Registry, error) {
	config, err := cfg.Default.inForce()
	if err != nil {
		return nil, fieldError("RegistryConfig.Default", err)
	}
	r := &Registry{config: config, named: make(map[string]*BreakerConfig, len(cfg.Named))}
	for _, name := range slices.Sorted(maps.Keys(cfg.Named)) {
		if name == "" {
			return nil, errors.New("resilience: RegistryConfig.Named has an empty name")
		}
		if r.named[name], err = cfg.Named[name].inForce(); err != nil {
			return nil, fieldError(fmt.Sprintf("RegistryConfig.Named[%q]", name), err)
		}
	}
	return r, nil
}

// fieldError says which configuration an error of Validate is about.
func fieldError(field string, err error) error {
	return errors.New("resilience: " + field + ": " + strings.TrimPrefix(err.Error(), "resilience: "))
}

// Breaker returns the breaker of that name, and makes it if there is none.
// Every caller gets the same one. It panics if the name is empty.
func (r *Registry) Breaker(name string) *Breaker {
	if b, ok := r.settledBreakers()[name]; ok {
		return b
	}
	return r.breaker(name)
}

func (r *Registry) breaker(name string) *Breaker {
	if name == "" {
		panic("resilience: Registry.Breaker: name is empty")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.find(name)
	if !ok {
		b = newBreaker(name, r.configOf(name))
		r.add(b)
	}
	return b
}

// Lookup returns the breaker of that name, if there is one.
func (r *Registry) Lookup(name string) (*Breaker, bool) {
	if b, ok := r.settledBreakers()[name]; ok {
		return b, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(name)
}

// Add takes in a breaker made elsewhere, such as a guard's. It returns an error
// if there is one of that name already, even the same.
func (r *Registry) Add(b *Breaker) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.find(b.name); ok {
		return fmt.Errorf("resilience: the registry has a breaker named %q already", b.name)
	}
	r.add(b)
	return nil
}

// All iterates over the breakers there are when it begins, ordered by name.
func (r *Registry) All() iter.Seq[*Breaker] {
	return func(yield func(*Breaker) bool) {
		r.mu.Lock()
		r.merge()
		r.mu.Unlock()
		breakers := r.settledBreakers()
		for _, name := range slices.Sorted(maps.Keys(breakers)) {
			if !yield(breakers[name]) {
				return
			}
		}
	}
}

// Snapshots returns the snapshot of every breaker, ordered by name. Each is of
// its own moment.
func (r *Registry) Snapshots() []Snapshot {
	var all []Snapshot
	for b := range r.All() {
		all = append(all, b.Snapshot())
	}
	return all
}

func (r *Registry) settledBreakers() map[string]*Breaker {
	if settled := r.settled.Load(); settled != nil {
		return *settled
	}
	return nil
}

// The methods below need mu.

func (r *Registry) configOf(name string) *BreakerConfig {
	if cfg, ok := r.named[name]; ok {
		return cfg
	}
	if r.config != nil {
		return r.config
	}
	return defaultConfig
}

// find is Lookup for a name that was not in settled a moment ago. As many looks
// as a merge takes steps pay for one.
func (r *Registry) find(name string) (*Breaker, bool) {
	if b, ok := r.settledBreakers()[name]; ok {
		return b, true
	}
	b, ok := r.recent[name]
	if r.looks++; r.looks >= len(r.settledBreakers())+len(r.recent) {
		r.merge()
	}
	return b, ok
}

func (r *Registry) add(b *Breaker) {
	if r.recent == nil {
		r.recent = make(map[string]*Breaker)
	}
	r.recent[b.name] = b
}

func (r *Registry) merge() {
	r.looks = 0
	if len(r.recent) == 0 {
		return
	}
	settled := r.settledBreakers()
	all := make(map[string]*Breaker, len(settled)+len(r.recent))
	maps.Copy(all, settled)
	maps.Copy(all, r.recent)
	r.settled.Store(&all)
	r.recent = nil
}
