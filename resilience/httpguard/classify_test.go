package httpguard_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

func TestAStatusSaysWhetherTheServiceIsHealthy(t *testing.T) {
	for want, statuses := range map[resilience.Outcome][]int{
		resilience.Success: {100, 101, 200, 204, 206, 301, 304, 399, 400, 401, 403, 404, 407, 409, 428, 430, 499, 501, 600},
		resilience.Failure: {408, 500, 502, 503, 504, 505, 529, 599},
		resilience.Neutral: {429},
	} {
		for _, status := range statuses {
			got := httpguard.Classify(reply(status, http.NoBody))
			if got.Outcome != want || got.Retry != (want != resilience.Success) || got.Block != 0 {
				t.Errorf("%d: %+v, want a %v", status, got, want)
			}
		}
	}
}

func TestARetryAfterOpensTheBreakerForThatLong(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		header []string
		opens  time.Duration // 0: it does not
		reason string
		counts int // failures
	}{
		"429 in seconds":       {429, []string{"Retry-After", "120"}, 2 * time.Minute, "rate_limited", 0},
		"503 in seconds":       {503, []string{"Retry-After", "120"}, 2 * time.Minute, "unavailable", 1},
		"429 until a date":     {429, []string{"Retry-After", "Sat, 01 Jan 2000 00:02:00 GMT"}, 2 * time.Minute, "rate_limited", 0},
		"503 by another clock": {503, []string{"Retry-After", "Sun, 01 Jan 2040 00:02:00 GMT", "Date", "Sun, 01 Jan 2040 00:00:00 GMT"}, 2 * time.Minute, "unavailable", 1},
		"429 without":          {429, nil, 0, "", 0},
		"429, no time":         {429, []string{"Retry-After", "0"}, 0, "", 0},
		"429, unreadable":      {429, []string{"Retry-After", "soon"}, 0, "", 0},
		"503 without":          {503, nil, 0, "", 1},
		"500":                  {500, []string{"Retry-After", "120"}, 0, "", 1},
		"200":                  {200, []string{"Retry-After", "120"}, 0, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, err := resilience.NewBreaker("storage", resilience.BreakerConfig{})
				if err != nil {
					t.Fatal(err)
				}
				transport := &httpguard.Transport{Base: always(c.status, c.header...), Breaker: b}
				if _, err := transport.RoundTrip(get(t, "http://storage.example")); err != nil {
					t.Fatal(err)
				}
				s := b.Snapshot()
				if s.RetryAfter != c.opens || s.Reason != c.reason || s.Failures != uint64(c.counts) {
					t.Fatalf("open for %v (%q) after %d failures", s.RetryAfter, s.Reason, s.Failures)
				}
				if c.opens == 0 {
					return
				}
				elapse(c.opens - 1)
				wantState(t, b, resilience.Open)
				elapse(1)
				wantState(t, b, resilience.HalfOpen)
			})
		})
	}
}

func TestAThrottledProbeOpensTheBreakerAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		transport := &httpguard.Transport{Base: always(429, "Retry-After", "5"), Breaker: b}
		if _, err := transport.RoundTrip(get(t, "http://storage.example")); err != nil {
			t.Fatal(err)
		}
		if s := b.Snapshot(); s.State != resilience.Open || s.RetryAfter != 5*time.Second || s.Failures != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAnApplicationJudgesAnswersItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		transport := &httpguard.Transport{Base: always(200), Breaker: b, Classify: func(resp *http.Response) resilience.Verdict {
			v := httpguard.Classify(resp)
			v.Outcome, v.Block, v.Reason = resilience.Neutral, 1, "maintenance"
			return v
		}}
		if _, err := transport.RoundTrip(get(t, "http://storage.example")); err != nil {
			t.Fatal(err)
		}
		if s := b.Snapshot(); s.Reason != "maintenance" || s.RetryAfter != 1 {
			t.Errorf("open for %v (%q)", s.RetryAfter, s.Reason)
		}
	})
}

