package cache

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// ErrEntry is returned by ParseEntry for bytes that are not a whole entry.
var ErrEntry = errors.New("cache: not an entry")

// Layout of an entry, big endian: version (1 byte), seconds and nanoseconds of
// Stored since the Unix epoch (8 and 4), length of Value (4), Value.
const (
	entryVersion  = 1
	entrySeconds  = 1
	entryNanos    = entrySeconds + 8
	entryLength   = entryNanos + 4
	entryOverhead = entryLength + 4
)

// Entry is a value with the time at which it was stored, so that its reader can
// tell a fresh answer from a stale one. As bytes it is what a Store holds.
type Entry struct {
	// Stored is on the wall clock, to the nanosecond, so that processes which
	// share a store agree on it as far as their clocks do.
	Stored time.Time
	// Value is the payload; the entry does not look inside.
	Value string
}

// Age is the time from Stored to now, at least zero: an entry from a host whose
// clock is ahead is new, not an error.
func (e Entry) Age(now time.Time) time.Duration {
	return max(now.Sub(e.Stored), 0)
}

// Size is the number of bytes that AppendBinary appends.
func (e Entry) Size() int { return entryOverhead + len(e.Value) }

// AppendBinary appends the entry's bytes to b. It implements
// encoding.BinaryAppender. The only error is a Value of 4 GiB or more.
func (e Entry) AppendBinary(b []byte) ([]byte, error) {
	if uint64(len(e.Value)) > math.MaxUint32 {
		return b, errors.New("cache: Entry.Value is longer than 4 GiB")
	}
	b = append(b, entryVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Stored.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(e.Stored.Nanosecond()))
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Value)))
	return append(b, e.Value...), nil
}

// ParseEntry reads what AppendBinary has written. Value is a part of s. Bytes of
// another version, cut short, or with anything behind the value are ErrEntry: a
// caller treats them as a miss. It allocates nothing.
func ParseEntry(s string) (Entry, error) {
	if len(s) < entryOverhead || s[0] != entryVersion {
		return Entry{}, ErrEntry
	}
	var head [entryOverhead]byte
	copy(head[:], s)
	seconds := binary.BigEndian.Uint64(head[entrySeconds:])
	nanos := binary.BigEndian.Uint32(head[entryNanos:])
	length := binary.BigEndian.Uint32(head[entryLength:])
	value := s[entryOverhead:]
	if nanos >= uint32(time.Second) || uint64(len(value)) != uint64(length) {
		return Entry{}, ErrEntry
	}
	return Entry{Stored: time.Unix(int64(seconds), int64(nanos)), Value: value}, nil
}
