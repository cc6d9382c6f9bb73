package httpguard_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// closeable is a request's body that remembers being closed.
type closeable struct {
	io.Reader
	closed bool
}

func (c *closeable) Close() error {
	c.closed = true
	return nil
}

func TestARefusedRequestIsNotMadeAndItsBodyIsClosed(t *testing.T) {
	b := newBreaker(t)
	b.Trip(time.Now().Add(time.Hour), "maintenance")
	made := 0
	client := &http.Client{Transport: &httpguard.Transport{Breaker: b, Base: trip(func(*http.Request) (*http.Response, error) {
		made++
		return reply(200, http.NoBody), nil
	})}}
	body := &closeable{Reader: strings.NewReader("upload")}
	_, err := client.Post("http://storage.example/?key=secret", "text/plain", body)
	refused, ok := errors.AsType[*resilience.OpenError](err)
	if !errors.Is(err, resilience.ErrOpen) || !ok {
		t.Fatalf("got %v, want the breaker's refusal", err)
	}
	if made != 0 || !body.closed {
		t.Errorf("requests made: %d; body closed: %t", made, body.closed)
	}
	if strings.Contains(refused.Error(), "secret") {
		t.Errorf("the refusal tells the address: %v", refused)
	}
}

func TestATransportWithoutBreakerRefusesToWork(t *testing.T) {
	body := &closeable{Reader: strings.NewReader("upload")}
	req := get(t, "http://storage.example")
	req.Body = body
	_, err := (&httpguard.Transport{Base: always(200)}).RoundTrip(req)
	if err == nil || !strings.Contains(err.Error(), "Transport.Breaker") || !body.closed {
		t.Errorf("error %v, body closed: %t", err, body.closed)
	}
}

func TestEachRequestAsksTheBreakerChosenForIt(t *testing.T) {
	one, two := newBreaker(t), newBreaker(t)
	hosts := map[string]*resilience.Breaker{"one.example": one, "two.example": two}
	transport := &httpguard.Transport{
		Base:       always(500),
		Breaker:    one,
		BreakerFor: func(r *http.Request) *resilience.Breaker { return hosts[r.URL.Hostname()] },
	}
	for range 2 { // nobody guards the third, so nothing refuses it
		if _, err := transport.RoundTrip(get(t, "http://three.example")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := transport.RoundTrip(get(t, "http://two.example")); err != nil {
		t.Fatal(err)
	}
	wantState(t, one, resilience.Closed)
	wantState(t, two, resilience.Open)
}

func TestAnErrorIsJudgedByWhoCausedIt(t *testing.T) {
	const minTrial = time.Second
	for name, c := range map[string]struct {
		ctx      func(context.Context) (context.Context, context.CancelFunc)
		minTrial time.Duration
		slow     time.Duration // how long the base needs to notice
		err      error         // of a base that fails at once; nil: it waits for the context
		want     resilience.Outcome
	}{
		"of the service":                        {err: errDown, want: resilience.Failure},
		"of the service, with time left":        {ctx: within(time.Hour), err: errDown, want: resilience.Failure},
		"cancelled elsewhere":                   {err: context.Canceled, want: resilience.Failure},
		"refused further in":                    {err: &resilience.OpenError{}, want: resilience.Neutral},
		"no place further in":                   {err: &resilience.LimitError{}, want: resilience.Neutral},
		"cancelled by the caller":               {ctx: cancelledAfter(time.Hour), want: resilience.Neutral},
		"cancelled, noticed after the deadline": {ctx: cancelledAfter(12 * time.Second), slow: 5 * time.Second, want: resilience.Neutral},
		"a deadline before MinTrial":            {ctx: within(minTrial - 1), want: resilience.Neutral},
		"a deadline at MinTrial":                {ctx: within(minTrial), want: resilience.Failure},
		"a deadline before another MinTrial":    {ctx: within(5*time.Second - 1), minTrial: 5 * time.Second, want: resilience.Neutral},
		"a deadline at another MinTrial":        {ctx: within(5 * time.Second), minTrial: 5 * time.Second, want: resilience.Failure},
		"a deadline that had passed":            {ctx: within(0), want: resilience.Neutral},
		"the same without MinTrial":             {ctx: within(0), minTrial: -1, want: resilience.Failure},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				req := get(t, "http://storage.example")
				if c.ctx != nil {
					ctx, cancel := c.ctx(t.Context())
					defer cancel()
					req = req.WithContext(ctx)
				}
				transport := &httpguard.Transport{Breaker: b, MinTrial: c.minTrial, Base: trip(func(req *http.Request) (*http.Response, error) {
					if c.err != nil {
						return nil, c.err
					}
					<-req.Context().Done()
					elapse(c.slow)
					return nil, req.Context().Err()
				})}
				if _, err := transport.RoundTrip(req); err == nil || c.err != nil && err != c.err {
					t.Errorf("error %v, want that of the base", err)
				}
				wantTold(t, b, c.want.String())
			})
		})
	}
}

func within(d time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, d)
	}
}

// cancelledAfter makes contexts that are cancelled well before their deadline.
func cancelledAfter(deadline time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithTimeout(ctx, deadline)
		time.AfterFunc(10*time.Second, cancel)
		return ctx, cancel
	}
}

// A connection has a deadline of its own, which may be noticed first.
func TestADeadlineThatTheConnectionNoticedFirstIsThatOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		ctx := &silent{Context: t.Context(), deadline: time.Now().Add(time.Second / 2)}
		transport := &httpguard.Transport{Breaker: b, Base: trip(func(*http.Request) (*http.Response, error) {
			elapse(time.Second / 2)
			return nil, errors.New("i/o timeout")
		})}
		transport.RoundTrip(get(t, "http://storage.example").WithContext(ctx))
		wantTold(t, b, "neutral")
	})
}

