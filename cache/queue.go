package cache

import (
	"strings"
	"sync/atomic"
	"time"
)

// item is what a shard holds. Key and value are one string: one allocation, a
// value that nobody can change, and a key that does not keep alive a larger
// string of which the caller's was a part.
type item struct {
	data    string
	keyLen  int
	expires time.Duration // on the clock of the Memory
	read    atomic.Bool   // since it last joined the queue

	prev, next *item // in the queue, guarded by the shard's mu
}

func newItem(key string, value []byte, expires time.Duration) *item {
	var data strings.Builder
	data.Grow(len(key) + len(value))
	data.WriteString(key)
	data.Write(value)
	return &item{data: data.String(), keyLen: len(key), expires: expires}
}

func (it *item) key() string                    { return it.data[:it.keyLen] }
func (it *item) value() string                  { return it.data[it.keyLen:] }
func (it *item) expired(now time.Duration) bool { return now >= it.expires }

const (
	// holdingCost is what an entry takes beside its key and value: the item (64
	// bytes), its map slot (41 to 94), and what the allocator rounds up.
	holdingCost = 160

	// Above this size the allocator hands out whole pages.
	largeObject = 32 << 10
	pageSize    = 8 << 10
)

// cost is what the entry counts for against MaxBytes.
func (it *item) cost() int64 {
	n := int64(len(it.data))
	if n > largeObject {
		n = (n + pageSize - 1) / pageSize * pageSize
	}
	return n + holdingCost
}

// queue is a list of items in order of arrival. The zero value is empty.
type queue struct {
	first, last *item
	len         int
}

func (q *queue) push(it *item) {
	it.prev, it.next = q.last, nil
	if q.last == nil {
		q.first = it
	} else {
		q.last.next = it
	}
	q.last = it
	q.len++
}

func (q *queue) remove(it *item) {
	if it.prev == nil {
		q.first = it.next
	} else {
		it.prev.next = it.next
	}
	if it.next == nil {
		q.last = it.prev
	} else {
		it.next.prev = it.prev
	}
	q.len--
}
