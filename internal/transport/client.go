package transport

import (
	"net"
	"net/http"
	"strings"
	"time"
)

// DefaultMaxResponseBytes bounds a response body unless Config says otherwise:
// 64 MiB, several times a batch of 2048 embeddings of 3072 numbers in base64.
const DefaultMaxResponseBytes = 64 << 20

// DefaultMaxStreamBytes bounds a body of the type text/event-stream, and that of
// a call under RecordStream, whatever type it claims: 256 MiB,
// of which little is held at a time. A token takes some 300 bytes.
const DefaultMaxStreamBytes = 256 << 20

// maxRedirects is how many redirects within one host are followed.
const maxRedirects = 3

// Config configures New. The zero value is ready for use.
type Config struct {
	// Client is copied, never changed. Its Transport, Timeout and Jar are kept,
	// its CheckRedirect is not. Nil, or a nil Transport, stands for a Transport
	// of its own with room for 128 idle connections per host.
	Client *http.Client
	// MaxResponseBytes bounds a response body, counted after decompression;
	// 0 is DefaultMaxResponseBytes, and DefaultMaxStreamBytes for an event
	// stream. Reading beyond it fails with ErrTooLarge.
	MaxResponseBytes int64
	// Key is put on every request.
	Key Key
}

// New returns a client for one provider. It never touches
// http.DefaultTransport nor the client it was given.
//
// A 307 or 308 to the same scheme and host is followed, at most three times.
// Every other 3xx is ErrRedirect: net/http drops only some of the headers
// that carry keys when the host changes.
func New(cfg Config) *http.Client {
	var c http.Client
	if cfg.Client != nil {
		c = *cfg.Client
	}
	if c.Transport == nil {
		c.Transport = newTransport()
	}
	t := &roundTripper{next: c.Transport, key: cfg.Key, limit: cfg.MaxResponseBytes, streamLimit: cfg.MaxResponseBytes}
	if t.limit <= 0 {
		t.limit, t.streamLimit = DefaultMaxResponseBytes, DefaultMaxStreamBytes
	}
	c.Transport = t
	c.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return ErrRedirect
		}
		return nil
	}
	return &c
}

// newTransport has no time limit for a whole call: that is the context's.
// What it does limit is being unable to reach the host, and a connection that
// died without a word (http.Transport would go on using it for minutes).
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

type roundTripper struct {
	next        http.RoundTripper
	key         Key
	limit       int64
	streamLimit int64
}

// RoundTrip puts the key on a copy of the request, records the exchange, refuses
// redirects and bounds the body.
func (t *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	ex, _ := req.Context().Value(exchangeKey{}).(*Exchange)
	if ex != nil {
		ex.Requests++
		ex.Status, ex.Header = 0, nil
	}
	keyed := *req
	keyed.Header = req.Header.Clone()
	if err := t.key.put(req.Context(), keyed.Header); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	resp, err := t.next.RoundTrip(&keyed)
	if err != nil || resp == nil {
		return resp, err
	}
	if ex != nil {
		ex.Status, ex.Header = resp.StatusCode, resp.Header
	}
	if resp.StatusCode/100 == 3 && !followable(req, resp) {
		if resp.Body != nil {
			_ = resp.Body.Close()
		}
		return nil, ErrRedirect
	}
	if resp.Body != nil {
		t.bound(resp, ex)
		if ex != nil && ex.streaming && resp.StatusCode/100 == 2 {
			resp.Body, resp.ContentLength = newEventBody(resp.Body, ex), -1
		}
	}
	return resp, nil
}

// bound limits a body, and inflates one that net/http did not: it inflates
// only what it asked for itself, and some servers compress without being
// asked.
func (t *roundTripper) bound(resp *http.Response, ex *Exchange) {
	limit := t.limit
	if ex != nil && ex.Limit > 0 {
		limit = ex.Limit
	} else if ex != nil && ex.streaming || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		limit = t.streamLimit
	}
	b := &body{ReadCloser: resp.Body, left: limit}
	if resp.ContentLength > limit {
		b.err = ErrTooLarge
	}
	if encoding := resp.Header.Get("Content-Encoding"); strings.EqualFold(encoding, "gzip") {
		b.ReadCloser = &inflated{ReadCloser: resp.Body}
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength, resp.Uncompressed = -1, true
	}
	resp.Body = b
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the
// transport below.
func (t *roundTripper) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// followable reports whether a redirect repeats the same request at the same
// scheme and host.
func followable(req *http.Request, resp *http.Response) bool {
	if resp.StatusCode != http.StatusTemporaryRedirect && resp.StatusCode != http.StatusPermanentRedirect {
		return false
	}
	to, err := req.URL.Parse(resp.Header.Get("Location"))
	return err == nil && resp.Header.Get("Location") != "" &&
		to.Scheme == req.URL.Scheme && to.Host == req.URL.Host
}
