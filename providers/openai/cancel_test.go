package openai_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

// hangingInBody returns a wire that begins to answer, and then hangs until the
// request's context ends.
func hangingInBody() *wiretest.Wire {
	return &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
		return wiretest.Stream(200, hangingBody{req.Context()}), nil
	}}
}

type hangingBody struct{ ctx context.Context }

func (b hangingBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, context.Cause(b.ctx)
}

func TestTheCallersCancelIsToldFromATimeLimit(t *testing.T) {
	for _, hanging := range []func() *wiretest.Wire{wiretest.Hanging, hangingInBody} {
		for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
			synctest.Test(t, func(t *testing.T) {
				p := provider(t, hanging())

				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errors.New("the user left")) })
				_, err := p.Analyze(ctx, req)
				if e := asError(t, err); e.Code != ai.CodeCanceled || !errors.Is(err, context.Canceled) {
					t.Errorf("cancelled: %#v", e)
				}

				late, stop := context.WithTimeout(t.Context(), time.Second)
				defer stop()
				_, err = p.Analyze(late, req)
				if e := asError(t, err); e.Code != ai.CodeTimeout || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("late: %#v", e)
				}
			})
		}
	}
}

func TestTheClientsOwnTimeLimitIsATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := provider(t, wiretest.Hanging(), func(c *openai.Config) { c.HTTPClient.Timeout = time.Second })
		_, err := p.Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.Code != ai.CodeTimeout || e.Status != 0 {
			t.Errorf("%#v", e)
		}
	})
}

func TestAfterTheCallerCancelledNothingIsSent(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
		_, err := provider(t, w).Analyze(ctx, req)
		if e := asError(t, err); e.Code != ai.CodeCanceled {
			t.Errorf("%#v", e)
		}
	}
	if sent := w.Requests(); len(sent) != 0 {
		t.Errorf("%d requests were sent", len(sent))
	}
}

func TestAnAnswerThatArrivedIsKeptWhenTheContextEndsAfterwards(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
		resp := wiretest.Response(200, answer("x"))
		resp.Body = endingBody{resp.Body, cancel}
		return resp, nil
	}}
	if got, err := provider(t, w).Analyze(ctx, ai.Text("x")); err != nil || got.Text != "x" {
		t.Errorf("%+v, %v", got, err)
	}
}

// endingBody cancels when it is closed.
type endingBody struct {
	io.Reader
	cancel func()
}

func (b endingBody) Close() error {
	b.cancel()
	return nil
}
