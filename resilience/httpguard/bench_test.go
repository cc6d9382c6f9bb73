package httpguard_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// BenchmarkTransport measures what the guard adds to a base that does nothing.
func BenchmarkTransport(b *testing.B) {
	header := http.Header{}
	base := trip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader("file"))}, nil
	})
	breaker, err := resilience.NewBreaker("storage", resilience.BreakerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	open, err := resilience.NewBreaker("storage", resilience.BreakerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	open.ForceOpen()
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	plain := httptest.NewRequest(http.MethodGet, "http://storage.example", http.NoBody)
	for _, c := range []struct {
		name string
		rt   http.RoundTripper
		req  *http.Request
	}{
		{"base", base, plain},
		{"guarded", &httpguard.Transport{Base: base, Breaker: breaker}, plain},
		{"guarded with a deadline", &httpguard.Transport{Base: base, Breaker: breaker}, plain.WithContext(ctx)},
		{"refused", &httpguard.Transport{Base: base, Breaker: open}, plain},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 64)
			for b.Loop() {
				resp, err := c.rt.RoundTrip(c.req)
				if err != nil {
					continue
				}
				for err == nil {
					_, err = resp.Body.Read(buf)
				}
				resp.Body.Close()
			}
		})
	}
}

// BenchmarkShed measures what middleware adds to a handler that does nothing.
func BenchmarkShed(b *testing.B) {
	breaker, err := resilience.NewBreaker("reports", resilience.BreakerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	for _, c := range []struct {
		name string
		h    http.Handler
	}{
		{"handler", next},
		{"shed", httpguard.Shed{Breaker: breaker}.Handler(next)},
		{"gate", httpguard.Gate{Breaker: breaker}.Handler(next)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.h.ServeHTTP(w, r)
			}
		})
	}
}
