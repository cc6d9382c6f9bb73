package httpguard

import (
	"io"
	"net/http"

	"github.com/finbrain/ai/resilience"
)

// answer watches what a handler answers.
type answer struct {
	http.ResponseWriter
	permit   resilience.Permit // the zero Permit without a breaker
	status   int               // 0: not known yet, which is a 200 if nothing follows
	handedOn bool              // a refusal from further in
}

func (a *answer) outcome() resilience.Outcome {
	switch {
	case a.handedOn:
		return resilience.Neutral
	case serverFault(a.status):
		return resilience.Failure
	case a.status >= 400:
		return resilience.Neutral
	}
	return resilience.Success
}

// begin notes the status; the first that is final stays.
func (a *answer) begin(status int) {
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
}

// handOn notes that what follows, unless an answer has begun, is a refusal.
func (a *answer) handOn() { a.handedOn = a.status == 0 }

// streams tells whether this is an event stream of a probe.
func (a *answer) streams() bool { return a.permit.Probe() && isEventStream(a.Header()) }

// wrote notes that n bytes of the body are written.
func (a *answer) wrote(n int64) {
	if n == 0 {
		return
	}
	a.begin(http.StatusOK)
	if a.streams() {
		a.permit.Done(a.outcome())
	}
}

func (a *answer) WriteHeader(status int) {
	a.begin(status)
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	a.begin(http.StatusOK)
	n, err := a.ResponseWriter.Write(p)
	a.wrote(int64(n))
	return n, err
}

// ReadFrom leaves the server its way of sending a file without copying it,
// except where the first bytes must be seen.
func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	if a.streams() {
		return io.Copy(struct{ io.Writer }{a}, src)
	}
	n, err := io.Copy(a.ResponseWriter, src)
	a.wrote(n)
	return n, err
}

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// writer returns the answer with the abilities of the server's ResponseWriter
// for which handlers ask by type assertion.
func (a *answer) writer() http.ResponseWriter {
	_, flushes := a.ResponseWriter.(http.Flusher)
	hijacker, hijacks := a.ResponseWriter.(http.Hijacker)
	switch {
	case flushes && hijacks:
		return struct {
			*answer
			flusher
			http.Hijacker
		}{a, flusher{a}, hijacker}
	case flushes:
		return struct {
			*answer
			flusher
		}{a, flusher{a}}
	case hijacks:
		return struct {
			*answer
			http.Hijacker
		}{a, hijacker}
	}
	return a
}

// flusher flushes an answer, which sends its header.
type flusher struct{ a *answer }

func (f flusher) Flush() { _ = f.FlushError() }

func (f flusher) FlushError() error {
	f.a.begin(http.StatusOK)
	return http.NewResponseController(f.a.ResponseWriter).Flush()
}
