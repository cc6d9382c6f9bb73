package transport_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/finbrain/ai/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rounder is a network in memory.
type rounder func(*http.Request) (*http.Response, error)

func (f rounder) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func respond(status int, body string, headers ...string) *http.Response {
	resp := &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1,
	}
	for i := 0; i+1 < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}

func over(f rounder, limit int64) *http.Client {
	return transport.New(transport.Config{Client: &http.Client{Transport: f}, MaxResponseBytes: limit})
}

func get(t *testing.T, c *http.Client, address string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", "secret")
	return c.Do(req)
}

func TestTheGivenClientIsCopiedAndNotChanged(t *testing.T) {
	before := http.DefaultTransport
	given := &http.Client{Timeout: 7}
	c := transport.New(transport.Config{Client: given})
	if given.Transport != nil || given.CheckRedirect != nil || http.DefaultTransport != before {
		t.Errorf("changed: %+v", given)
	}
	if c == given || c.Timeout != 7 || c.Transport == nil {
		t.Errorf("not copied: %+v", c)
	}
}

func TestARedirectToAnotherOriginIsRefused(t *testing.T) {
	for _, location := range []string{
		"https://elsewhere.example.com/v1", "http://api.example.com/v1", "https://api.example.com:8443/v1",
		"//elsewhere.example.com/v1", "https://api.example.com.evil.example/", "", "%zz",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			var sent int
			c := over(func(*http.Request) (*http.Response, error) {
				sent++
				return respond(status, "", "Location", location), nil
			}, 0)
			resp, err := get(t, c, "https://api.example.com/v1")
			if !errors.Is(err, transport.ErrRedirect) || sent != 1 {
				t.Errorf("%d to %q: %v, %v, %d requests", status, location, resp, err, sent)
			}
		}
	}
}

func TestOnlyARedirectThatRepeatsTheRequestIsFollowed(t *testing.T) {
	for status, followed := range map[int]bool{300: false, 301: false, 302: false, 303: false, 304: false, 307: true, 308: true} {
		var got string
		c := over(func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/new" {
				body, _ := io.ReadAll(req.Body)
				got = req.Method + string(body) + req.Header.Get("X-Api-Key")
				return respond(200, "ok"), nil
			}
			return respond(status, "", "Location", "/new"), nil
		}, 0)
		resp, err := get(t, c, "https://api.example.com/old")
		if followed != (err == nil && resp.StatusCode == 200 && got == "POST{}secret") {
			t.Errorf("%d: %v, %v, %q", status, resp, err, got)
		}
		if !followed && !errors.Is(err, transport.ErrRedirect) {
			t.Errorf("%d: error %v", status, err)
		}
	}
}

func TestARedirectLoopEnds(t *testing.T) {
	var sent int
	c := over(func(*http.Request) (*http.Response, error) {
		sent++
		return respond(307, "", "Location", "/again"), nil
	}, 0)
	if _, err := get(t, c, "https://api.example.com/"); !errors.Is(err, transport.ErrRedirect) || sent > 5 {
		t.Errorf("%v after %d requests", err, sent)
	}
}

func TestABodyOverTheLimitIsNotRead(t *testing.T) {
	for _, c := range []struct {
		size   int
		length int64
		fails  bool
	}{{9, -1, false}, {10, -1, false}, {10, 10, false}, {11, -1, true}, {11, 11, true}, {1 << 20, -1, true}, {0, 0, false}} {
		client := over(func(*http.Request) (*http.Response, error) {
			resp := respond(200, strings.Repeat("x", c.size))
			resp.ContentLength = c.length
			return resp, nil
		}, 10)
		resp, err := get(t, client, "https://api.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if _, again := io.ReadAll(resp.Body); !errors.Is(again, err) {
			t.Errorf("%d bytes: first %v, then %v", c.size, err, again)
		}
		_ = resp.Body.Close()
		if c.length > 10 && len(text) > 0 {
			t.Errorf("read %d bytes of a body announced as too long", len(text))
		}
		if c.fails != errors.Is(err, transport.ErrTooLarge) || !c.fails && (err != nil || len(text) != c.size) || len(text) > 10 {
			t.Errorf("%d bytes, announced %d: read %d, %v", c.size, c.length, len(text), err)
		}
	}
}

func TestTheLimitCountsDecompressedBytes(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 1<<20))
		_ = z.Close()
	}))
	defer server.Close()
	client := transport.New(transport.Config{MaxResponseBytes: 1 << 16})
	defer client.CloseIdleConnections()
	resp, err := get(t, client, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, transport.ErrTooLarge) || n > 1<<16 {
		t.Errorf("read %d bytes, %v", n, err)
	}
}

func TestIdleConnectionsAreKeptForAsManyCallsAtOnce(t *testing.T) {
	const parallel = 64
	var opened atomic.Int32
	arrived, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	server.Config.ConnState = countNew(&opened)
	server.Start()
	defer server.Close()
	client := transport.New(transport.Config{})
	defer client.CloseIdleConnections()
	for range 3 {
		done := make(chan error, parallel)
		for range parallel {
			go func() {
				resp, err := get(t, client, server.URL)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
				done <- err
			}()
		}
		for range parallel {
			<-arrived
		}
		for range parallel {
			release <- struct{}{}
		}
		for range parallel {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	// The odd connection is dialled for a call that an idle one serves first.
	if n := opened.Load(); n > parallel+parallel/4 {
		t.Errorf("%d connections for 3 × %d calls", n, parallel)
	}
}
