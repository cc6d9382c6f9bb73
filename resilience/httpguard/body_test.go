package httpguard_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// exchanged is the answer to a request that was made under b.
func exchanged(t *testing.T, b *resilience.Breaker, req *http.Request, resp *http.Response) *http.Response {
	t.Helper()
	base := trip(func(*http.Request) (*http.Response, error) { return resp, nil })
	got, err := (&httpguard.Transport{Base: base, Breaker: b}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestASuccessIsToldAtTheEndOfItsBody(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*http.Response) error
		want string
	}{
		"not yet":        {func(*http.Response) error { return nil }, untold},
		"half read":      {func(r *http.Response) error { return read(r, 2) }, untold},
		"read":           {func(r *http.Response) error { _, err := io.Copy(io.Discard, r.Body); return err }, "success"},
		"closed":         {func(r *http.Response) error { return r.Body.Close() }, "success"},
		"half read, and": {func(r *http.Response) error { return errors.Join(read(r, 2), r.Body.Close()) }, "success"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, text("file")))
				if err := c.end(resp); err != nil {
					t.Error(err)
				}
				wantTold(t, b, c.want)
			})
		})
	}
}

func read(resp *http.Response, n int64) error {
	_, err := io.CopyN(io.Discard, resp.Body, n)
	return err
}

func TestABodyThatBreaksOffIsJudgedAsAnErrorIs(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want string
	}{
		"by the service":       {within(time.Hour), "failure"},
		"by the caller":        {cancelledAfter(time.Hour), "neutral"},
		"by a late deadline":   {within(10 * time.Second), "failure"},
		"by a hurried caller":  {within(900 * time.Millisecond), "neutral"},
		"by the last deadline": {within(time.Second), "failure"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				ctx, cancel := c.end(t.Context())
				defer cancel()
				broken := io.MultiReader(strings.NewReader("fi"), iotest.ErrReader(io.ErrUnexpectedEOF))
				resp := exchanged(t, b, get(t, "http://storage.example").WithContext(ctx), reply(200, io.NopCloser(broken)))
				if err := read(resp, 2); err != nil {
					t.Fatal(err)
				}
				select {
				case <-ctx.Done():
				case <-time.After(20 * time.Second):
				}
				if _, err := io.ReadAll(resp.Body); err != io.ErrUnexpectedEOF {
					t.Errorf("error %v, want the body's own", err)
				}
				resp.Body.Close() // tells nothing more
				wantTold(t, b, c.want)
			})
		})
	}
}

// closing makes a Read that is under way fail.
type closing struct{ closed chan struct{} }

func (c closing) Read([]byte) (int, error) {
	<-c.closed
	return 0, errors.New("read on closed body")
}

func (c closing) Close() error {
	close(c.closed)
	<-time.After(time.Second) // lets the Read return first
	return errDown
}

func TestClosingABodyThatIsBeingReadIsNoBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, closing{make(chan struct{})}))
		go io.ReadAll(resp.Body)
		synctest.Wait()
		if err := resp.Body.Close(); err != errDown {
			t.Errorf("Close returned %v, want the body's own error", err)
		}
		wantTold(t, b, "success")
	})
}

func TestABodyThatIsNeverClosedKeepsAProbesPlaceForItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, text("file")))
		elapse(30*time.Second - 1)
		wantTold(t, b, untold)
		elapse(1)
		wantTold(t, b, "neutral")
		resp.Body.Close() // too late
		wantTold(t, b, "neutral")
	})
}

func TestABodyClosedByAReaderWhoGaveUpSaysNothing(t *testing.T) {
	for name, giveUp := range map[string]func(context.Context, *http.Request) *http.Request{
		"cancelled": func(ctx context.Context, req *http.Request) *http.Request {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return req.WithContext(ctx)
		},
		"withdrawn": func(_ context.Context, req *http.Request) *http.Request {
			cancel := make(chan struct{})
			close(cancel)
			req.Cancel = cancel //nolint:staticcheck // deprecated for makers of requests; a RoundTripper has to honour it
			return req
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				req := giveUp(t.Context(), get(t, "http://storage.example"))
				resp := exchanged(t, b, req, reply(200, text("file")))
				if err := errors.Join(read(resp, 2), resp.Body.Close()); err != nil {
					t.Error(err)
				}
				wantTold(t, b, "neutral")
			})
		})
	}
}

func TestABodyIsClosedThoughACallbackPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := resilience.NewBreaker("storage", resilience.BreakerConfig{Failures: 1, OnStateChange: func(c resilience.StateChange) {
			if c.To == resilience.Closed {
				panic("torn")
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		b.RecordFailure()
		elapse(30 * time.Second)
		body := &closeable{Reader: strings.NewReader("file")}
		resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, body))
		defer func() {
			if r := recover(); r != "torn" || !body.closed {
				t.Errorf("recovered %v, closed: %t", r, body.closed)
			}
		}()
		resp.Body.Close()
	})
}

