package httpguard_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// bothProtocols runs a test over HTTP/1.1 and over HTTP/2, in virtual time.
func bothProtocols(t *testing.T, test func(t *testing.T, h2 bool)) {
	t.Helper()
	for major, h2 := range map[int]bool{1: false, 2: true} {
		t.Run(fmt.Sprintf("HTTP/%d", major), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, h2) })
		})
	}
}

func TestAClientLivesThroughAnOutage(t *testing.T) {
	bothProtocols(t, func(t *testing.T, h2 bool) {
		var served int
		down := true
		base := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			served++
			if r.ProtoMajor == 2 != h2 {
				t.Errorf("served over %s", r.Proto)
			}
			if down {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			io.WriteString(w, "file")
		}), h2)
		b, err := resilience.NewBreaker("storage", resilience.BreakerConfig{})
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &httpguard.Transport{Base: base, Breaker: b}}
		fetch := func() (string, error) {
			resp, err := client.Get("http://storage.example")
			if err != nil {
				return "", err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			return string(body), err
		}
		for range 7 {
			fetch()
		}
		if served != 5 {
			t.Errorf("%d requests reached the service, want 5", served)
		}
		down = false
		if _, err := fetch(); !errors.Is(err, resilience.ErrOpen) {
			t.Errorf("got %v, want a refusal", err)
		}
		elapse(30 * time.Second)
		if body, err := fetch(); body != "file" || err != nil {
			t.Errorf("got %q, %v", body, err)
		}
		wantState(t, b, resilience.Closed)
	})
}

func TestAnAnswerCutShortIsAFailure(t *testing.T) {
	bothProtocols(t, func(t *testing.T, h2 bool) {
		b := halfOpen(t)
		base := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		}), h2)
		resp, err := (&http.Client{Transport: &httpguard.Transport{Base: base, Breaker: b}}).Get("http://storage.example")
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err == nil {
			t.Error("the whole answer came")
		}
		wantTold(t, b, "failure")
	})
}

func TestACancelledRequestSaysNothing(t *testing.T) {
	bothProtocols(t, func(t *testing.T, h2 bool) {
		b := halfOpen(t)
		base := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), h2)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		req := get(t, "http://storage.example").WithContext(ctx)
		if _, err := (&http.Client{Transport: &httpguard.Transport{Base: base, Breaker: b}}).Do(req); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		wantTold(t, b, "neutral")
	})
}

func TestAHeadRequestIsToldAtOnce(t *testing.T) {
	bothProtocols(t, func(t *testing.T, h2 bool) {
		b := halfOpen(t)
		base := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
		}), h2)
		resp, err := (&http.Client{Transport: &httpguard.Transport{Base: base, Breaker: b}}).Head("http://storage.example")
		if err != nil {
			t.Fatal(err)
		}
		wantTold(t, b, "success")
		resp.Body.Close()
	})
}

func TestEachHopOfARedirectAsksABreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, storage := halfOpen(t), newBreaker(t)
		base := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "old.example" {
				http.Redirect(w, r, "http://storage.example/file", http.StatusFound)
				return
			}
			w.WriteHeader(http.StatusInternalServerError)
		}), false)
		hosts := map[string]*resilience.Breaker{"old.example": old, "storage.example": storage}
		client := &http.Client{Transport: &httpguard.Transport{
			Base:       base,
			BreakerFor: func(r *http.Request) *resilience.Breaker { return hosts[r.URL.Host] },
		}}
		resp, err := client.Get("http://old.example")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		wantState(t, old, resilience.Closed)
		wantState(t, storage, resilience.Open)
	})
}

func TestManyRequestsAtOnce(t *testing.T) {
	b, err := resilience.NewBreaker("storage", resilience.BreakerConfig{Failures: 20})
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	transport := &httpguard.Transport{Breaker: b, Base: trip(func(*http.Request) (*http.Response, error) {
		switch n.Add(1) % 4 {
		case 0:
			return nil, errDown
		case 1:
			return reply(503, text("sorry"), "Retry-After", "0.001"), nil
		}
		return reply(200, text("file")), nil
	})}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			for range 20 {
				resp, err := transport.RoundTrip(get(t, "http://storage.example"))
				if err != nil {
					if !errors.Is(err, resilience.ErrOpen) && err != errDown {
						t.Error(err)
					}
					continue
				}
				go io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	group.Wait()
	s := b.Snapshot()
	if called := uint64(n.Load()); s.Refusals+called != 2000 || s.Trips == 0 {
		t.Errorf("%d calls and %d refusals of 2000 requests, %d trips", called, s.Refusals, s.Trips)
	}
}
