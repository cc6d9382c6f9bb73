package wiretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// TB is what this package needs of a test; *testing.T, *testing.B and
// *testing.F have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Wire is a network in memory: an http.RoundTripper that keeps what was sent
// and answers with a function. It is safe for concurrent use as far as Answer
// is.
type Wire struct {
	// Answer answers a request. Its body has been read by then, and is to be
	// had from GetBody, or from Requests. Set Answer before the first request.
	Answer func(*http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []Request
}

// Request is what was sent.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        string
}

// RoundTrip keeps the request and answers it. Once the request's context has
// ended it fails with the context's cause, as net/http does. It also fails if
// the length that the request announced is not that of its body; -1, which
// announces none, is refused too.
func (w *Wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		if err = errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	w.sent = append(w.sent, Request{req.Method, req.URL.String(), req.Header.Clone(), string(body)})
	w.mu.Unlock()
	if req.Context().Err() != nil {
		return nil, context.Cause(req.Context())
	}
	if req.ContentLength != int64(len(body)) {
		return nil, fmt.Errorf("wiretest: a body of %d bytes was announced with %d", len(body), req.ContentLength)
	}
	resp, err := w.Answer(req)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

// Requests returns what was sent so far, refused requests included.
func (w *Wire) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// Only returns the one request that was sent, and its body, a JSON object, as
// a tree. If there is no such request the test fails at once.
func (w *Wire) Only(t TB) (Request, map[string]any) {
	t.Helper()
	sent := w.Requests()
	if len(sent) != 1 {
		t.Fatalf("%d requests were sent, want 1", len(sent))
		return Request{}, nil
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(sent[0].Body), &tree); err != nil {
		t.Fatalf("the body sent is no JSON object: %v", err)
	}
	return sent[0], tree
}

// Answering returns a wire that always answers with the Response of its
// arguments.
func Answering(status int, body string, headers ...string) *Wire {
	return &Wire{Answer: func(*http.Request) (*http.Response, error) {
		return Response(status, body, headers...), nil
	}}
}

// Failing returns a wire on which every request fails with err.
func Failing(err error) *Wire {
	return &Wire{Answer: func(*http.Request) (*http.Response, error) { return nil, err }}
}

// Hanging returns a wire that answers nothing: a request fails when its
// context ends, with the context's cause.
func Hanging() *Wire {
	return &Wire{Answer: func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	}}
}

// Response returns a response with a body of known length. The headers
// alternate name and value; the content type is JSON unless they say
// otherwise.
func Response(status int, body string, headers ...string) *http.Response {
	resp := Stream(status, strings.NewReader(body), headers...)
	resp.ContentLength = int64(len(body))
	return resp
}

// Stream is Response for a body of unknown length.
func Stream(status int, body io.Reader, headers ...string) *http.Response {
	resp := &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(body), ContentLength: -1,
	}
	for i := 0; i+1 < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}
