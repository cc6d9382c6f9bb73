package cachetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/finbrain/ai/cache"
)

// useChecks are about many users, and about the end.
var useChecks = []check{
	{"ConcurrentUsersNeverSeeAnotherKeysBytes", concurrentUse},
	{"AClosedStoreMissesAndRefuses", func(s subject) {
		s.put("a", []byte("one"), ample)
		s.close()
		s.wantMiss("a")
		if err := s.Set(s.ctx, "a", []byte("two"), ample); !errors.Is(err, cache.ErrClosed) {
			s.errorf("Set after Close: %v, want ErrClosed", err)
		}
		s.wantMiss("a")
		s.remove("a")
	}},
	{"CloseIsIdempotent", func(s subject) {
		s.close()
		var closing sync.WaitGroup
		for range 4 {
			closing.Go(s.close)
		}
		closing.Wait()
	}},
	{"CloseWhileInUse", func(s subject) {
		var users sync.WaitGroup
		for u := range 4 {
			key := fmt.Sprint("key ", u)
			users.Go(func() {
				for range 100 {
					// A connection may break under a call in flight, with an error.
					_ = s.Set(s.ctx, key, []byte(key), ample)
					if got, ok, _ := s.Get(s.ctx, key); ok && string(got) != key {
						s.errorf("Get while closing = %.40q, want %q or a miss", got, key)
					}
				}
			})
		}
		users.Go(s.close)
		users.Wait()
		for u := range 4 {
			s.wantMiss(fmt.Sprint("key ", u))
		}
	}},
}

func (s subject) close() {
	if err := s.Close(); err != nil {
		s.errorf("Close: %v", err)
	}
}

// concurrentUse has users write, read, delete and overwrite a few keys. A value
// is one byte, that of its key, many times: a torn or misplaced one shows.
func concurrentUse(s subject) {
	const users, rounds, keys = 8, 100, 5
	var all sync.WaitGroup
	for u := range users {
		all.Go(func() {
			for r := range rounds {
				k := (u + r) % keys
				key, letter := fmt.Sprint("key ", k), []byte{byte('a' + k)}
				if r%7 == u%7 {
					s.remove(key)
				} else {
					s.put(key, bytes.Repeat(letter, 1+(u*rounds+r)%500), ample)
				}
				got, ok, err := s.Get(s.ctx, key)
				if err != nil {
					s.errorf("Get(%q): %v", key, err)
				}
				if ok && (len(got) == 0 || len(bytes.Trim(got, string(letter))) > 0) {
					s.errorf("Get(%q) = %.40q, want only %q", key, got, letter)
				}
				clear(got)
			}
		})
	}
	all.Wait()
}