func TestAnAnswerWithNothingToReadIsToldAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		status int
		body   io.ReadCloser
	}{
		"no body":      {http.MethodGet, 200, http.NoBody},
		"nil":          {http.MethodGet, 200, nil},
		"HEAD":         {http.MethodHead, 200, text("")},
		"no content":   {http.MethodGet, 204, text("")},
		"not modified": {http.MethodGet, 304, text("")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				req := get(t, "http://storage.example")
				req.Method = c.method
				if resp := exchanged(t, b, req, reply(c.status, c.body)); resp.Body != c.body {
					t.Error("the body was wrapped")
				}
				wantTold(t, b, "success")
			})
		})
	}
}

func TestAnAnswerThatIsNoSuccessIsToldAtOnce(t *testing.T) {
	for status, want := range map[int]string{500: "failure", 429: "neutral"} {
		synctest.Test(t, func(t *testing.T) {
			b := halfOpen(t)
			resp := exchanged(t, b, get(t, "http://storage.example"), reply(status, text("sorry")))
			wantTold(t, b, want)
			if body, err := io.ReadAll(resp.Body); string(body) != "sorry" || err != nil {
				t.Errorf("read %q, %v", body, err)
			}
			resp.Body.Close()
			wantTold(t, b, want)
		})
	}
}

type upgraded struct {
	io.ReadCloser
	io.Writer
}

func TestAnUpgradedConnectionCanStillBeWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		var sent strings.Builder
		resp := exchanged(t, b, get(t, "http://storage.example"), reply(101, upgraded{text(""), &sent}))
		wantTold(t, b, "success")
		conn, ok := resp.Body.(io.ReadWriteCloser)
		if !ok {
			t.Fatalf("the body is a %T", resp.Body)
		}
		if io.WriteString(conn, "hello"); sent.String() != "hello" {
			t.Errorf("sent %q", sent.String())
		}
	})
}

func TestAnEventStreamsProbeSucceedsWithTheFirstBytes(t *testing.T) {
	for media, want := range map[string]string{
		"text/event-stream":                "success",
		"Text/Event-Stream; charset=utf-8": "success",
		"text/event-streams":               untold,
		"application/json":                 untold,
		"":                                 untold,
	} {
		t.Run(media, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				body := io.NopCloser(iotest.OneByteReader(strings.NewReader("data")))
				resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, body, "Content-Type", media))
				if resp.Body.Read(nil); told(b) != untold {
					t.Error("told before the first bytes")
				}
				if err := read(resp, 1); err != nil {
					t.Fatal(err)
				}
				wantTold(t, b, want)
			})
		})
	}
}

func TestAnEventStreamThatBreaksOffIsAFailureOfAClosedBreaker(t *testing.T) {
	b := newBreaker(t)
	broken := io.MultiReader(strings.NewReader("data"), iotest.ErrReader(io.ErrUnexpectedEOF))
	resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, io.NopCloser(broken), "Content-Type", "text/event-stream"))
	io.ReadAll(resp.Body)
	wantState(t, b, resilience.Open)
}

func TestAnEventStreamIsTheProbeOfADryRunToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := resilience.NewBreaker("storage", resilience.BreakerConfig{Failures: 1, Mode: resilience.MetricsOnly})
		if err != nil {
			t.Fatal(err)
		}
		b.RecordFailure()
		elapse(30 * time.Second)
		resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, text("data"), "Content-Type", "text/event-stream"))
		if err := read(resp, 1); err != nil {
			t.Fatal(err)
		}
		if s := b.Snapshot(); s.Shadow != resilience.Closed {
			t.Errorf("it would be %v", s.Shadow)
		}
	})
}

func TestAnEventStreamReadmittedIsNoProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := resilience.NewBreaker("storage", resilience.BreakerConfig{Failures: 1, Readmit: []float64{0.5}})
		if err != nil {
			t.Fatal(err)
		}
		b.RecordFailure()
		elapse(30 * time.Second)
		b.RecordSuccess()
		broken := io.MultiReader(strings.NewReader("data"), iotest.ErrReader(io.ErrUnexpectedEOF))
		resp := exchanged(t, b, get(t, "http://storage.example"), reply(200, io.NopCloser(broken), "Content-Type", "text/event-stream"))
		io.ReadAll(resp.Body)
		wantState(t, b, resilience.Open)
	})
}

func TestAGuardedBodyDoesNotHideWhoBroke(t *testing.T) {
	resp := exchanged(t, newBreaker(t), get(t, "http://storage.example"), reply(200, text("file")))
	if _, ok := resp.Body.(io.WriterTo); ok {
		t.Error("copying from the body would not tell its errors from the destination's")
	}
	resp.Body.Close()
}
