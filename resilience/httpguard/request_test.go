package httpguard_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

func TestARequestThatNeverLeavesAsksNoBreaker(t *testing.T) {
	for name, spoil := range map[string]func(*http.Request){
		"no URL":        func(r *http.Request) { r.URL = nil },
		"no host":       func(r *http.Request) { r.URL.Host = "" },
		"method":        func(r *http.Request) { r.Method = "GE T" },
		"header":        func(r *http.Request) { r.Header["X Name"] = []string{"file"} },
		"empty header":  func(r *http.Request) { r.Header[""] = []string{"file"} },
		"header value":  func(r *http.Request) { r.Header["X-Name"] = []string{"file", "a\nb"} },
		"trailer":       func(r *http.Request) { r.Trailer = http.Header{"X Name": nil} },
		"trailer value": func(r *http.Request) { r.Trailer = http.Header{"X-Name": {"a\nb"}} },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBreaker(t)
			base := serve(t, http.NotFoundHandler(), false)
			for range 2 {
				req := get(t, "http://storage.example")
				body := &closeable{Reader: strings.NewReader("upload")}
				req.Body = body
				spoil(req)
				_, err := (&httpguard.Transport{Base: base, Breaker: b}).RoundTrip(req)
				if err == nil || errors.Is(err, resilience.ErrOpen) || !body.closed {
					t.Errorf("error %v, body closed: %t", err, body.closed)
				}
				wantState(t, b, resilience.Closed)
			}
		})
	}
}

func TestWhatHTTPAllowsAsksABreaker(t *testing.T) {
	b := newBreaker(t)
	b.ForceOpen()
	transport := &httpguard.Transport{Base: always(200), Breaker: b}
	asks := func(change func(*http.Request)) bool {
		req := get(t, "http://storage.example")
		change(req)
		_, err := transport.RoundTrip(req)
		return errors.Is(err, resilience.ErrOpen)
	}
	for c := range 256 {
		s := string([]byte{byte(c)})
		token := strings.Contains("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", s)
		if got := asks(func(r *http.Request) { r.Method = s }); got != token {
			t.Errorf("method %q: %t", s, got)
		}
		if got := asks(func(r *http.Request) { r.Header["X"+s] = nil }); got != token {
			t.Errorf("header %q: %t", s, got)
		}
		value := c == '\t' || c >= ' ' && c != 0x7f
		if got := asks(func(r *http.Request) { r.Header["X"] = []string{"a" + s} }); got != value {
			t.Errorf("value %q: %t", s, got)
		}
	}
	if !asks(func(r *http.Request) { r.Method, r.Header = "", nil }) {
		t.Error("a GET without headers asks no breaker")
	}
}

// delivering is a base that reads the request's body before the service fails.
func delivering(req *http.Request) (*http.Response, error) {
	io.ReadAll(req.Body)
	return nil, errDown
}

func TestAnUploadThatIsBrokenItselfSaysNothing(t *testing.T) {
	again := func(req *http.Request) (*http.Response, error) {
		if body, err := req.GetBody(); err == nil {
			io.ReadAll(body)
		}
		return nil, errDown
	}
	for name, c := range map[string]struct {
		body, second io.Reader // second: of GetBody; nil: that fails
		length       int64
		base         trip
		want         string
	}{
		"whole":                       {strings.NewReader("file"), nil, 4, delivering, "failure"},
		"of unknown length":           {strings.NewReader("file"), nil, -1, delivering, "failure"},
		"of unknown length, too":      {strings.NewReader("file"), nil, 0, delivering, "failure"},
		"whole, with its end at once": {iotest.DataErrReader(strings.NewReader("file")), nil, 4, delivering, "failure"},
		"whole, byte by byte":         {iotest.OneByteReader(strings.NewReader("file")), nil, 4, delivering, "failure"},
		"unreadable":                  {iotest.ErrReader(errDown), nil, -1, delivering, "neutral"},
		"unreadable in the middle":    {io.MultiReader(strings.NewReader("fi"), iotest.ErrReader(io.ErrUnexpectedEOF)), nil, 4, delivering, "neutral"},
		"too short":                   {strings.NewReader("fil"), nil, 4, delivering, "neutral"},
		"too long":                    {strings.NewReader("files"), nil, 4, delivering, "neutral"},
		"whole, and again":            {nil, strings.NewReader("file"), 4, again, "failure"},
		"short, and again":            {nil, strings.NewReader("fil"), 4, again, "neutral"},
		"gone the second time":        {nil, nil, 4, again, "neutral"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := halfOpen(t)
				req := get(t, "http://storage.example")
				req.Body, req.ContentLength = io.NopCloser(c.body), c.length
				req.GetBody = func() (io.ReadCloser, error) {
					if c.second == nil {
						return nil, errDown
					}
					return io.NopCloser(c.second), nil
				}
				(&httpguard.Transport{Base: c.base, Breaker: b}).RoundTrip(req)
				wantTold(t, b, c.want)
			})
		})
	}
}

// A transport closes the body when the connection breaks, perhaps during a
// Read.
func TestAnUploadThatTheTransportClosedIsNotBrokenItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		req := get(t, "http://storage.example")
		req.Body = closing{make(chan struct{})}
		base := trip(func(req *http.Request) (*http.Response, error) {
			go io.ReadAll(req.Body)
			synctest.Wait()
			req.Body.Close()
			return nil, errDown
		})
		(&httpguard.Transport{Base: base, Breaker: b}).RoundTrip(req)
		wantTold(t, b, "failure")
	})
}

func TestAnUploadReachesTheService(t *testing.T) {
	bothProtocols(t, func(t *testing.T, h2 bool) {
		b := halfOpen(t)
		base := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }), h2)
		client := &http.Client{Transport: &httpguard.Transport{Base: base, Breaker: b}}
		if _, err := client.Post("http://storage.example", "text/plain", iotest.TimeoutReader(strings.NewReader("file"))); err == nil {
			t.Error("a broken upload has an answer")
		}
		wantTold(t, b, "neutral")
		resp, err := client.Post("http://storage.example", "text/plain", strings.NewReader("file"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); string(body) != "file" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		wantTold(t, b, "success")
	})
}

func TestARequestWithABodyIsCopiedAndTheAnswerIsToTheOriginal(t *testing.T) {
	another := get(t, "http://storage.example")
	for _, named := range []*http.Request{nil, another} { // nil: what the base got
		req := get(t, "http://storage.example")
		body := io.NopCloser(strings.NewReader("file"))
		req.Body = body
		base := trip(func(got *http.Request) (*http.Response, error) {
			if got == req || got.URL != req.URL || got.Context() != req.Context() || got.GetBody != nil {
				t.Errorf("the base got %+v", got)
			}
			resp := reply(200, http.NoBody)
			if resp.Request = named; named == nil {
				resp.Request = got
			}
			return resp, nil
		})
		resp, err := (&httpguard.Transport{Base: base, Breaker: newBreaker(t)}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]*http.Request{true: req, false: another}[named == nil]; resp.Request != want || req.Body != body {
			t.Errorf("the answer is to %p, want %p; its body is a %T", resp.Request, want, req.Body)
		}
	}
}

func TestARequestWithoutABodyIsNotCopied(t *testing.T) {
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		req := get(t, "http://storage.example")
		req.Body = body
		base := trip(func(got *http.Request) (*http.Response, error) {
			if got != req {
				t.Error("the base got another request")
			}
			return reply(200, http.NoBody), nil
		})
		if _, err := (&httpguard.Transport{Base: base, Breaker: newBreaker(t)}).RoundTrip(req); err != nil {
			t.Error(err)
		}
	}
}
