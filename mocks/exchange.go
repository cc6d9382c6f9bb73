package mocks

import (
	"bytes"
	"net/http"
	"sync"

	"github.com/finbrain/ai"
)

// Exchange is one call that a Server received.
type Exchange struct {
	// Method, Path and Query are as they were sent, the path unescaped. A Query
	// may hold a key.
	Method string
	Path   string
	Query  string
	// Kind is what was asked for; zero when the Server knows no such path.
	Kind ai.Kind
	// Model is the model asked for, as far as it could be read.
	Model string
	// Stream is true when the answer was asked for as a stream.
	Stream bool
	// Authorized is true when the call carried a key.
	Authorized bool
	// Header and Body are what was sent, the key included: do not log them.
	Header http.Header
	Body   []byte
	// Status is what was answered: 0 while nothing is, and for a connection
	// that was broken before.
	Status int
}

// maxLogBytes bounds what a Server remembers of its calls.
const maxLogBytes = 64 << 20

// exchangeBytes is what one remembered call takes beside its body, roughly.
const exchangeBytes = 1 << 10

func (x *Exchange) size() int { return exchangeBytes + len(x.Body) }

// exchangeLog remembers the latest calls. It is safe for concurrent use.
type exchangeLog struct {
	mu     sync.Mutex
	latest []*Exchange
	bytes  int
	count  int
}

func (l *exchangeLog) add(x *Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	l.latest = append(l.latest, x)
	l.bytes += x.size()
	for l.bytes > maxLogBytes && len(l.latest) > 1 {
		l.bytes -= l.latest[0].size()
		l.latest[0] = nil
		l.latest = l.latest[1:]
	}
}

func (l *exchangeLog) answered(x *Exchange, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x.Status = status
}

func (l *exchangeLog) copies() []Exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Exchange, len(l.latest))
	for i, x := range l.latest {
		out[i] = *x
		out[i].Header = x.Header.Clone()
		out[i].Body = bytes.Clone(x.Body)
	}
	return out
}

func (l *exchangeLog) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}
