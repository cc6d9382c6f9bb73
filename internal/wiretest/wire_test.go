package wiretest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/finbrain/ai/internal/wiretest"
)

// failures is a test that goes on, and keeps what it was told.
type failures []string

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

func (f *failures) Fatalf(format string, args ...any) { f.Errorf(format, args...) }

func post(t *testing.T, ctx context.Context, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://example.com/x", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestAWireKeepsWhatWasSentAndAnswersIt(t *testing.T) {
	w := wiretest.Answering(429, `{"b":2}`, "Retry-After", "3")
	req := post(t, t.Context(), `{"a":1}`)
	req.Header.Set("X-Test", "x")
	resp, err := w.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 429 || string(body) != `{"b":2}` || resp.ContentLength != int64(len(body)) || resp.Request != req ||
		resp.Header.Get("Retry-After") != "3" || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v with %s", resp, body)
	}
	sent, tree := w.Only(t)
	if sent.Method != "POST" || sent.URL != "http://example.com/x" || sent.Header.Get("X-Test") != "x" || tree["a"] != 1.0 {
		t.Errorf("kept %+v with %v", sent, tree)
	}
}

func TestAWireRefusesAnEndedContextAndAWrongLength(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the user left")
	cancel(cause)
	w := wiretest.Answering(200, "")
	if resp, err := w.RoundTrip(post(t, ended, "x")); resp != nil || err != cause {
		t.Errorf("after the end: %v, %v", resp, err)
	}
	for _, length := range []int64{-1, 0, 2} {
		req := post(t, t.Context(), "x")
		req.ContentLength = length
		if resp, err := w.RoundTrip(req); resp != nil || err == nil {
			t.Errorf("announced with %d: %v, %v", length, resp, err)
		}
	}
	if n := len(w.Requests()); n != 4 {
		t.Errorf("%d requests are kept, want 4", n)
	}
}

func TestOnlyFailsUnlessOneObjectWasSent(t *testing.T) {
	for _, bodies := range [][]string{nil, {"no JSON"}, {"[]"}, {"{}", "{}"}} {
		w, told := wiretest.Answering(200, ""), failures{}
		for _, body := range bodies {
			if _, err := w.RoundTrip(post(t, t.Context(), body)); err != nil {
				t.Fatal(err)
			}
		}
		if w.Only(&told); len(told) != 1 {
			t.Errorf("%q: told %q", bodies, told)
		}
	}
}
