package httpguard

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// malformed tells whether net/http would refuse a request without sending
// anything: it has no host, or a method or header that HTTP does not know.
func malformed(req *http.Request) bool {
	return req.URL == nil || req.URL.Host == "" ||
		req.Method != "" && !isToken(req.Method) ||
		!isWellFormed(req.Header) || !isWellFormed(req.Trailer)
}

func isWellFormed(h http.Header) bool {
	for name, values := range h {
		if !isToken(name) {
			return false
		}
		for _, v := range values {
			if !isFieldValue(v) {
				return false
			}
		}
	}
	return true
}

// isToken tells whether s is a token (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0:
			return false
		}
	}
	return s != ""
}

// isFieldValue tells whether s may be the value of a header: it has no control
// character but tabs (RFC 9110, section 5.5).
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// upload is the body of a request. It notes that it is broken itself: it cannot
// be read, or not as long as announced, which is no fault of the service.
type upload struct {
	io.ReadCloser
	length int64 // as announced; 0 or less if it is not known
	read   int64
	closed atomic.Bool  // by the transport, perhaps during a Read
	broken *atomic.Bool // shared by the bodies of a request that is sent again
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	u.read += int64(n)
	known := u.length > 0
	switch {
	case u.closed.Load():
	case err != nil && err != io.EOF, known && u.read > u.length, known && err == io.EOF && u.read < u.length:
		u.broken.Store(true)
	}
	return n, err
}

func (u *upload) Close() error {
	u.closed.Store(true)
	return u.ReadCloser.Close()
}

// watched returns req, or if it has a body a copy of it that notes in broken
// when that is broken.
func watched(req *http.Request, broken *atomic.Bool) *http.Request {
	if req.Body == nil || req.Body == http.NoBody {
		return req
	}
	watch := func(body io.ReadCloser) io.ReadCloser {
		return &upload{ReadCloser: body, length: req.ContentLength, broken: broken}
	}
	sent := req.WithContext(req.Context())
	sent.Body = watch(req.Body)
	if req.GetBody != nil {
		sent.GetBody = func() (io.ReadCloser, error) {
			body, err := req.GetBody()
			if err != nil {
				broken.Store(true)
				return nil, err
			}
			return watch(body), nil
		}
	}
	return sent
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
