package httpguard_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

func newLimiter(t *testing.T, p resilience.LimitPolicy) *resilience.Limiter {
	t.Helper()
	l, err := resilience.NewLimiter("reports", p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ask sends one request through h, with a context of its own if given.
func ask(h http.Handler, ctx ...context.Context) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/report", http.NoBody)
	for _, c := range ctx {
		r = r.WithContext(c)
	}
	h.ServeHTTP(w, r)
	return w
}

func TestRequestsAreJudgedByTheirAnswers(t *testing.T) {
	ended := func(err error) context.Context {
		ctx, cancel := context.WithCancel(context.Background())
		if errors.Is(err, context.DeadlineExceeded) {
			ctx, cancel = context.WithTimeout(context.Background(), 0)
		}
		cancel()
		return ctx
	}
	header := func(statuses ...int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for _, s := range statuses {
				w.WriteHeader(s)
			}
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		ctx     context.Context
		want    string
	}{
		"nothing written":     {handler: header(), want: "success"},
		"200":                 {handler: header(200), want: "success"},
		"304":                 {handler: header(304), want: "success"},
		"399":                 {handler: header(399), want: "success"},
		"400":                 {handler: header(400), want: "neutral"},
		"404":                 {handler: header(404), want: "neutral"},
		"429":                 {handler: header(429), want: "neutral"},
		"499":                 {handler: header(499), want: "neutral"},
		"500":                 {handler: header(500), want: "failure"},
		"501":                 {handler: header(501), want: "neutral"},
		"503":                 {handler: header(503), want: "failure"},
		"599":                 {handler: header(599), want: "failure"},
		"early hints first":   {handler: header(103, 500), want: "failure"},
		"199 first":           {handler: header(199, 500), want: "failure"},
		"upgraded":            {handler: header(101, 500), want: "success"},
		"the first one stays": {handler: header(200, 500), want: "success"},
		"body first":          {handler: func(w http.ResponseWriter, _ *http.Request) { w.Write(nil); w.WriteHeader(500) }, want: "success"},
		"client gone":         {handler: header(500), ctx: ended(context.Canceled), want: "neutral"},
		"deadline passed":     {handler: header(500), ctx: ended(context.DeadlineExceeded), want: "failure"},
		"answered too late":   {handler: header(200), ctx: ended(context.DeadlineExceeded), want: "success"},
		"out of time":         {handler: header(), ctx: ended(context.DeadlineExceeded), want: "failure"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				ctx := t.Context()
				if c.ctx != nil {
					ctx = c.ctx
				}
				ask(httpguard.Shed{Breaker: b}.Handler(c.handler), ctx)
				wantTold(t, b, c.want)
			})
		})
	}
}

func TestRequestsAreRefusedWithoutAPermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t)
		served := 0
		shed := httpguard.Shed{Breaker: b}
		h := shed.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if served++; served == 1 {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			elapse(10 * time.Second)
		}))
		if got := ask(h); got.Code != http.StatusBadGateway {
			t.Errorf("the handler's answer became %d", got.Code)
		}
		wantRefusal(t, ask(h), 503, 30, "open")
		elapse(30 * time.Second)
		go ask(h)
		synctest.Wait()
		wantRefusal(t, ask(h), 503, 30, "half_open")
		elapse(10 * time.Second)
		synctest.Wait()
		wantState(t, b, resilience.Closed)
		if served != 2 {
			t.Errorf("served %d", served)
		}
		b.ForceOpen()
		shed.Status = 429
		wantRefusal(t, ask(shed.Handler(h)), 429, 30, "open")
	})
}

func TestRequestsAreRefusedWithoutAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, b := newLimiter(t, resilience.LimitPolicy{MaxConcurrent: 1}), newBreaker(t)
		for _, shed := range []httpguard.Shed{
			{Limiter: l, Status: 429},
			{Limiter: l, Status: 429, Breaker: b},
		} {
			h := shed.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				elapse(10 * time.Second)
				w.WriteHeader(http.StatusTeapot)
				io.WriteString(w, "short and stout")
			}))
			go ask(h)
			synctest.Wait()
			wantRefusal(t, ask(h), 429, 1, "closed")
			elapse(10 * time.Second)
			synctest.Wait()
			if got := ask(h); got.Code != http.StatusTeapot || l.InFlight() != 0 {
				t.Errorf("got %d; %d places still taken", got.Code, l.InFlight())
			}
		}
		// The limit is outside: what has no place takes no permit, and what has
		// no permit gives its place back.
		b.ForceOpen()
		h := httpguard.Shed{Limiter: l, Breaker: b}.Handler(http.NotFoundHandler())
		wantRefusal(t, ask(h), 503, 30, "open")
		l.TryAcquire()
		wantRefusal(t, ask(h), 503, 1, "closed")
		l.Release()
		if l.InFlight() != 0 {
			t.Error("a place was kept")
		}
	})
}

func TestARequestWhoseContextEndsDoesNotWaitForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, resilience.LimitPolicy{MaxConcurrent: 1, Queue: 1, MaxQueueWait: time.Hour})
		l.TryAcquire()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		wantRefusal(t, ask(httpguard.Shed{Limiter: l}.Handler(http.NotFoundHandler()), ctx), 503, 1, "closed")
		if waited := time.Since(begun); waited > time.Second {
			t.Errorf("waited %v", waited)
		}
		l.Release()
	})
}

func TestAPanicOfTheHandlerPassesThroughAndFreesWhatItHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, resilience.LimitPolicy{MaxConcurrent: 1})
		try := func(b *resilience.Breaker, gone bool) {
			ctx, cancel := context.WithCancel(t.Context())
			defer func() {
				cancel()
				if r := recover(); r != http.ErrAbortHandler {
					t.Errorf("recovered %v", r)
				}
			}()
			ask(httpguard.Shed{Breaker: b, Limiter: l}.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if gone {
					cancel()
				}
				panic(http.ErrAbortHandler)
			})), ctx)
		}
		b := newBreaker(t)
		try(b, true)
		wantState(t, b, resilience.Closed)
		try(b, false)
		wantState(t, b, resilience.Open)
		b = halfOpen(t)
		try(b, false)
		wantTold(t, b, "neutral")
		if l.InFlight() != 0 {
			t.Error("a place was kept")
		}
	})
}

func TestAHandlerThatEndsItsGoroutineFreesItsProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		h := httpguard.Shed{Breaker: b}.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { runtime.Goexit() }))
		go ask(h)
		synctest.Wait()
		wantTold(t, b, "neutral")
	})
}

// crowd sends ten requests at once, so many times.
func crowd(h http.Handler, times int) {
	for range times {
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				defer func() { recover() }()
				ask(h)
			})
		}
		group.Wait()
	}
}

func TestAnAdaptiveLimiterLearnsFromTheAnswers(t *testing.T) {
	const aborted = 0
	for status, want := range map[int]int{200: 1, 400: 0, 500: -1, aborted: -1} { // the sign of the change
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(t, resilience.LimitPolicy{
				MaxConcurrent: 100,
				Adaptive:      resilience.AdaptivePolicy{Min: 1, Start: 10},
			})
			h := httpguard.Shed{Limiter: l}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				elapse(time.Second)
				if status == aborted {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(status)
			}))
			crowd(h, 10)
			if got := l.Limit(); cmp.Compare(got, 10) != want {
				t.Errorf("after answers with %d the limit of 10 is %d", status, got)
			}
		})
	}
}

func TestAnAdaptiveLimiterLearnsHowLongAnAnswerTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, resilience.LimitPolicy{
			MaxConcurrent: 100,
			Adaptive:      resilience.AdaptivePolicy{Min: 1, Start: 10},
		})
		took := time.Second
		h := httpguard.Shed{Limiter: l}.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elapse(took) }))
		crowd(h, 6)
		before := l.Limit()
		took = time.Minute
		crowd(h, 20)
		if after := l.Limit(); after >= before {
			t.Errorf("slow answers took the limit from %d to %d", before, after)
		}
	})
}