func TestALateAnswerDoesNotOpenTheBreaker(t *testing.T) {
	for name, settle := range map[string]func(*resilience.Breaker){
		"after a reset":                  (*resilience.Breaker).Reset,
		"of a probe that lost its place": func(*resilience.Breaker) { elapse(30 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				answer := make(chan struct{})
				transport := &httpguard.Transport{Breaker: b, Base: trip(func(*http.Request) (*http.Response, error) {
					<-answer
					return reply(503, http.NoBody, "Retry-After", "3600"), nil
				})}
				go transport.RoundTrip(get(t, "http://storage.example"))
				synctest.Wait()
				settle(b)
				now := b.State()
				close(answer)
				synctest.Wait()
				wantState(t, b, now)
			})
		})
	}
}

func TestASuccessThatBlocksIsToldAtOnce(t *testing.T) {
	for block, want := range map[time.Duration]string{-1: untold, 0: untold, 1: "failure"} {
		synctest.Test(t, func(t *testing.T) {
			b := halfOpen(t)
			base := trip(func(*http.Request) (*http.Response, error) { return reply(200, text("file")), nil })
			transport := &httpguard.Transport{Breaker: b, Base: base, Classify: func(*http.Response) resilience.Verdict {
				return resilience.Verdict{Outcome: resilience.Success, Block: block}
			}}
			resp, err := transport.RoundTrip(get(t, "http://storage.example"))
			if err != nil {
				t.Fatal(err)
			}
			wantTold(t, b, want)
			resp.Body.Close()
		})
	}
}

func TestAnApplicationJudgesErrorsItself(t *testing.T) {
	for want, o := range map[string]resilience.Outcome{"success": resilience.Success, "failure": resilience.Failure, "neutral": resilience.Neutral} {
		synctest.Test(t, func(t *testing.T) {
			req := get(t, "http://storage.example")
			classify := func(r *http.Request, err error) resilience.Outcome {
				if r != req || err != errDown {
					t.Errorf("asked about %v, %v", r, err)
				}
				return o
			}
			b := halfOpen(t)
			base := trip(func(*http.Request) (*http.Response, error) { return nil, errDown })
			(&httpguard.Transport{Base: base, Breaker: b, ClassifyError: classify}).RoundTrip(req)
			wantTold(t, b, want)

			b = halfOpen(t)
			base = trip(func(*http.Request) (*http.Response, error) {
				return reply(200, io.NopCloser(iotest.ErrReader(errDown))), nil
			})
			resp, err := (&httpguard.Transport{Base: base, Breaker: b, ClassifyError: classify}).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			io.ReadAll(resp.Body)
			wantTold(t, b, want)
		})
	}
}

func TestAnApplicationIsNotAskedWhoGaveUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	b := newBreaker(t)
	transport := &httpguard.Transport{Breaker: b, ClassifyError: func(_ *http.Request, err error) resilience.Outcome {
		t.Errorf("asked about %v", err)
		return resilience.Failure
	}}
	for ctx, err := range map[context.Context]error{
		ctx:         errDown,
		late:        errDown,
		t.Context(): &resilience.OpenError{},
	} {
		transport.Base = trip(func(*http.Request) (*http.Response, error) { return nil, err })
		transport.RoundTrip(get(t, "http://storage.example").WithContext(ctx))
	}
	wantState(t, b, resilience.Closed)
}

func TestAPanicOfClassifyErrorFreesThePermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		transport := &httpguard.Transport{
			Breaker:       b,
			ClassifyError: func(*http.Request, error) resilience.Outcome { panic("torn") },
		}
		for _, base := range []trip{
			func(*http.Request) (*http.Response, error) { return nil, errDown },
			func(*http.Request) (*http.Response, error) {
				return reply(200, io.NopCloser(iotest.ErrReader(errDown))), nil
			},
		} {
			func() {
				defer func() {
					if r := recover(); r != "torn" {
						t.Errorf("recovered %v", r)
					}
				}()
				transport.Base = base
				resp, err := transport.RoundTrip(get(t, "http://storage.example"))
				if err == nil {
					resp.Body.Read(make([]byte, 1))
				}
			}()
			wantTold(t, b, "neutral")
		}
	})
}

func TestAThrottledVerdictSaysSo(t *testing.T) {
	got := httpguard.Classify(reply(429, http.NoBody, "Retry-After", "2"))
	want := resilience.Verdict{
		Retry: true, Throttled: true, After: 2 * time.Second, Block: 2 * time.Second, Reason: httpguard.ReasonRateLimited,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
