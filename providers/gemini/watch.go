package gemini

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
)

// maxValues bounds the values in the JSON of one response, or of one event of
// a stream, and maxDepth their nesting: genai decodes it into maps, of which a
// few megabytes of brackets would fill gigabytes. The largest answers, 100
// vectors of 3072 numbers, have 310,000 values.
const (
	maxValues = 1 << 19
	maxDepth  = 256
)

var errTooManyValues = errors.New("too many values in the response")

// watched is what is seen of a response while genai reads it.
type watched struct {
	events bool   // it is a stream
	keep   int    // how many bytes of what is read are kept at least, the last ones
	read   []byte // the response, or the event of a stream that was read last
	err    error  // what ended a stream early
}

// What is kept of a response: its end, which is all of an error and has the
// usage of embeddings, or all of it.
const (
	itsEnd  = 16 << 10
	allOfIt = math.MaxInt
)

// hold keeps what was read.
func (w *watched) hold(data []byte) {
	data = data[max(0, len(data)-w.keep):]
	if len(w.read)-w.keep > w.keep-len(data) { // together more than twice as much
		w.read = w.read[:copy(w.read, w.read[len(w.read)-w.keep:])]
	}
	if len(w.read)+len(data) > cap(w.read) { // in few steps
		w.read = slices.Grow(w.read, max(len(data), min(8*len(w.read), itsEnd)))
	}
	w.read = append(w.read, data...)
}

type watchedKey struct{}

// watching is a context with its value in itself, which is an allocation less.
type watching struct {
	context.Context //nolint:containedctx // it is a context itself
	seen            watched
}

func (c *watching) Value(key any) any {
	if key == (watchedKey{}) {
		return &c.seen
	}
	return c.Context.Value(key)
}

// watch returns a context under which a response is watched.
func watch(ctx context.Context, w watched) (context.Context, *watched) {
	c := &watching{Context: ctx, seen: w}
	return c, &c.seen
}

// watchBody puts a watchedBody between the transport and genai.
func watchBody(ctx context.Context, resp *http.Response) {
	if resp.Body == nil {
		return
	}
	w, _ := ctx.Value(watchedKey{}).(*watched)
	if w == nil {
		w = new(watched)
	}
	resp.Body = &watchedBody{ReadCloser: resp.Body, w: w, events: w.events}
}

// watchedBody bounds the values in a body, and keeps it.
type watchedBody struct {
	io.ReadCloser
	w      *watched
	events bool
	brk    bool // the last byte was a line break
	fresh  bool // so was the one before it: an event has ended

	values, depth  int
	quoted, escape bool
	err            error // what every further Read returns
}

func (b *watchedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.events && b.fresh {
		b.fresh, b.values, b.depth, b.quoted, b.escape = false, 0, 0, false, false
		b.w.read = b.w.read[:0]
	}
	n, err := b.ReadCloser.Read(p)
	if !b.count(p[:n]) {
		b.err = errTooManyValues
		if b.events { // as the transport does, lest genai prints the error to the log
			b.w.err, b.err = b.err, io.EOF
		}
		return 0, b.err
	}
	b.w.hold(p[:n])
	for _, c := range p[max(0, n-2):n] {
		b.fresh = b.brk && c == '\n'
		b.brk = c == '\n'
	}
	return n, err
}

// Close reports nothing: genai would print it to the log.
func (b *watchedBody) Close() error {
	_ = b.ReadCloser.Close()
	return nil
}

// count counts commas and brackets outside of strings, and reports whether
// they are within the limits.
func (b *watchedBody) count(data []byte) bool {
	for len(data) > 0 {
		if b.quoted {
			data = b.pass(data)
			continue
		}
		switch data[0] {
		case '"':
			b.quoted = true
		case ',':
			b.values++
		case '[', '{':
			b.values++
			if b.depth++; b.depth > maxDepth {
				return false
			}
		case ']', '}':
			b.depth--
		}
		data = data[1:]
	}
	return b.values <= maxValues
}

// pass passes over the rest of a string.
func (b *watchedBody) pass(data []byte) []byte {
	if b.escape {
		b.escape = false
		return data[1:]
	}
	end := bytes.IndexByte(data, '"')
	if end < 0 {
		end = len(data)
	}
	if i := bytes.IndexByte(data[:end], '\\'); i >= 0 {
		b.escape = true
		return data[i+1:]
	}
	b.quoted = end == len(data)
	return data[min(end+1, len(data)):]
}
