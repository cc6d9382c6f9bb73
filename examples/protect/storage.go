package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// storage uploads reports over HTTP. What cannot be uploaded now waits in a
// spool.
type storage struct {
	client *http.Client
	spool  int
}

const maxUpload = 1 << 20

func newStorage(o *office) (*service, error) {
	fake := &switches{}
	s := &storage{client: o.serveHTTP(func(w http.ResponseWriter, r *http.Request) {
		if fake.failing() {
			http.Error(w, "", http.StatusServiceUnavailable)
			return
		}
		if n, _ := io.Copy(io.Discard, r.Body); n > maxUpload {
			http.Error(w, "", http.StatusRequestEntityTooLarge)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})}
	return &service{breaker: o.breakers.Breaker("storage"), full: s.all, limited: s.one, instead: s.keep, switches: fake}, nil
}

// upload stores one file.
func (s *storage) upload(ctx context.Context, name string, size int) error {
	return send(ctx, s.client, http.MethodPut, "http://storage.test/reports/"+name, bytes.Repeat([]byte("x"), size))
}

func (s *storage) all(ctx context.Context) (string, error) {
	for _, name := range []string{"report.pdf", "figures.csv"} {
		if err := s.upload(ctx, name, 4096); err != nil {
			return "", err
		}
	}
	if s.spool == 0 {
		return "uploaded the report and its figures", nil
	}
	waited := s.spool
	for ; s.spool > 0; s.spool-- {
		if err := s.upload(ctx, fmt.Sprintf("spooled-%d.pdf", s.spool), 4096); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("uploaded the report, its figures, and %d from the spool", waited), nil
}

func (s *storage) one(ctx context.Context) (string, error) {
	return "uploaded the report alone, to see whether it works", s.upload(ctx, "report.pdf", 4096)
}

func (s *storage) keep() string {
	s.spool++
	return "kept the report in the spool, without a call"
}
