package providertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	baseURL   = "http://service.test"
	host      = "service.test"
	elsewhere = "elsewhere.test"

	// patience is how long the service keeps silent before it breaks the
	// connection, so that an adapter that ignores its context fails a check
	// rather than hanging it.
	patience = time.Hour

	maxRequestBytes = 64 << 20
)

// call is one request that the service received.
type call struct {
	method string
	host   string
	url    string
	header http.Header
	body   []byte
}

// service plays the adapter's service: an http.Server behind pipes.
type service struct {
	mu    sync.Mutex
	calls []*call
	act   act

	flood     int // where answers without an end do end, in bytes
	server    *http.Server
	transport *http.Transport
	dials     chan net.Conn
	closed    chan struct{}
	down      atomic.Bool  // connections are refused
	flooded   atomic.Bool  // an answer without an end was read as far as it went
	opened    atomic.Int64 // connections
	active    atomic.Int64 // calls being answered
	running   sync.WaitGroup
}

func newService(flood int) *service {
	s := &service{flood: flood, dials: make(chan net.Conn), closed: make(chan struct{})}
	s.transport = &http.Transport{DialContext: s.dial, MaxIdleConnsPerHost: 1024}
	s.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	s.running.Go(func() { _ = s.server.Serve(listener{s}) })
	return s
}

// close ends every call and connection.
func (s *service) close() {
	close(s.closed)
	_ = s.server.Close()
	s.transport.CloseIdleConnections()
	s.running.Wait()
}

func (s *service) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	err := error(syscall.ECONNREFUSED)
	if !s.down.Load() {
		select {
		case s.dials <- far:
			s.opened.Add(1)
			return near, nil
		case <-s.closed:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	_, _ = near.Close(), far.Close()
	return nil, &net.OpError{Op: "dial", Net: network, Addr: address{}, Err: err}
}

// ServeHTTP notes the call and does what is to be done with it.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.active.Add(1)
	defer s.active.Add(-1)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c := &call{method: r.Method, host: r.Host, url: r.URL.String(), header: r.Header.Clone(), body: body}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	act := s.act
	s.mu.Unlock()
	act(&stage{service: s, w: w, r: r, call: c})
}

// play sets what is done with the calls to come.
func (s *service) play(a act) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.act = a
}

// received returns the calls so far.
func (s *service) received() []*call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*call(nil), s.calls...)
}

// act is what the service does with a call.
type act func(*stage)

// stage is where an act is played.
type stage struct {
	service *service
	w       http.ResponseWriter
	r       *http.Request
	call    *call
}

// send writes a whole reply.
func (st *stage) send(r Reply) {
	st.head(r)
	st.pieces(r.Body)
}

// head sends the status and the headers.
func (st *stage) head(r Reply) {
	for name, values := range r.Header {
		st.w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	st.w.WriteHeader(status)
}

// pieces sends parts of a body, each by itself.
func (st *stage) pieces(pieces []string) {
	for _, piece := range pieces {
		if _, err := io.WriteString(st.w, piece); err != nil {
			panic(http.ErrAbortHandler)
		}
		if len(pieces) > 1 {
			st.flush()
		}
	}
}

func (st *stage) flush() { _ = http.NewResponseController(st.w).Flush() }

// drip sends a body byte by byte.
func (st *stage) drip(body string) {
	for i := range len(body) {
		st.pieces([]string{body[i : i+1]})
		st.flush()
	}
}

// repeat sends the piece for ever, until the adapter goes away, or as often as
// makes a flood.
func (st *stage) repeat(piece string) {
	for sent := 0; sent < st.service.flood; sent += len(piece) {
		st.pieces([]string{piece})
	}
	st.service.flooded.Store(true)
}

// cut breaks the connection.
func (st *stage) cut() {
	st.flush()
	panic(http.ErrAbortHandler)
}

// silence says nothing more until the adapter goes away.
func (st *stage) silence() {
	st.flush()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-st.r.Context().Done():
	case <-st.service.closed:
	}
	panic(http.ErrAbortHandler)
}

// listener accepts what a service's transport dials.
type listener struct{ *service }

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dials:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (listener) Close() error   { return nil }
func (listener) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "in memory" }

// failing is a transport that reaches nothing.
type failing struct{ err error }

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return nil, f.err
}

// errNetwork is an error that shows what a transport knows.
func errNetwork() error { return errors.New("network: " + secretKey + " " + canary) }
