package cache

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrClosed is returned by Set after Close.
	ErrClosed = errors.New("cache: store is closed")

	// ErrTTL is returned by Set for a time to live of zero or less.
	ErrTTL = errors.New("cache: ttl must be greater than zero")
)

// Store maps keys to bytes, each for a limited time.
//
// Obligations of an implementation, checked by package cachetest:
//
//   - It is safe for concurrent use.
//   - Keys and values are arbitrary bytes: an empty value is a value, and a key
//     need not be valid UTF-8.
//   - Bytes are copied on the way in and on the way out. A caller may change
//     what it has passed to Set or received from Get without changing what is
//     stored or what another caller received.
//   - It may forget any entry at any time, but never returns the value of
//     another key, part of a value, or a value whose time has passed.
//   - It honours the context: no method blocks beyond its end, and one whose
//     context has already ended does nothing but return the context's error.
//   - Its errors contain neither keys nor values.
//
// Obligations of a caller: an error is a miss. No error of a Store may fail the
// call for which the answer was sought or stored.
type Store interface {
	// Get returns the caller's own copy of the value of key. It reports false,
	// and a nil error, if there is none, if its time has passed, or if the
	// store is closed. An error means that the store could not tell.
	Get(ctx context.Context, key string) (value []byte, ok bool, err error)

	// Set stores a copy of value under key until ttl has passed, in place of an
	// older value. When Set returns an error for a reason other than ErrTTL,
	// the older value may or may not have been removed. A ttl of zero or less
	// is ErrTTL, never "for ever". After Close it returns ErrClosed.
	//
	// A nil error does not promise that a later Get finds the value: a store
	// may refuse what is too large for it without saying so. The older value
	// is gone even then.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Delete removes key. To delete a key that is not there, or from a closed
	// store, is no error.
	Delete(ctx context.Context, key string) error

	// Close frees what the store holds and returns when nothing that it started
	// is running any more. It is idempotent and safe for concurrent use.
	Close() error
}

// StringStore is an optional ability of a Store that holds its values in the
// memory of this process: to hand them out without a copy, at once. A string
// cannot be changed, so all may have the same.
type StringStore interface {
	// GetString returns what Get returns. It does not wait for anything.
	GetString(ctx context.Context, key string) (value string, ok bool, err error)
}
