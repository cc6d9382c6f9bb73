package httpguard_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/finbrain/ai/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

// elapse lets virtual time go by.
func elapse(d time.Duration) { <-time.After(d) }

// trip is an [http.RoundTripper] made of a function.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// reply is a response as a transport would return it; header is names and
// values in turn.
func reply(status int, body io.ReadCloser, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: body, ContentLength: -1}
}

func text(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }

func always(status int, header ...string) trip {
	return func(*http.Request) (*http.Response, error) {
		return reply(status, http.NoBody, header...), nil
	}
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// newBreaker returns a closed breaker that one failure opens, for 30 s.
func newBreaker(t *testing.T) *resilience.Breaker {
	t.Helper()
	b, err := resilience.NewBreaker("storage", resilience.BreakerConfig{Failures: 1})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// halfOpen returns a breaker that waits for its probe: what it is told shows in
// its state.
func halfOpen(t *testing.T) *resilience.Breaker {
	t.Helper()
	b := newBreaker(t)
	b.RecordFailure()
	elapse(30 * time.Second)
	wantState(t, b, resilience.HalfOpen)
	return b
}

func wantState(t *testing.T, b *resilience.Breaker, want resilience.State) {
	t.Helper()
	if got := b.State(); got != want {
		t.Fatalf("state is %v, want %v", got, want)
	}
}

const untold = "untold" // the permit is still out

// told returns what the probe of a breaker made by halfOpen came to.
func told(b *resilience.Breaker) string {
	switch b.State() {
	case resilience.Closed:
		return resilience.Success.String()
	case resilience.Open:
		return resilience.Failure.String()
	}
	p, err := b.Acquire()
	if err != nil {
		return untold
	}
	p.Done(resilience.Neutral)
	return resilience.Neutral.String()
}

func wantTold(t *testing.T, b *resilience.Breaker, want string) {
	t.Helper()
	if got := told(b); got != want {
		t.Fatalf("the breaker was told %s, want %s", got, want)
	}
}

// serve serves h in memory until the test ends. The client's base transport
// speaks HTTP/2 if h2 says so.
func serve(t *testing.T, h http.Handler, h2 bool) (base *http.Transport) {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	var protocols http.Protocols
	protocols.SetHTTP1(!h2)
	protocols.SetUnencryptedHTTP2(h2)
	srv := &http.Server{Handler: h, Protocols: &protocols}
	done := make(chan error)
	go func() { done <- srv.Serve(l) }()
	base = &http.Transport{DialContext: l.dial, Protocols: &protocols}
	t.Cleanup(func() {
		base.CloseIdleConnections()
		srv.Close()
		<-done
	})
	return base
}
