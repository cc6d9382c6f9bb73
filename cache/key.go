package cache

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"math"
	"strings"
	"sync"
)

// KeyLen is the length in bytes of what Hasher.Sum returns.
const KeyLen = 43

// keyVersion is hashed in front of every key. It rises when the encoding of the
// parts changes, so that old entries of a shared store are misses.
const keyVersion = 1

// The kinds of part. A value is never mistaken for one of another kind.
const (
	partString = 's'
	partBytes  = 'b'
	partInt    = 'i'
	partFloat  = 'f'
	partBool   = 't'
	partList   = 'l'
)

// Hasher builds the key of a request: SHA-256 over its parts, each with its
// kind, its name and its length. So no two different lists of parts share a
// key: ("ab", "c") is not ("a", "bc"), a part left out is not an empty one, and
// the number 1 is not the string "1". Order counts.
//
// Names are part of the format of the keys: to rename one is to miss every
// entry stored before.
//
// The zero value is ready, and ready again after Sum. A Hasher is not safe for
// concurrent use and must not be copied between its first part and Sum: the
// second of two copies to be used after Sum panics.
type Hasher struct {
	state *hashState
	turn  uint64 // of the state, when it was taken
}

// String adds a text.
func (h *Hasher) String(name, value string) {
	h.part(partString, name).text(value)
}

// Bytes adds raw bytes. They are hashed where they lie, however many.
func (h *Hasher) Bytes(name string, value []byte) {
	h.part(partBytes, name).bytes(value)
}

// Int64 adds a whole number.
func (h *Hasher) Int64(name string, value int64) {
	h.part(partInt, name).uint64(uint64(value))
}

// Float64 adds a number. Every NaN is the same NaN, and -0 is 0.
func (h *Hasher) Float64(name string, value float64) {
	switch {
	case value == 0:
		value = 0 // which -0 equals
	case math.IsNaN(value):
		value = math.NaN()
	}
	h.part(partFloat, name).uint64(math.Float64bits(value))
}

// Bool adds a truth value.
func (h *Hasher) Bool(name string, value bool) {
	s := h.part(partBool, name)
	if value {
		s.buf = append(s.buf, 1)
	} else {
		s.buf = append(s.buf, 0)
	}
}

// Strings adds an ordered list of texts. A nil list is an empty one; leave the
// part out to say that there is none.
func (h *Hasher) Strings(name string, values []string) {
	s := h.part(partList, name)
	s.length(len(values))
	for _, v := range values {
		s.text(v)
	}
}

// Sum returns the key of the parts added so far, KeyLen characters of unpadded
// URL-safe base64, which every store accepts and which tell nothing of the
// parts. It leaves the Hasher empty, ready for the next key.
func (h *Hasher) Sum() string {
	s := h.open()
	s.flush()
	base64.RawURLEncoding.Encode(s.key[:], s.digest.Sum(s.buf))
	key := string(s.key[:])
	s.turn++
	h.state = nil
	hashStates.Put(s)
	return key
}

// Join returns the key of one of several answers to the request with the given
// sum, such as those of different routes: the request is hashed once, and the
// parts, joined by slashes, stay readable. Sums have a fixed length and no dot,
// so different sums give different keys; that no two lists of parts read the
// same is for the caller to see to.
func Join(sum string, parts ...string) string {
	n := len(sum)
	for _, p := range parts {
		n += 1 + len(p)
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteString(sum)
	separator := byte('.')
	for _, p := range parts {
		b.WriteByte(separator)
		b.WriteString(p)
		separator = '/'
	}
	return b.String()
}

// open returns the state, a new one with only the version in it if need be.
func (h *Hasher) open() *hashState {
	if h.state == nil {
		h.state = hashStates.Get().(*hashState)
		h.turn = h.state.turn
		h.state.digest.Reset()
		h.state.buf = append(h.state.buf[:0], keyVersion)
	}
	if h.turn != h.state.turn {
		panic("cache: a copied Hasher was used after Sum of the other copy")
	}
	return h.state
}

func (h *Hasher) part(kind byte, name string) *hashState {
	s := h.open()
	s.buf = append(s.buf, kind)
	s.text(name)
	return s
}

var hashStates = sync.Pool{New: func() any {
	return &hashState{digest: sha256.New(), buf: make([]byte, 0, chunk+2*binary.MaxVarintLen64)}
}}

// chunk is how many bytes are gathered before they go to the digest.
const chunk = 512

// hashState gathers small parts in a buffer, which saves a call of the digest
// for each, and lets a string reach it without becoming a slice of its own.
type hashState struct {
	digest hash.Hash
	turn   uint64 // rises when a Hasher gives the state back
	buf    []byte
	key    [KeyLen]byte
}

func (s *hashState) flush() {
	_, _ = s.digest.Write(s.buf) // a hash.Hash never returns an error
	s.buf = s.buf[:0]
}

func (s *hashState) uint64(v uint64) { s.buf = binary.BigEndian.AppendUint64(s.buf, v) }

// length adds n and sees to it that less than a chunk is waiting.
func (s *hashState) length(n int) {
	if s.buf = binary.AppendUvarint(s.buf, uint64(n)); len(s.buf) >= chunk {
		s.flush()
	}
}

func (s *hashState) text(v string) {
	s.length(len(v))
	for len(s.buf)+len(v) > chunk {
		n := chunk - len(s.buf)
		s.buf = append(s.buf, v[:n]...)
		s.flush()
		v = v[n:]
	}
	s.buf = append(s.buf, v...)
}

func (s *hashState) bytes(v []byte) {
	s.length(len(v))
	if len(s.buf)+len(v) > chunk {
		s.flush()
		_, _ = s.digest.Write(v)
		return
	}
	s.buf = append(s.buf, v...)
}
