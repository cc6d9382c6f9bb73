package cachetest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/finbrain/ai/cache"
)

// flaw is an obligation that a flawed store breaks.
type flaw int

const (
	none flaw = iota
	aliasesIn
	aliasesOut
	torn
	mixes
	foldsKeys
	trimsNUL
	dropsEmpty
	keepsOld
	keepsDeleted
	neverExpires
	slides
	keepsOldTTL
	zeroIsForEver
	overflows
	ignoresContext
	answersClosed
	acceptsClosed
	missIsError
	closesOnce
)

// flawed is a Store on a plain map with one flaw.
type flawed struct {
	flaw   flaw
	mu     sync.Mutex
	items  map[string]*held
	closed bool
	ahead  time.Duration // of the clock
}

type held struct {
	value   []byte
	expires time.Time
	ttl     time.Duration
}

func newFlawed(f flaw) *flawed { return &flawed{flaw: f, items: map[string]*held{}} }

func (s *flawed) key(key string) string {
	switch s.flaw {
	case foldsKeys:
		return strings.ToLower(key)
	case trimsNUL:
		return strings.Trim(key, "\x00")
	}
	return key
}

func (s *flawed) now() time.Time { return time.Now().Add(s.ahead) }

// advance makes d pass for a store outside a bubble.
func (s *flawed) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

func (s *flawed) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil && s.flaw != ignoresContext {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.items[s.key(key)]
	if h == nil || s.closed && s.flaw != answersClosed || !s.now().Before(h.expires) && s.flaw != neverExpires {
		if s.flaw == missIsError {
			return nil, false, cache.ErrEntry
		}
		return nil, false, nil
	}
	switch s.flaw {
	case mixes:
		h = s.items[slices.Min(slices.Collect(maps.Keys(s.items)))]
	case aliasesOut:
		return h.value, true, nil
	case torn:
		return bytes.Clone(h.value[:min(len(h.value), 1000)]), true, nil
	case slides:
		h.expires = s.now().Add(h.ttl)
	}
	return append([]byte{}, h.value...), true, nil
}

func (s *flawed) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil && s.flaw != ignoresContext {
		return err
	}
	if ttl <= 0 {
		if s.flaw != zeroIsForEver {
			return cache.ErrTTL
		}
		ttl = time.Hour
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed && s.flaw != acceptsClosed {
		return cache.ErrClosed
	}
	if s.flaw != aliasesIn {
		value = bytes.Clone(value)
	}
	if s.flaw == dropsEmpty && len(value) == 0 {
		return nil
	}
	expires := s.now().Add(ttl)
	if s.flaw == overflows {
		expires = time.Unix(0, s.now().UnixNano()+int64(ttl))
	}
	if old := s.items[s.key(key)]; old != nil {
		switch s.flaw {
		case keepsOld:
			return nil
		case keepsOldTTL:
			expires = old.expires
		}
	}
	s.items[s.key(key)] = &held{value, expires, ttl}
	return nil
}

func (s *flawed) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil && s.flaw != ignoresContext {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flaw != keepsDeleted {
		delete(s.items, s.key(key))
	}
	return nil
}

func (s *flawed) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed && s.flaw == closesOnce {
		return cache.ErrClosed
	}
	s.closed = true
	return nil
}
