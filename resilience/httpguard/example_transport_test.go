package httpguard_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// service answers in memory, in place of a network.
type service struct{ handler http.HandlerFunc }

func (s service) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.handler(w, r)
	return w.Result(), nil
}

func mustBreaker(name string, cfg resilience.BreakerConfig) *resilience.Breaker {
	b, err := resilience.NewBreaker(name, cfg)
	if err != nil {
		panic(err)
	}
	return b
}

// A client through an outage of the service that it calls.
func ExampleTransport() {
	down := true
	storage := service{func(w http.ResponseWriter, _ *http.Request) {
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, "report.pdf")
	}}
	breaker := mustBreaker("file_storage", resilience.BreakerConfig{Failures: 2})
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &httpguard.Transport{Base: storage, Breaker: breaker},
	}
	fetch := func() {
		resp, err := client.Get("http://storage.example/report")
		if errors.Is(err, resilience.ErrOpen) {
			fmt.Println("not asked; the breaker is", breaker.State())
			return
		}
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		fmt.Println(resp.StatusCode, string(body), err)
	}
	fetch()
	fetch()
	fetch()
	down = false
	breaker.Reset() // an example does not wait for 30 s
	fetch()
	fmt.Println(breaker.State())
	// Output:
	// 502  <nil>
	// 502  <nil>
	// not asked; the breaker is open
	// 200 report.pdf <nil>
	// closed
}

// One breaker for each host: a failing one does not stop the others.
func ExampleTransport_perHost() {
	hosts := map[string]*resilience.Breaker{
		"mail.example":    mustBreaker("email", resilience.BreakerConfig{Failures: 1}),
		"storage.example": mustBreaker("file_storage", resilience.BreakerConfig{Failures: 1}),
	}
	services := service{func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "mail.example" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}}
	client := &http.Client{Transport: &httpguard.Transport{
		Base:       services,
		BreakerFor: func(r *http.Request) *resilience.Breaker { return hosts[r.URL.Host] },
	}}
	for _, host := range []string{"mail.example", "mail.example", "storage.example", "unknown.example"} {
		resp, err := client.Get("http://" + host)
		if err != nil {
			fmt.Println(host, "refused:", errors.Is(err, resilience.ErrOpen))
			continue
		}
		resp.Body.Close()
		fmt.Println(host, resp.StatusCode)
	}
	// Output:
	// mail.example 500
	// mail.example refused: true
	// storage.example 200
	// unknown.example 200
}

// A service that asks for a pause gets it.
func ExampleTransport_retryAfter() {
	busy := service{func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	}}
	breaker := mustBreaker("webhooks", resilience.BreakerConfig{})
	client := &http.Client{Transport: &httpguard.Transport{Base: busy, Breaker: breaker}}
	resp, err := client.Get("http://hooks.example")
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	_, err = client.Get("http://hooks.example")
	if open, ok := errors.AsType[*resilience.OpenError](err); ok {
		fmt.Println(open.Reason, open.RetryAfter().Round(time.Second))
	}
	// Output: rate_limited 2m0s
}

// An application that knows its service better: its 404 means that a release is
// half done.
func ExampleClassify() {
	breaker := mustBreaker("catalogue", resilience.BreakerConfig{Failures: 1})
	transport := &httpguard.Transport{
		Base:    service{http.NotFound},
		Breaker: breaker,
		Classify: func(resp *http.Response) resilience.Verdict {
			v := httpguard.Classify(resp)
			if resp.StatusCode == http.StatusNotFound {
				v.Outcome = resilience.Failure
			}
			return v
		},
	}
	resp, err := (&http.Client{Transport: transport}).Get("http://catalogue.example")
	if err != nil {
		panic(err)
	}
	resp.Body.Close()
	fmt.Println(breaker.State())
	// Output: open
}

func ExampleRetryAfter() {
	h := http.Header{}
	h.Set("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
	h.Set("Retry-After", "Mon, 23 Nov 2026 12:00:30 GMT")
	fmt.Println(httpguard.RetryAfter(h, time.Now()))
	// Output: 30s true
}
