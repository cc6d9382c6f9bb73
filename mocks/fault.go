package mocks

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/finbrain/ai"
)

// Fault is what goes wrong with a call to a Server. The zero Fault lets the
// call through. Fields combine: Latency comes first, then Hang or Reset, else
// a response, which Malformed, CutAfter or Stream then damage.
type Fault struct {
	// Kind limits the fault to calls of one kind; zero is every kind.
	Kind ai.Kind
	// Code is what goes wrong, in this SDK's terms. Each provider says it in
	// its own way: a wrong key is status 401 to OpenAI, but 400 to Gemini; a
	// filtered answer is a success without text. CodeBadResponse is Malformed.
	// What a provider has no way to say of such a call (CodeCircuitOpen, or
	// CodeMaxTokens of an embedding) is answered as CodeUnavailable is.
	Code ai.Code
	// Status is the HTTP status. Without a Code it is answered with the error
	// body that the provider sends for that status.
	Status int
	// Header is added to the response, a successful one too.
	Header http.Header
	// Body is sent in place of the provider's own, with Status or 200.
	Body string
	// RetryAfter is the wait hint, given as the provider gives it: OpenAI in
	// the headers Retry-After (whole seconds, rounded up) and Retry-After-Ms,
	// Gemini in the body's RetryInfo. 0 is none.
	RetryAfter time.Duration
	// Latency is waited before anything else happens.
	Latency time.Duration
	// Hang answers nothing until the client goes away or the Server is closed.
	Hang bool
	// Reset closes the connection without an answer: with a TCP reset on
	// loopback, with a plain close in memory.
	Reset bool
	// CutAfter breaks the connection after so many bytes of the body, and
	// before its last byte in any case; 0 does not.
	CutAfter int
	// Malformed breaks the body's JSON in the middle; of a stream, that of the
	// event in its middle.
	Malformed bool
	// Stream is what goes wrong within a streamed answer. A fault with a Stream
	// meets streamed calls only.
	Stream StreamFault
}

// On returns the fault limited to calls of one kind.
func (f Fault) On(kind ai.Kind) Fault {
	f.Kind = kind
	return f
}

// Unavailable is a provider that cannot serve now: status 503.
func Unavailable() Fault { return Fault{Code: ai.CodeUnavailable} }

// RateLimited is too many requests, status 429, with the hint to come back
// after retryAfter; 0 gives no hint, as real providers often do.
func RateLimited(retryAfter time.Duration) Fault {
	return Fault{Code: ai.CodeRateLimited, RetryAfter: retryAfter}
}

// QuotaExhausted is an account whose credit or daily quota is used up: a
// status 429 that waiting a minute does not mend.
func QuotaExhausted() Fault { return Fault{Code: ai.CodeQuotaExhausted} }

// BadKey is a key that the provider does not accept.
func BadKey() Fault { return Fault{Code: ai.CodeAuthentication} }

// Hang is a provider that takes the call and never answers.
func Hang() Fault { return Fault{Hang: true} }

// Reset is a connection that breaks before the answer.
func Reset() Fault { return Fault{Reset: true} }

// Slow is a provider that answers, after d.
func Slow(d time.Duration) Fault { return Fault{Latency: d} }

// CutBody is a connection that breaks in the middle of the answer.
func CutBody() Fault { return Fault{CutAfter: 32} }

// Malformed is an answer with status 200 that is not JSON.
func Malformed() Fault { return Fault{Malformed: true} }

// Status is an HTTP status with the provider's usual error body for it.
func Status(code int) Fault { return Fault{Status: code} }

// problem returns what the provider would say, or nil when the fault lets the
// call through to an answer.
func (f Fault) problem() *problem {
	switch {
	case f.Code == ai.CodeBadResponse:
		return nil
	case f.Code != "":
		return &problem{code: f.Code, status: f.Status, retryAfter: f.RetryAfter}
	case f.Status >= 400:
		return &problem{code: codeOfStatus(f.Status), status: f.Status, retryAfter: f.RetryAfter}
	}
	return nil
}

// damage changes a reply that is to be sent.
func (f Fault) damage(out reply) reply {
	if f.Body != "" {
		out.body, out.chunks = []byte(f.Body), nil
	}
	if f.Status != 0 {
		out.status = f.Status
	}
	for name, values := range f.Header {
		out.header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if f.Malformed || f.Code == ai.CodeBadResponse {
		out.malform()
	}
	return out
}

// malform breaks the JSON.
func (out *reply) malform() {
	if len(out.chunks) > 0 {
		middle := &out.chunks[(len(out.chunks)-1)/2]
		middle.data = append(slices.Clone(middle.data[:len(middle.data)/2]), "\t<html>"...)
		return
	}
	// A raw line break is not allowed within a JSON string, and a "<" nowhere
	// else: this breaks whatever stood in the middle.
	out.body = append(slices.Clone(out.body[:len(out.body)/2]), "\n<html>"...)
}

// faults are the faults to come. It is safe for concurrent use.
type faults struct {
	mu       sync.Mutex
	script   []Fault
	standing map[ai.Kind]Fault
}

// meets reports whether the fault is for calls of the kind.
func (f *Fault) meets(kind ai.Kind, stream bool) bool {
	return (f.Kind == 0 || f.Kind == kind) && (stream || f.Stream == StreamFault{})
}

// next takes the fault of a call: the first scripted one for its kind, else
// the one that stands.
func (q *faults) next(kind ai.Kind, stream bool) Fault {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, f := range q.script {
		if f.meets(kind, stream) {
			q.script = slices.Delete(q.script, i, i+1)
			return f
		}
	}
	for _, kind := range [...]ai.Kind{kind, 0} {
		if f, ok := q.standing[kind]; ok && f.meets(kind, stream) {
			return f
		}
	}
	return Fault{}
}

func (q *faults) add(script []Fault) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range script {
		q.script = append(q.script, f.clone())
	}
}

func (q *faults) stand(f Fault) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.standing == nil {
		q.standing = map[ai.Kind]Fault{}
	}
	q.standing[f.Kind] = f.clone()
}

func (q *faults) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.script, q.standing = nil, nil
}

func (f Fault) clone() Fault {
	f.Header = f.Header.Clone()
	return f
}
