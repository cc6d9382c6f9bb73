package mocks

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Start listens on a free port of 127.0.0.1 and returns the base URL for an
// adapter's configuration: with /v1 for OpenAI, without a version for Gemini.
// A Server that has started already returns the same again; a closed one
// returns http.ErrServerClosed.
func (s *Server) Start() (baseURL string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return "", http.ErrServerClosed
	case s.loopback != "":
		return s.loopback, nil
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.serve(l)
	s.loopback = "http://" + l.Addr().String() + s.base
	return s.loopback, nil
}

// BaseURL returns the base URL to use with Client. No such host exists: with
// another client it leads nowhere.
func (s *Server) BaseURL() string { return s.memory }

// Client returns a client whose every connection, to whatever host, ends at
// this Server without touching the network: a real http.Transport and a real
// http.Server speak HTTP/1.1 through net.Pipe. All such clients share their
// connections. Once the Server is closed, they are refused.
func (s *Server) Client() *http.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.transport == nil {
		l := newPipes()
		if s.closed {
			_ = l.Close()
		} else {
			s.serve(l)
		}
		s.transport = &http.Transport{DialContext: l.dial, MaxIdleConnsPerHost: 128}
	}
	return &http.Client{Transport: s.transport}
}

// serve lets an http.Server of its own answer what arrives at l. s.mu is held.
func (s *Server) serve(l net.Listener) {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.running.Add(1)
				s.dialled.Add(1)
			case http.StateClosed, http.StateHijacked:
				s.running.Done()
			}
		},
	}
	s.servers = append(s.servers, server)
	s.running.Go(func() { _ = server.Serve(l) })
}

// Close ends every call in progress, closes all connections and returns when
// no goroutine of the Server is left. It may be called again.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.running.Wait()
		return nil
	}
	s.closed = true
	close(s.done)
	servers, transport := s.servers, s.transport
	s.mu.Unlock()

	var errs []error
	for _, server := range servers {
		errs = append(errs, server.Close())
	}
	if transport != nil {
		transport.CloseIdleConnections()
	}
	s.running.Wait()
	return errors.Join(errs...)
}

// pipes is a net.Listener whose connections are pipes within the process.
type pipes struct {
	accepting chan net.Conn
	closed    chan struct{}
	once      sync.Once
}

func newPipes() *pipes {
	return &pipes{accepting: make(chan net.Conn), closed: make(chan struct{})}
}

// dial connects to the listener, whatever the address.
func (p *pipes) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	var err error
	select {
	case p.accepting <- far:
		return near, nil
	case <-p.closed:
		err = syscall.ECONNREFUSED
	case <-ctx.Done():
		err = ctx.Err()
	}
	_, _ = near.Close(), far.Close()
	return nil, &net.OpError{Op: "dial", Net: network, Addr: p.Addr(), Err: err}
}

// Accept waits for the next dial.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepting:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses what dials from now on.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Addr names the listener.
func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "in memory" }
