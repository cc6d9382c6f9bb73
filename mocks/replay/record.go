package replay

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// record makes the call; its file is written when the response's body has been
// read or closed.
func (t *Transport) record(req *http.Request, body []byte) (*http.Response, error) {
	t.mu.Lock()
	t.number++
	number := t.number
	t.mu.Unlock()
	out := req.Clone(req.Context())
	out.Header.Del("Accept-Encoding") // the transport's own is undone by it
	if req.Body != nil {
		out.Body = io.NopCloser(bytes.NewReader(body))
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		out.ContentLength = int64(len(body))
	}
	begun := time.Now()
	resp, err := t.base.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	b := &tee{
		t: t, number: number, req: req, sent: body, resp: resp, from: resp.Body, last: begun,
		stream: isStream(resp.Header.Get("Content-Type")),
	}
	if resp.Request != nil {
		b.header = resp.Request.Header // with what Config.Transport added
	}
	resp.Request, resp.Body = req, b
	return resp, nil
}

func isStream(contentType string) bool { return strings.HasPrefix(contentType, "text/event-stream") }

// tee is a response's body that is read and recorded.
type tee struct {
	t      *Transport
	number int
	req    *http.Request
	sent   []byte
	header http.Header // the request's when it was sent
	resp   *http.Response
	from   io.ReadCloser
	stream bool

	mu    sync.Mutex // Close may come while Read runs
	got   []byte
	large bool
	came  []arrival
	last  time.Time
	done  bool
}

// arrival is when the body had grown to a length.
type arrival struct {
	length int
	after  time.Duration // the one before
}

// Read reads from the provider and remembers.
func (b *tee) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.got)+n > MaxBodyBytes {
		b.large = true
	} else {
		b.got = append(b.got, p[:n]...)
	}
	if b.stream && b.t.timing && n > 0 {
		now := time.Now()
		b.came = append(b.came, arrival{len(b.got), now.Sub(b.last)})
		b.last = now
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.finish("")
	case b.req.Context().Err() != nil:
		b.finish(endLeft)
	default:
		b.finish(endCut)
	}
	return n, err
}

// Close records what has come.
func (b *tee) Close() error {
	b.mu.Lock()
	b.finish(endLeft)
	b.mu.Unlock()
	return b.from.Close()
}

// finish writes the file, once. b.mu is held.
func (b *tee) finish(end string) {
	if b.done {
		return
	}
	b.done = true
	if end == endLeft && b.whole() {
		end = ""
	}
	s := b.t.scrub.with(b.req, b.header, b.resp.Header)
	name := fileName(b.number, b.req.Method, s.path(b.req.URL.EscapedPath()))
	x, err := b.exchange(s, end)
	if err == nil {
		err = write(b.t.dir, name, x)
	}
	if err != nil {
		b.t.report(name, err)
	}
	b.got, b.sent = nil, nil
}

// whole reports whether the body holds all there is, although its reader left
// before its end was seen.
func (b *tee) whole() bool {
	switch {
	case b.resp.ContentLength >= 0:
		return int64(len(b.got)) == b.resp.ContentLength
	case b.stream:
		return bytes.HasSuffix(bytes.TrimSpace(b.got), []byte("data: [DONE]"))
	}
	return isJSON(b.resp.Header.Get("Content-Type")) && json.Valid(b.got)
}

var errTooLarge = errors.New("a body is over the limit")

// exchange returns what is written.
func (b *tee) exchange(s *scrubber, end string) (*exchange, error) {
	if b.large {
		return nil, errTooLarge
	}
	sent, err := decoded(b.sent, b.req.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	sent, sentType := normalBoundary(sent, b.req.Header.Get("Content-Type"))
	if sent, err = s.body(sent); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	plain, err := decoded(b.got, b.resp.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	got, err := s.body(plain)
	if err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	x := &exchange{
		Format: format,
		Request: request{
			Method: b.req.Method, Path: s.path(b.req.URL.EscapedPath()), Query: s.query(b.req.URL.RawQuery),
			Headers: s.headers(b.req.Header), content: contentOf(sent, sentType),
		},
		Response: response{
			Status: b.resp.StatusCode, Headers: s.headers(b.resp.Header), End: end,
			content: contentOf(got, b.resp.Header.Get("Content-Type")),
		},
	}
	if sentType != "" && x.Request.Headers != nil {
		x.Request.Headers.Set("Content-Type", sentType)
	}
	if x.Response.Lines != nil {
		x.Response.DelaysMS = delays(plain, b.came)
	}
	return x, nil
}

// decoded undoes a compression: of a request, or of a response that nobody
// asked to compress.
func decoded(body []byte, encoding string) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return body, nil
	case "gzip":
	default:
		return nil, errors.New("it is encoded in an unknown way")
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("it is no gzip")
	}
	plain, err := io.ReadAll(io.LimitReader(r, MaxBodyBytes+1))
	switch {
	case len(plain) > MaxBodyBytes:
		return nil, errTooLarge
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("it is no gzip")
	}
	return plain, nil
}

// delays returns what was waited before each line of a body; nil when that was
// not asked for.
func delays(body []byte, came []arrival) []int64 {
	if len(came) == 0 {
		return nil
	}
	var waits []int64
	length := 0
	for line := range bytes.Lines(body) {
		length += len(line)
		var wait time.Duration
		for len(came) > 0 {
			wait += came[0].after
			enough := came[0].length >= length
			came[0].after = 0
			if enough {
				break
			}
			came = came[1:]
		}
		waits = append(waits, wait.Milliseconds())
	}
	return waits
}

func write(dir, name string, x *exchange) error {
	data, err := x.marshal()
	if err != nil {
		return errors.New("it cannot be written as JSON")
	}
	if err := os.WriteFile(at(dir, name), data, 0o600); err != nil {
		return fmt.Errorf("its file cannot be written: %w", err)
	}
	return nil
}
