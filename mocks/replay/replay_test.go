package replay_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/mocks/replay"
)

var update = flag.Bool("update", false, "write the golden files")

const key = "sk-canary-0123456789abcdef"

// answered is a response as its reader saw it.
type answered struct {
	status int
	header http.Header
	body   string
	err    error
}

// call posts JSON, with a key, through the transport.
func call(t *testing.T, via http.RoundTripper, url, body string) answered {
	t.Helper()
	return send(t, via, http.MethodPost, url, "application/json", body)
}

func send(t *testing.T, via http.RoundTripper, method, url, contentType, body string) answered {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", contentType)
	resp, err := (&http.Client{Transport: via}).Do(req)
	if err != nil {
		return answered{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answered{resp.StatusCode, resp.Header, string(data), err}
}

// open opens a Transport and closes it with the test, which fails on what
// could not be recorded.
func open(t *testing.T, dir string, config replay.Config) *replay.Transport {
	t.Helper()
	transport, err := replay.Open(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := transport.Close(); err != nil {
			t.Error(err)
		}
	})
	return transport
}

// recording records from a handler.
func recording(t *testing.T, dir string, config replay.Config, handler http.HandlerFunc) *replay.Transport {
	t.Helper()
	config.Mode, config.Transport = replay.Record, direct{handler}
	return open(t, dir, config)
}

// direct is a RoundTripper that asks a handler, and streams what it writes.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	r, w := io.Pipe()
	rec := &recorder{header: http.Header{}, body: w, begun: make(chan struct{})}
	go func() {
		defer func() {
			if recover() != nil {
				_ = w.CloseWithError(io.ErrUnexpectedEOF)
			}
		}()
		d.handler.ServeHTTP(rec, req)
		rec.WriteHeader(http.StatusOK)
		_ = w.Close()
	}()
	<-rec.begun
	return &http.Response{
		StatusCode: rec.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: rec.header, Body: r, ContentLength: -1, Request: req,
	}, nil
}

