package transport_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/internal/transport"
)

// stream sends a request for a stream and returns what its library would read.
func stream(t *testing.T, c *http.Client, address string) (*transport.Exchange, string, error) {
	t.Helper()
	ctx, ex := transport.RecordStream(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return ex, string(text), err
}

func TestALibraryGetsNothingButDataAndACleanEnd(t *testing.T) {
	for name, c := range map[string]struct {
		body, read string
		cut        error
		done       bool
		fault      string
		err        error
	}{
		"clean":          {body: ": x\r\nid: 1\r\ndata: {}\r\n\r\n", read: "data: {}\n\n"},
		"terminated":     {body: "data: {}\n\ndata: [DONE]\n\n", read: "data: {}\n\n", done: true},
		"in lines":       {body: "data: {\ndata:\ndata: }\n\n", read: "data: { }\n\n"},
		"cut":            {body: "data: {}\n\ndata: {", read: "data: {}\n\n", cut: io.ErrUnexpectedEOF, err: transport.ErrCutShort},
		"error":          {body: "data: {\"error\":1}\n\ndata: {}\n\n", read: "data: {\"error\":1}\n\n", fault: `{"error":1}`},
		"error, no data": {body: "{\n\"error\":1\n}", fault: `{ "error":1 }`, err: transport.ErrNotEvents},
		"JSON":           {body: "{}", err: transport.ErrNotEvents},
		"HTML":           {body: "<html>", err: transport.ErrNotEvents},
		"too large":      {body: strings.Repeat("x", transport.MaxEventBytes+1), err: transport.ErrTooLarge},
	} {
		client := over(func(*http.Request) (*http.Response, error) {
			resp := respond(200, c.body)
			if c.cut != nil {
				resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(c.body), failing{c.cut}))
			}
			return resp, nil
		}, 0)
		ex, read, err := stream(t, client, "https://api.example.com/")
		if err != nil || read != c.read || ex.Done != c.done || string(ex.Fault) != c.fault || !errors.Is(ex.Err, c.err) || (ex.Err == nil) != (c.err == nil) {
			t.Errorf("%s: read %q, %v, %+v", name, read, err, ex)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestARefusedStreamKeepsItsBody(t *testing.T) {
	client := over(func(*http.Request) (*http.Response, error) { return respond(429, "{\n\"error\":1}"), nil }, 0)
	if ex, read, err := stream(t, client, "https://api.example.com/"); err != nil || read != "{\n\"error\":1}" || ex.Fault != nil {
		t.Errorf("%q, %v, %+v", read, err, ex)
	}
}

func compressed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func TestABodyCompressedUnaskedIsRead(t *testing.T) {
	whole := compressed(strings.Repeat("data: {}\n\n", 1000))
	for name, c := range map[string]struct {
		body string
		err  error
	}{
		"whole":   {whole, nil},
		"cut":     {whole[:len(whole)-9], transport.ErrCutShort},
		"corrupt": {whole[:20] + "xxxxxxxxx" + whole[29:], transport.ErrEncoding},
		"no gzip": {"data: {}\n\n" + strings.Repeat(" ", 100), transport.ErrEncoding},
		"bomb":    {compressed(strings.Repeat("\n", 1<<20)), transport.ErrTooLarge},
	} {
		client := over(func(*http.Request) (*http.Response, error) {
			return respond(200, c.body, "Content-Encoding", "gzip", "Content-Length", "99"), nil
		}, 1<<16)
		resp, err := get(t, client, "https://api.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || err == nil && len(text) != 10000 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
		if resp.Header.Get("Content-Encoding") != "" || resp.ContentLength != -1 {
			t.Errorf("%s: announced as %v, %d bytes", name, resp.Header, resp.ContentLength)
		}
	}
}

func TestAStreamMayBeLongerThanOtherBodies(t *testing.T) {
	for kind, want := range map[string]error{"text/event-stream; charset=utf-8": nil, "application/json": transport.ErrTooLarge} {
		client := over(func(*http.Request) (*http.Response, error) {
			resp := respond(200, "", "Content-Type", kind)
			resp.Body = io.NopCloser(io.LimitReader(endless{}, transport.DefaultMaxResponseBytes+1))
			return resp, nil
		}, 0)
		resp, err := get(t, client, "https://api.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != want {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// Some servers give an event stream another type, or none.
func TestAStreamThatWasAskedForIsOneWhateverItsType(t *testing.T) {
	const limit = transport.DefaultMaxResponseBytes
	events := strings.Repeat(": "+strings.Repeat("x", 1<<20)+"\ndata: {}\n\n", limit>>20)
	ex, _, err := stream(t, over(func(*http.Request) (*http.Response, error) { return respond(200, events), nil }, 0), "https://api.example.com/")
	if err != nil || ex.Err != nil || len(events) <= limit {
		t.Errorf("%d bytes: %v, %v", len(events), err, ex.Err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestAConnectionIsUsedAgainThoughTheBodyEndsLate(t *testing.T) {
	var connections atomic.Int32
	read := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "data: [DONE]\n\n")
		_ = http.NewResponseController(w).Flush()
		<-read
	}))
	server.Config.ConnState = countNew(&connections)
	server.Start()
	defer server.Close()
	client := transport.New(transport.Config{})
	defer client.CloseIdleConnections()
	for range 20 {
		resp, err := get(t, client, server.URL)
		if err != nil {
			t.Fatal(err)
		}
		events := transport.NewEvents(resp.Body)
		if _, err := events.Next(); err != io.EOF || !events.Done() {
			t.Fatal(err)
		}
		read <- struct{}{}
		transport.Drain(resp.Body)
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestABodyThatDoesNotEndIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ours, theirs := net.Pipe()
		defer theirs.Close()
		transport.Drain(ours)
		if took := time.Since(began); took != 250*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
	counted := &counting{Reader: endless{}}
	transport.Drain(counted)
	if counted.n > 1<<17 || !counted.closed {
		t.Errorf("read %d bytes, closed %v", counted.n, counted.closed)
	}
}

type counting struct {
	io.Reader
	n      int
	closed bool
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func (c *counting) Close() error {
	c.closed = true
	return nil
}
