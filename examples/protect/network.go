package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// network is a listener whose connections are pipes within the process.
type network struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newNetwork() *network {
	return &network{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.conns <- far:
		return near, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next dial.
func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close lets Accept and dial fail from now on.
func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr names the network.
func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "in-process", Net: "pipe"} }

// serveHTTP runs a handler and returns a client whose every call ends there.
func (o *office) serveHTTP(handler http.HandlerFunc) *http.Client {
	n := newNetwork()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return n.dial(ctx) },
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(n) })
	o.closers = append(o.closers, func() error {
		transport.CloseIdleConnections()
		err := server.Close()
		running.Wait()
		return err
	})
	return &http.Client{Transport: transport}
}

// send makes an HTTP call with a body. A 4xx is our own fault.
func send(ctx context.Context, client *http.Client, method, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)); err != nil {
		return err
	}
	switch {
	case resp.StatusCode < 300:
		return nil
	case resp.StatusCode >= 400 && resp.StatusCode < 500:
		return fmt.Errorf("%w with status %d", errRejected, resp.StatusCode)
	default:
		return fmt.Errorf("status %d", resp.StatusCode)
	}
}
