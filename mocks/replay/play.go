package replay

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// tape is a recording to be replayed.
type tape struct {
	name string
	x    *exchange
	key  key
	used bool
}

func readTapes(dir string, s *scrubber) ([]*tape, error) {
	names, err := recordings(dir)
	if err != nil {
		return nil, err
	}
	tapes := make([]*tape, len(names))
	for i, name := range names {
		x, err := readExchange(dir, name)
		if err != nil {
			return nil, err
		}
		r := &x.Request
		tapes[i] = &tape{name: name, x: x, key: keyOf(s, r.Method, r.Path, r.Query, r.bytes(), r.Headers.Get("Content-Type"))}
	}
	return tapes, nil
}

// play answers a request from the files.
func (t *Transport) play(req *http.Request, body []byte) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	tape, err := t.find(req, body)
	if err != nil {
		return nil, err
	}
	recorded := &tape.x.Response
	header := recorded.Headers.Clone()
	if header == nil {
		header = http.Header{}
	}
	resp := &http.Response{
		Status:     fmt.Sprintf("%03d %s", recorded.Status, http.StatusText(recorded.Status)),
		StatusCode: recorded.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: -1, Request: req,
	}
	p := &playing{ctx: req.Context(), closed: make(chan struct{}), cut: recorded.End != ""}
	if recorded.Lines == nil {
		p.parts = [][]byte{recorded.bytes()}
		if recorded.End == "" {
			resp.ContentLength = int64(len(p.parts[0]))
		}
	}
	for i, line := range recorded.Lines {
		p.parts = append(p.parts, []byte(line))
		if t.timing && i < len(recorded.DelaysMS) {
			p.delays = append(p.delays, time.Duration(recorded.DelaysMS[i])*time.Millisecond)
		}
	}
	resp.Body = p
	return resp, nil
}

// find takes the first file not yet used that was recorded of the same request.
func (t *Transport) find(req *http.Request, body []byte) (*tape, error) {
	body, err := decoded(body, req.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, fmt.Errorf("replay: request: %w", err)
	}
	path, query, contentType := req.URL.EscapedPath(), req.URL.RawQuery, req.Header.Get("Content-Type")
	// A key may or may not have stood in the body that was recorded.
	asked := keyOf(t.scrub, req.Method, path, query, body, contentType)
	scrubbed := keyOf(t.scrub.with(req, nil, nil), req.Method, path, query, body, contentType)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tape := range t.tapes {
		if !tape.used && (tape.key.equal(asked) || tape.key.equal(scrubbed)) {
			tape.used = true
			return tape, nil
		}
	}
	return nil, miss(scrubbed, t.tapes)
}

// playing is the body of a response that is replayed. Close may come while Read
// waits.
type playing struct {
	ctx    context.Context //nolint:containedctx // the request's: its end ends the body, as with a connection
	closed chan struct{}
	once   sync.Once
	parts  [][]byte
	delays []time.Duration // before each part; those that are missing are 0
	cut    bool
}

// Read returns the next part, when its time has come.
func (p *playing) Read(b []byte) (int, error) {
	if len(p.parts) > 0 && len(p.delays) > 0 && p.delays[0] > 0 {
		timer := time.NewTimer(p.delays[0])
		defer timer.Stop()
		select {
		case <-timer.C:
			p.delays[0] = 0
		case <-p.closed:
		case <-p.ctx.Done():
		}
	}
	select {
	case <-p.closed:
		return 0, http.ErrBodyReadAfterClose
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	default:
	}
	if len(p.parts) == 0 {
		if p.cut {
			return 0, io.ErrUnexpectedEOF
		}
		return 0, io.EOF
	}
	n := copy(b, p.parts[0])
	if p.parts[0] = p.parts[0][n:]; len(p.parts[0]) == 0 {
		p.parts = p.parts[1:]
		p.delays = p.delays[min(1, len(p.delays)):]
	}
	return n, nil
}

// Close ends a Read that waits.
func (p *playing) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}