type recorder struct {
	header http.Header
	body   io.Writer
	status int
	once   sync.Once
	begun  chan struct{}
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(status int) {
	r.once.Do(func() { r.status = status; close(r.begun) })
}
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// files returns the directory's recordings by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

const chat = "http://openai.test/v1/chat/completions"

func TestWhatWasRecordedIsReplayed(t *testing.T) {
	dir := t.TempDir()
	s := mocks.NewOpenAI()
	defer s.Close()
	s.Script(mocks.RateLimited(2*time.Second), mocks.Fault{}, mocks.Fault{}, mocks.CutStream(2))
	question := `{"model":"m","messages":[{"role":"user","content":"Net <debt> rose to 9007199254740993."}]}`
	stream := strings.Replace(question, `"m"`, `"m","stream":true`, 1)
	image := `{"model":"gpt-image-2","prompt":"x","size":"8x8"}`
	ask := func(via http.RoundTripper) []answered {
		return []answered{
			call(t, via, chat, question), call(t, via, chat, question), call(t, via, chat, stream), call(t, via, chat, stream),
			call(t, via, "http://openai.test/v1/images/generations", image),
			send(t, via, http.MethodGet, "http://openai.test/v1/files?limit=2", "", ""),
		}
	}
	recorded := ask(open(t, dir, replay.Config{Mode: replay.Record, Transport: s.Client().Transport}))
	if s.Count() != 6 || len(files(t, dir)) != 6 {
		t.Fatalf("%d calls, %d files", s.Count(), len(files(t, dir)))
	}
	player := open(t, dir, replay.Config{})
	for i, got := range ask(player) {
		want := recorded[i]
		if got.status != want.status || got.body != want.body || !errors.Is(got.err, want.err) {
			t.Errorf("%d: replayed %+v\nrecorded %+v", i, got, want)
		}
		for _, name := range []string{"Content-Type", "Retry-After", "Retry-After-Ms"} {
			if got.header.Get(name) != want.header.Get(name) {
				t.Errorf("%d: %s is %q, was %q", i, name, got.header.Get(name), want.header.Get(name))
			}
		}
	}
	if s.Count() != 6 {
		t.Errorf("a replay called the provider")
	}
	if left := player.Unused(); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestARequestMatchesByItsContent(t *testing.T) {
	dir := t.TempDir()
	r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	first := call(t, r, "http://a.test/v1/x%2Fy?b=2&a=1&key=secretsecret", `{"model":"m","n":1.50,"list":[1,2]}`)
	if first.err != nil {
		t.Fatal(first.err)
	}
	url, body := "http://b.test:81/v1/x%2fy?a=1&b=2", ` {"list": [1, 2], "n":1.50, "model":"m"}`
	tests := []struct{ name, url, body, differs string }{
		{"equal", url, body, ""},
		{"another path", "http://b.test/v1/x/y?a=1&b=2", body, "differs from 0001-post-v1-x-2fy.json in its path"},
		{"another query", "http://b.test/v1/x%2Fy?a=1", body, "in its query"},
		{"another value", url, `{"list":[1,3],"n":1.50,"model":"m"}`, "in its body at list[1]"},
		{"a number written otherwise", url, `{"list":[1,2],"n":1.5,"model":"m"}`, "in its body at n"},
		{"a key more", url, `{"list":[1,2],"n":1.50,"model":"m","stop":null}`, "in its body at stop"},
		{"an entry less", url, `{"list":[1],"n":1.50,"model":"m"}`, "in its body at list[1]"},
		{"another type", url, `{"list":{},"n":1.50,"model":"m"}`, "in its body at list"},
		{"an array", url, `[]`, "in its body"},
		{"no JSON", url, `model`, "in its body"},
		{"two things", "http://b.test/v1/z?a=1&b=2", `{"list":[1,2],"n":1.50,"model":"secret prompt"}`, "in its path and its body at model"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := open(t, dir, replay.Config{})
			got := call(t, p, tt.url, tt.body)
			if tt.differs == "" {
				if got.err != nil || got.body != `{"model":"m","n":1.50,"list":[1,2]}` {
					t.Errorf("%+v", got)
				}
				return
			}
			var missed *replay.MissError
			if !errors.As(got.err, &missed) || !strings.HasSuffix(got.err.Error(), tt.differs) || strings.Contains(got.err.Error(), "secret") {
				t.Errorf("%v\nwant %s", got.err, tt.differs)
			}
			if left := p.Unused(); len(left) != 1 {
				t.Errorf("left %v", left)
			}
		})
	}
}

func TestRepeatsAreReplayedInOrderAndNoOftener(t *testing.T) {
	dir := t.TempDir()
	count := 0
	r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, _ *http.Request) { count++; _, _ = fmt.Fprint(w, count) })
	for range 3 {
		call(t, r, chat, `{}`)
	}
	p := open(t, dir, replay.Config{})
	for i := range 3 {
		if got := call(t, p, chat, `{}`); got.body != fmt.Sprint(i+1) {
			t.Errorf("%d: %+v", i, got)
		}
	}
	if got := call(t, p, chat, `{}`); got.err == nil || !strings.Contains(got.err.Error(), "came more often than it was recorded") {
		t.Errorf("%+v", got)
	}
	r = recording(t, dir, replay.Config{}, func(http.ResponseWriter, *http.Request) {})
	call(t, r, chat, `{"a":1}`)
	call(t, r, chat, `{"a":2}`)
	p = open(t, dir, replay.Config{})
	call(t, p, chat, `{"a":1}`)
	if got := call(t, p, chat, `{"a":3}`); got.err == nil || !strings.Contains(got.err.Error(), "differs from 0002-") {
		t.Errorf("compared with what has been replayed: %v", got.err)
	}
	empty := open(t, t.TempDir(), replay.Config{})
	if got := call(t, empty, chat, `{}`); got.err == nil || !strings.Contains(got.err.Error(), "there are no recordings") {
		t.Errorf("%+v", got)
	}
}

func TestAnUploadMatchesWhateverItsBoundary(t *testing.T) {
	dir := t.TempDir()
	form := func(boundary string) (contentType, body string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		if err := w.SetBoundary(boundary); err != nil {
			t.Fatal(err)
		}
		_ = w.WriteField("purpose", "fine-tune")
		part, _ := w.CreateFormFile("file", "a.jsonl")
		_, _ = part.Write([]byte("{}\xff\n"))
		_ = w.Close()
		return w.FormDataContentType(), b.String()
	}
	r := recording(t, dir, replay.Config{}, func(http.ResponseWriter, *http.Request) {})
	contentType, body := form("one")
	send(t, r, http.MethodPost, "http://a.test/v1/files", contentType, body)
	contentType, body = form("another")
	if got := send(t, open(t, dir, replay.Config{}), http.MethodPost, "http://a.test/v1/files", contentType, body); got.err != nil {
		t.Error(got.err)
	}
}

func TestEveryKindOfBodyComesBack(t *testing.T) {
	for _, body := range []string{
		"null", "0", `""`, "{}", "[]", `{"a":1,"a":2}`, `{"n":1e400,"m":9007199254740993}`, `{"s":"\ud800 <&> \u2028"}`,
		"", "{", "\r\n", "a\rb\n\nc", "\x00", "\ufeff{}", "\xff",
	} {
		for _, contentType := range []string{"application/json", "text/event-stream", ""} {
			dir := t.TempDir()
			r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = []string{contentType}
				_, _ = io.Copy(w, r.Body)
			})
			send(t, r, http.MethodPost, chat, contentType, body)
			if got := send(t, open(t, dir, replay.Config{}), http.MethodPost, chat, contentType, body); got.err != nil || got.body != body {
				t.Errorf("%q as %q: %q, %v", body, contentType, got.body, got.err)
			}
		}
	}
}
