package transport

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
)

// Exchange is what one call of an adapter said over HTTP. Client libraries
// lose the status or the headers of some failures; an Exchange has them
// always. It is written on the goroutine that sends, so it may be read when
// the library has returned, and serves one call at a time.
type Exchange struct {
	// Status and Header are those of the last response; 0 and nil while the
	// last request has none.
	Status int
	Header http.Header
	// Requests counts the requests sent, redirects and a library's own retries
	// included.
	Requests int
	// Limit bounds the response's body in place of Config.MaxResponseBytes; 0
	// leaves it to that. It is set before the request is sent.
	Limit int64

	// Of a stream, see RecordStream, and written while its body is read: Done
	// is true once the terminator "[DONE]" has come, Fault is the data of the
	// event that told of an error, which ends the stream, and Err is what else
	// ended it early: ErrNotEvents, ErrTooLarge or the failure of the network.
	Done  bool
	Fault []byte
	Err   error

	streaming bool
}

type exchangeKey struct{}

// Record returns a context under which a client made by New fills the
// Exchange.
func Record(ctx context.Context) (context.Context, *Exchange) {
	ex := new(Exchange)
	return context.WithValue(ctx, exchangeKey{}, ex), ex
}

// RequestID returns the provider's identifier of the exchange, or "" when
// there is none that can be printed safely: at most 128 letters, digits and
// "-_.:".
func RequestID(h http.Header) string {
	for _, name := range [...]string{"X-Request-Id", "Apim-Request-Id"} {
		if id := h.Get(name); id != "" && printableID(id) {
			return id
		}
	}
	return ""
}

func printableID(id string) bool {
	if len(id) > 128 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}

// body bounds what can be read and tells a body that was cut short from JSON
// that ends too early.
type body struct {
	io.ReadCloser
	left int64
	err  error // what every further Read returns
}

// inflated is a gzip body read as what it holds.
type inflated struct {
	io.ReadCloser
	gzip *gzip.Reader
}

func (b *inflated) Read(p []byte) (n int, err error) {
	if b.gzip == nil {
		if b.gzip, err = gzip.NewReader(b.ReadCloser); err != nil {
			b.gzip = nil
			return 0, inflateError(err)
		}
	}
	n, err = b.gzip.Read(p)
	return n, inflateError(err)
}

func inflateError(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	if corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return ErrEncoding
	}
	return err
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one byte more shows whether the limit is passed
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, err = int(b.left), ErrTooLarge
	}
	b.left -= int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrCutShort
	}
	b.err = err
	return n, err
}
