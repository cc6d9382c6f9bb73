package openai_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

// open returns a wire whose stream says what it is given and then stays open
// until it is closed or its context ends.
func open(said string, closed *bool) *wiretest.Wire {
	return &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
		r, w := io.Pipe()
		stop := context.AfterFunc(req.Context(), func() { _ = w.CloseWithError(context.Cause(req.Context())) })
		go func() { _, _ = io.WriteString(w, said) }()
		resp := wiretest.Stream(200, nil)
		resp.Body = closing{r, func() { *closed = true; stop(); _ = r.Close() }}
		return resp, nil
	}}
}

type closing struct {
	io.Reader
	close func()
}

func (c closing) Close() error {
	c.close()
	return nil
}

func TestLeavingAStreamFreesItAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, closed := time.Now(), false
		w := open("data: "+chunk(`"content":"x"`, `"stop"`)+"\n\n", &closed)
		for d, err := range provider(t, w).Stream(t.Context(), ai.Text("x")) {
			if err != nil || d.Text != "x" {
				t.Errorf("%+v, %v", d, err)
			}
			break
		}
		if !closed || time.Since(began) != 0 {
			t.Errorf("closed %v after %v", closed, time.Since(began))
		}
	})
}

func TestAPanicOfTheConsumerFreesTheStream(t *testing.T) {
	closed := false
	defer func() {
		if recover() == nil || !closed {
			t.Errorf("closed %v", closed)
		}
	}()
	w := open("data: "+chunk(`"content":"x"`, "null")+"\n\n", &closed)
	for range provider(t, w).Stream(t.Context(), ai.Text("x")) {
		panic("the consumer's")
	}
}

func TestNothingIsSentBeforeAStreamIsRead(t *testing.T) {
	w := streamed()
	_ = provider(t, w).Stream(t.Context(), ai.Text("x"))
	if sent := w.Requests(); len(sent) != 0 {
		t.Errorf("%d requests were sent", len(sent))
	}
}

func TestAStreamThatIsCancelledEndsAtOnce(t *testing.T) {
	for _, said := range []string{"", "data: " + chunk(`"content":"x"`, "null") + "\n\n"} {
		synctest.Test(t, func(t *testing.T) {
			began, closed := time.Now(), false
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			time.AfterFunc(time.Second, func() { cancel(errors.New("the user left")) })
			var last error
			for _, err := range provider(t, open(said, &closed)).Stream(ctx, ai.Text("x")) {
				last = err
			}
			if e := asError(t, last); e.Code != ai.CodeCanceled || !errors.Is(last, context.Canceled) || !closed || time.Since(began) != time.Second {
				t.Errorf("%#v, closed %v after %v", e, closed, time.Since(began))
			}
		})
	}
}

func TestAStreamAfterItsDeadlineIsATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := false
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		_, err := ai.Collect(provider(t, open("", &closed)).Stream(ctx, ai.Text("x")))
		if e := asError(t, err); e.Code != ai.CodeTimeout || !closed {
			t.Errorf("%#v, closed %v", e, closed)
		}
	})
}

// What has arrived already is not read on for a caller who is gone.
func TestNothingIsPassedOnAfterACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := streamed(chunk(`"content":"a"`, "null"), chunk(`"content":"b"`, "null"), chunk("", `"stop"`))
	var text string
	var last error
	for d, err := range provider(t, w).Stream(ctx, ai.Text("x")) {
		if last = err; err == nil {
			text += d.Text
			cancel()
		}
	}
	if ai.CodeOf(last) != ai.CodeCanceled || text != "a" {
		t.Errorf("%q, %v", text, last)
	}
}

func TestAnErrorEventEndsTheStreamAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, closed := time.Now(), false
		_, err := ai.Collect(provider(t, open("data: "+refused("x", "server_error", "null")+"\n", &closed)).Stream(t.Context(), ai.Text("x")))
		if e := asError(t, err); e.Code != ai.CodeUnavailable || !closed || time.Since(began) != 0 {
			t.Errorf("%#v, closed %v after %v", e, closed, time.Since(began))
		}
	})
}

func TestAWholeAnswerDoesNotWaitLongForItsUsage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, closed := time.Now(), false
		w := open("data: "+chunk(`"content":"x"`, `"stop"`)+"\n\n", &closed)
		got, err := ai.Collect(provider(t, w).Stream(t.Context(), ai.Text("x")))
		if err != nil || got.Text != "x" || !closed || time.Since(began) != 2*time.Second {
			t.Errorf("%+v, %v after %v", got, err, time.Since(began))
		}
	})
}

// A consumer that is slow does not lose the usage.
func TestTheWaitForTheUsageIsNotTheConsumersTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := false
		w := open("data: "+chunk(`"content":"x"`, `"stop"`)+"\n\ndata: "+oneLine(counts)+"\n\ndata: [DONE]\n\n", &closed)
		var total int
		for d, err := range provider(t, w).Stream(t.Context(), ai.Text("x")) {
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Minute)
			if d.Response != nil {
				total = d.Response.Usage.TotalTokens
			}
		}
		if total != 10 {
			t.Errorf("%d tokens", total)
		}
	})
}

func TestStreamsUseConnectionsAgainThoughTheTerminatorIsLate(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: "+chunk(`"content":"x"`, `"stop"`)+"\n\ndata: [DONE]\n\n")
		_ = http.NewResponseController(w).Flush()
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	p := provider(t, nil, func(c *openai.Config) { c.BaseURL, c.HTTPClient = server.URL+"/v1", client })
	for range 50 {
		if _, err := ai.Collect(p.Stream(t.Context(), ai.Text("x"))); err != nil {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for 50 streams", n)
	}
}

func TestOneProviderStreamsToManyAtOnce(t *testing.T) {
	w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
		r, _ := req.GetBody()
		sent, _ := io.ReadAll(r)
		_, name, _ := strings.Cut(string(sent), `"content":"`)
		name, _, _ = strings.Cut(name, `"`)
		return wiretest.Response(200, "data: "+chunk(`"content":`+quote(name), `"stop"`)+"\n\ndata: [DONE]\n\n"), nil
	}}
	p := provider(t, w)
	var all sync.WaitGroup
	for i := range 1000 {
		prompt := strings.Repeat("x", i%7) + string(rune('a'+i%26))
		all.Go(func() {
			if got, err := ai.Collect(p.Stream(t.Context(), ai.Text(prompt))); err != nil || got.Text != prompt {
				t.Errorf("asked %q, got %+v, %v", prompt, got, err)
			}
		})
	}
	all.Wait()
}
