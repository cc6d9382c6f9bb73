// Health is a small service that can be watched: the endpoints of package
// health, gates before a job queue and a direct call, Prometheus metrics, and
// log lines as FinBrain's collectors read them. service.go is what to copy.
//
// Run, it plays an outage against itself, first of one provider, then of both,
// then of its file storage, and prints what each endpoint, the log and the
// metrics say as it goes:
//
//	go run ./examples/health
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "health:", err)
		os.Exit(1)
	}
}

// run serves on loopback for as long as the outage takes.
func run(ctx context.Context, out io.Writer) (err error) {
	o, err := newOutage(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.service.client.Close()) }()
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: o.service.handler, ReadHeaderTimeout: 5 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // until Shutdown
	transport := &http.Transport{}
	o.base, o.client = "http://"+listener.Addr().String(), &http.Client{Transport: transport}

	err = o.play(ctx)

	// The last words of a service: it has left the load balancer by now (see
	// Drain), so no request is new, and those under way may end.
	transport.CloseIdleConnections()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = errors.Join(err, server.Shutdown(last))
	serving.Wait()
	return err
}
