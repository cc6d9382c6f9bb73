package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/finbrain/ai/internal/transport"
)

func countNew(n *atomic.Int32) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.Add(1)
		}
	}
}

func exchange(t *testing.T, c *http.Client, address string) (*transport.Exchange, *http.Response, error) {
	t.Helper()
	ctx, ex := transport.Record(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	return ex, resp, err
}

func TestAnExchangeHasTheLastResponseAndCountsRequests(t *testing.T) {
	c := over(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/old" {
			return respond(308, "", "Location", "/new"), nil
		}
		return respond(429, "slow down", "Retry-After", "3"), nil
	}, 0)
	ex, _, err := exchange(t, c, "https://api.example.com/old")
	if err != nil || ex.Status != 429 || ex.Requests != 2 || ex.Header.Get("Retry-After") != "3" {
		t.Errorf("%+v, %v", ex, err)
	}
}

func TestAnExchangeHasTheStatusOfARefusedRedirect(t *testing.T) {
	c := over(func(*http.Request) (*http.Response, error) { return respond(302, ""), nil }, 0)
	if ex, _, err := exchange(t, c, "https://api.example.com/"); err == nil || ex.Status != 302 {
		t.Errorf("%+v, %v", ex, err)
	}
}

func TestAnExchangeWithoutAResponseHasNoStatus(t *testing.T) {
	first := true
	c := over(func(*http.Request) (*http.Response, error) {
		if first {
			first = false
			return respond(307, "", "Location", "/x", "Retry-After", "3"), nil
		}
		return nil, io.EOF
	}, 0)
	if ex, _, err := exchange(t, c, "https://api.example.com/"); err == nil || ex.Status != 0 || ex.Header != nil || ex.Requests != 2 {
		t.Errorf("%+v, %v", ex, err)
	}
}

func TestABodyCutShortIsToldFromOneThatEnded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"half":`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	client := transport.New(transport.Config{})
	defer client.CloseIdleConnections()
	_, resp, err := exchange(t, client, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 2 { // the error stays
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, transport.ErrCutShort) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error = %v", err)
		}
	}
}

func TestRecordingTakesTwoAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _, _ = transport.Record(t.Context()) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

func TestARequestIDIsShownOnlyWhenItIsOne(t *testing.T) {
	for id, want := range map[string]string{
		"req_0a1B-2.3:4": "req_0a1B-2.3:4", "": "", "two words": "", "a\nb": "", "Bearer=x": "", strings.Repeat("x", 129): "", "é": "",
	} {
		if got := transport.RequestID(http.Header{"X-Request-Id": {id}}); got != want {
			t.Errorf("RequestID(%q) = %q", id, got)
		}
	}
	if got := transport.RequestID(http.Header{"Apim-Request-Id": {"azure-1"}}); got != "azure-1" {
		t.Errorf("Azure's identifier = %q", got)
	}
}

func TestATransportWithoutABodyOrAResponseIsSurvived(t *testing.T) {
	c := over(func(*http.Request) (*http.Response, error) { return nil, nil }, 0)
	if _, _, err := exchange(t, c, "https://api.example.com/"); err == nil {
		t.Error("no response and no error")
	}
	c = over(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil }, 0)
	_, resp, err := exchange(t, c, "https://api.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(resp.Body); err != nil || len(text) != 0 {
		t.Errorf("%q, %v", text, err)
	}
}

func BenchmarkRecord(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = transport.Record(context.Background())
	}
}