// silent is a context whose deadline has passed but whose end nobody has seen.
type silent struct {
	context.Context
	deadline time.Time
}

func (s *silent) Deadline() (time.Time, bool) { return s.deadline, true }

func TestTheTimeLimitOfAClientIsADeadline(t *testing.T) {
	for _, c := range []struct {
		limit, minTrial time.Duration
		want            string
	}{
		{time.Second / 2, 0, "neutral"},
		{time.Second / 2, time.Second / 2, "failure"},
		{time.Second, 0, "failure"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := halfOpen(t)
			hang := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			client := &http.Client{
				Timeout:   c.limit,
				Transport: &httpguard.Transport{Base: serve(t, hang, false), Breaker: b, MinTrial: c.minTrial},
			}
			if _, err := client.Get("http://storage.example"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a timeout", err)
			}
			wantTold(t, b, c.want)
		})
	}
}

func TestARequestWithdrawnByItsCancelChannelSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		cancel := make(chan struct{})
		close(cancel)
		req := get(t, "http://storage.example")
		req.Cancel = cancel //nolint:staticcheck // deprecated for makers of requests; a RoundTripper has to honour it
		base := trip(func(*http.Request) (*http.Response, error) { return nil, errDown })
		(&httpguard.Transport{Base: base, Breaker: b}).RoundTrip(req)
		wantTold(t, b, "neutral")
	})
}

func TestAPanicOfTheBasePassesThroughAndFreesThePermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &httpguard.Transport{Base: trip(func(*http.Request) (*http.Response, error) { panic("torn") })}
		try := func(b *resilience.Breaker) {
			defer func() {
				if r := recover(); r != "torn" {
					t.Errorf("recovered %v", r)
				}
			}()
			transport.Breaker = b
			transport.RoundTrip(get(t, "http://storage.example"))
		}
		closed := newBreaker(t)
		try(closed)
		wantState(t, closed, resilience.Open)
		probing := halfOpen(t)
		try(probing)
		wantTold(t, probing, "neutral")
	})
}

func TestAPanicAfterTheAnswerClosesIt(t *testing.T) {
	torn := func(resilience.StateChange) { panic("torn") }
	for name, c := range map[string]struct {
		cfg      resilience.BreakerConfig
		classify func(*http.Response) resilience.Verdict
	}{
		"of Classify":   {resilience.BreakerConfig{}, func(*http.Response) resilience.Verdict { panic("torn") }},
		"of a callback": {resilience.BreakerConfig{Failures: 1, OnStateChange: torn}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := resilience.NewBreaker("storage", c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			body := &closeable{Reader: strings.NewReader("sorry")}
			defer func() {
				if r := recover(); r != "torn" || !body.closed {
					t.Errorf("recovered %v, closed: %t", r, body.closed)
				}
			}()
			base := trip(func(*http.Request) (*http.Response, error) { return reply(500, body), nil })
			(&httpguard.Transport{Base: base, Breaker: b, Classify: c.classify}).RoundTrip(get(t, "http://storage.example"))
		})
	}
}

func TestAGoroutineThatEndsInTheBaseFreesThePermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		transport := &httpguard.Transport{Breaker: b, Classify: func(*http.Response) resilience.Verdict {
			runtime.Goexit()
			return resilience.Verdict{}
		}, Base: always(200)}
		go transport.RoundTrip(get(t, "http://storage.example"))
		synctest.Wait()
		wantTold(t, b, "neutral")
	})
}

func TestABaseThatBreaksItsContractIsAFailure(t *testing.T) {
	b := newBreaker(t)
	none := trip(func(*http.Request) (*http.Response, error) { return nil, nil })
	transport := &httpguard.Transport{Base: none, Breaker: b, ClassifyError: func(*http.Request, error) resilience.Outcome {
		t.Error("asked about no error")
		return resilience.Neutral
	}}
	resp, err := transport.RoundTrip(get(t, "http://storage.example"))
	if resp != nil || err != nil {
		t.Errorf("got %v, %v, want what the base returned", resp, err)
	}
	wantState(t, b, resilience.Open)
}

func TestTheRequestIsNotModified(t *testing.T) {
	req := get(t, "http://storage.example/file")
	req.Header.Set("Accept", "text/plain")
	before, header := *req, req.Header.Clone()
	base := trip(func(got *http.Request) (*http.Response, error) {
		if got != req {
			t.Error("the base got another request")
		}
		return reply(200, text("file")), nil
	})
	resp, err := (&httpguard.Transport{Base: base, Breaker: newBreaker(t)}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !reflect.DeepEqual(before, *req) || !reflect.DeepEqual(header, req.Header) {
		t.Errorf("was %v, is %v", before, *req)
	}
}

type idler struct {
	trip
	closed int
}

func (i *idler) CloseIdleConnections() { i.closed++ }

func TestIdleConnectionsAreClosedThroughTheClient(t *testing.T) {
	base := &idler{}
	(&http.Client{Transport: &httpguard.Transport{Base: base}}).CloseIdleConnections()
	if base.closed != 1 {
		t.Errorf("closed %d times", base.closed)
	}
	(&httpguard.Transport{Base: always(200)}).CloseIdleConnections() // has no such method
	(&httpguard.Transport{}).CloseIdleConnections()
}
