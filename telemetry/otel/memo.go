package otel

import (
	"maps"
	"sync"
	"sync/atomic"
)

// memoSize is how much a memo keeps: as many as an SDK keeps series of a
// metric, unless told otherwise.
const memoSize = 2000

// memo remembers what takes longer to build than to find. It is read without
// a lock. Its keys are to be few: what does not fit is built every time.
type memo[K comparable, V any] struct {
	build func(K) V

	mu    sync.Mutex // of writers
	built atomic.Pointer[map[K]V]
}

func newMemo[K comparable, V any](build func(K) V) *memo[K, V] {
	m := &memo[K, V]{build: build}
	m.built.Store(new(map[K]V))
	return m
}

// find returns what was built for k, if it was.
func (m *memo[K, V]) find(k K) (v V, ok bool) {
	v, ok = (*m.built.Load())[k]
	return v, ok
}

// get is find, and builds what it does not find.
func (m *memo[K, V]) get(k K) V {
	if v, ok := m.find(k); ok {
		return v
	}
	v := m.build(k)
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := *m.built.Load(); len(old) < memoSize {
		built := make(map[K]V, len(old)+1)
		maps.Copy(built, old)
		built[k] = v
		m.built.Store(&built)
	}
	return v
}
