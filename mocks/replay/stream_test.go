package replay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/mocks/replay"
)

func TestABrokenBodyIsReplayedBroken(t *testing.T) {
	dir := t.TempDir()
	r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n\ndata: 2")
		panic(http.ErrAbortHandler)
	})
	for _, via := range []http.RoundTripper{r, replayOf(t, dir, r, `{}`)} {
		if got := call(t, via, chat, `{}`); !errors.Is(got.err, io.ErrUnexpectedEOF) || got.body != "data: 1\n\ndata: 2" {
			t.Errorf("%+v", got)
		}
	}
}

// replayOf records one call and returns what replays it.
func replayOf(t *testing.T, dir string, r http.RoundTripper, body string) *replay.Transport {
	t.Helper()
	call(t, r, chat, body)
	return open(t, dir, replay.Config{})
}

func TestAReaderThatLeavesRecordsWhatItHadRead(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ contentType, body, end string }{
		{"text/event-stream", "data: 1\n\ndata: [DONE]\n\n", ""},
		{"text/event-stream", "data: 1\n\n", `"end": "left"`},
		{"application/json", `{"a":1}`, ""},
		{"application/json", `{"a":`, `"end": "left"`},
	}
	for _, tt := range tests {
		done := make(chan struct{})
		r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", tt.contentType)
			_, _ = io.WriteString(w, tt.body)
			<-done
		})
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, chat, nil)
		resp, err := r.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadFull(resp.Body, make([]byte, len(tt.body)))
		_ = resp.Body.Close()
		close(done)
		for _, file := range files(t, dir) {
			if strings.Contains(file, `"end"`) != (tt.end != "") || !strings.Contains(file, tt.end) {
				t.Errorf("%q left: %s", tt.body, file)
			}
		}
		resp, err = open(t, dir, replay.Config{}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		var want error
		if tt.end != "" {
			want = io.ErrUnexpectedEOF // what would have followed is not known
		}
		if data, err := io.ReadAll(resp.Body); string(data) != tt.body || !errors.Is(err, want) {
			t.Errorf("%q, %v", data, err)
		}
	}
}

func TestAReaderWhoseContextEndsHasLeft(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	transport := open(t, dir, replay.Config{Mode: replay.Record, Transport: answering(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: r, ContentLength: -1, Request: req}, nil
	})})
	go func() {
		_, _ = io.WriteString(w, "data: 1\n")
		cancel()
		_ = w.CloseWithError(context.Canceled)
	}()
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, chat, nil)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("ended in %v", err)
	}
	_ = resp.Body.Close()
	for _, file := range files(t, dir) {
		if !strings.Contains(file, `"end": "left"`) {
			t.Error(file)
		}
	}
	if _, err := open(t, dir, replay.Config{}).RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("replayed after the end of its context: %v", err)
	}
}

func TestACallWithoutAResponseIsNotRecorded(t *testing.T) {
	dir := t.TempDir()
	transport := open(t, dir, replay.Config{Mode: replay.Record, Transport: answering(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	})})
	if got := call(t, transport, chat, "{}"); !errors.Is(got.err, io.ErrUnexpectedEOF) || len(files(t, dir)) != 0 {
		t.Errorf("%+v", got)
	}
}

// answering is a RoundTripper that is a function.
type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestAStreamIsReplayedInItsTimeWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		record := func(config replay.Config) {
			r := recording(t, dir, config, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				for i := range 3 {
					time.Sleep(time.Second) //nolint:forbidigo // virtual
					_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
				}
			})
			call(t, r, chat, `{}`)
		}
		took := func(config replay.Config) time.Duration {
			begun := time.Now()
			if got := call(t, open(t, dir, config), chat, `{}`); got.body != "data: 0\n\ndata: 1\n\ndata: 2\n\n" {
				t.Errorf("%+v", got)
			}
			return time.Since(begun)
		}
		record(replay.Config{Timing: true})
		if d := took(replay.Config{Timing: true}); d != 3*time.Second {
			t.Errorf("took %v", d)
		}
		if d := took(replay.Config{}); d != 0 {
			t.Errorf("took %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, chat, strings.NewReader("{}"))
		resp, err := open(t, dir, replay.Config{Timing: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(resp.Body); string(data) != "data: 0\n\n" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q, %v", data, err)
		}
		record(replay.Config{})
		if d := took(replay.Config{Timing: true}); d != 0 {
			t.Errorf("took %v", d)
		}
	})
}

func TestClosingAReplayEndsTheReadThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		text := `{"request":{"method":"POST","path":"/v1/chat/completions","body":"{}"},
			"response":{"status":200,"lines":["data: 1\n"],"delays_ms":[3600000]}}`
		if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, chat, strings.NewReader("{}"))
		resp, err := open(t, dir, replay.Config{Timing: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		begun, read := time.Now(), make(chan error)
		go func() {
			_, err := resp.Body.Read(make([]byte, 8))
			read <- err
		}()
		synctest.Wait()
		_ = resp.Body.Close()
		if err := <-read; !errors.Is(err, http.ErrBodyReadAfterClose) || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		_ = resp.Body.Close()
	})
}
