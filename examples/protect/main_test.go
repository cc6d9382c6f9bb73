package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/finbrain/ai/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inOffice gives a test the services, in virtual time.
func inOffice(t *testing.T, test func(t *testing.T, s *service)) {
	t.Helper()
	for i, name := range []string{"storage", "e-mail", "webhook", "database"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, err := newOffice()
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := o.close(); err != nil {
						t.Error(err)
					}
				}()
				test(t, o.services[i])
			})
		})
	}
}

// fail makes the service fail until its breaker is open.
func fail(t *testing.T, s *service) {
	t.Helper()
	s.switches.down.Store(true)
	for range failures {
		if said, err := s.do(t.Context()); err == nil {
			t.Fatalf("a call to a service that is down came back with %q", said)
		}
	}
	if !s.breaker.IsOpen() {
		t.Fatalf("the breaker is %v after %d failures", s.breaker.State(), failures)
	}
}

func TestAnOpenBreakerKeepsCallsFromTheService(t *testing.T) {
	inOffice(t, func(t *testing.T, s *service) {
		fail(t, s)
		before := s.switches.calls.Load()
		said, err := s.do(t.Context())
		if err != nil || !strings.Contains(said, "without a") {
			t.Errorf("got %q, %v", said, err)
		}
		if s.switches.calls.Load() != before {
			t.Error("the service was called although its breaker is open")
		}
	})
}

func TestAHalfOpenBreakerLetsTheSmallestPieceTry(t *testing.T) {
	inOffice(t, func(t *testing.T, s *service) {
		fail(t, s)
		_ = wait(t.Context(), openFor)
		if _, err := s.do(t.Context()); err == nil || !s.breaker.IsOpen() {
			t.Errorf("the probe ended with %v and the breaker is %v, want it open again", err, s.breaker.State())
		}
		s.switches.down.Store(false)
		_ = wait(t.Context(), openFor)
		before := s.switches.calls.Load()
		if said, err := s.do(t.Context()); err != nil || s.breaker.State() != resilience.Closed {
			t.Errorf("got %q, %v, and the breaker is %v", said, err, s.breaker.State())
		}
		if n := s.switches.calls.Load() - before; n != 1 {
			t.Errorf("the probe made %d calls", n)
		}
	})
}

func TestACallerWhoLeavesDoesNotOpenTheBreaker(t *testing.T) {
	inOffice(t, func(t *testing.T, s *service) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 * failures {
			if _, err := s.do(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		if n := s.breaker.FailureCount(); n != 0 {
			t.Errorf("%d failures were counted", n)
		}
	})
}

func TestOurOwnMistakesDoNotOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breakers, err := newBreakers()
		if err != nil {
			t.Fatal(err)
		}
		o := &office{breakers: breakers}
		defer func() { _ = o.close() }()
		fake := &switches{}
		m := &mail{net: o.serveSMTP(fake)}
		mistakes := map[string]func(context.Context) (string, error){
			"mail to nobody": func(ctx context.Context) (string, error) { return "", m.send(ctx, "nobody@elsewhere.test", "text") },
		}
		client := o.serveHTTP(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusGone) })
		h, s := &webhook{client: client}, &storage{client: client}
		mistakes["a webhook nobody knows"] = h.ping
		mistakes["a file too large"] = s.one
		for name, mistake := range mistakes {
			breaker := o.breakers.Breaker(name)
			for range 2 * failures {
				if _, err := resilience.Do(t.Context(), breaker, mistake); !errors.Is(err, errRejected) {
					t.Errorf("%s: got %v", name, err)
				}
			}
			if breaker.State() != resilience.Closed {
				t.Errorf("%s opened the breaker", name)
			}
		}
	})
}

func TestTheOutputIsTheSameEveryTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		if err := run(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != golden {
			t.Errorf("got:\n%s\nwant:\n%s", got, golden)
		}
	})
}
