package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// MaxEventBytes bounds one event of a stream together with everything ignored
// before it, and one line: 8 MiB, several times an image in base64.
const MaxEventBytes = 8 << 20

// ErrNotEvents says that a body that was to be an event stream is something else, such
// as an HTML page.
var ErrNotEvents = errors.New("no event stream")

// Event is one event of a stream. Its slices are valid until the next call of
// Next.
type Event struct {
	Type []byte // what its event line says, empty without one
	Data []byte // its data, JSON as far as the sender keeps to it
	// Stray is true for JSON that stood in the body outside of any event: a
	// plain answer where a stream was asked for, or an error in its midst.
	Stray bool
}

// Events reads an event stream whose data are JSON
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), and reads
// more kindly than the specification asks: an event is returned as soon as its
// JSON is whole, without waiting for the empty line after it, which may be
// missing between two events and at the end. Data lines of one event are
// joined by a space, which is the same to JSON as a line break. Comments, ids,
// retry lines, empty lines, empty data and unknown fields are passed over,
// however many there are. It is for one goroutine.
type Events struct {
	body    io.Reader
	buf     []byte // buf[r:w] has been read and not been looked at
	r, w    int
	since   int   // bytes since the last event
	skipLF  bool  // the last line ended in CR: an LF after it belongs to it
	started bool  // past where a byte order mark may stand
	done    bool  // the terminator has come
	err     error // what ended the body

	kind []byte // of the event being read
	data []byte // of an event in several lines
}

// NewEvents returns the events of a body.
func NewEvents(body io.Reader) *Events {
	return &Events{body: body, buf: make([]byte, 4096)}
}

// Done reports whether the stream has ended with the terminator "[DONE]".
func (e *Events) Done() bool { return e.done }

// Next returns the next event. It ends with io.EOF, both after "[DONE]" and at
// the end of the body, with the body's error, with ErrTooLarge beyond
// MaxEventBytes, or with ErrNotEvents.
func (e *Events) Next() (Event, error) {
	e.kind, e.data, e.since = e.kind[:0], e.data[:0], 0
	for !e.done {
		line, err := e.line()
		if err != nil {
			if len(e.data) > 0 && errors.Is(err, io.EOF) {
				return e.whole()
			}
			return Event{}, err
		}
		if e.since += len(line) + 1; e.since > MaxEventBytes {
			return Event{}, e.fail(ErrTooLarge)
		}
		switch start := bytes.TrimLeft(line, " \t"); {
		case len(start) == 0 && len(e.data) > 0:
			return e.whole()
		case len(start) == 0:
			e.kind = e.kind[:0]
		case start[0] == '{' || start[0] == '[':
			return e.stray(start)
		case start[0] == '<':
			return Event{}, e.fail(ErrNotEvents)
		default:
			if data := e.field(line); data != nil {
				return Event{Type: e.kind, Data: data}, nil
			}
		}
	}
	return Event{}, io.EOF
}

// whole returns the event in several lines.
func (e *Events) whole() (Event, error) { return Event{Type: e.kind, Data: e.data}, nil }

// field reads one line of an event and returns its data if they are whole.
func (e *Events) field(line []byte) []byte {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	switch string(name) {
	case "event":
		e.kind = append(e.kind[:0], value...)
	case "data":
		switch {
		case len(value) == 0:
		case len(e.data) > 0:
			e.data = append(append(e.data, ' '), value...)
		case string(value) == "[DONE]":
			e.done = true
		case e.blankNext() || json.Valid(value):
			return value
		default:
			e.data = append(e.data, value...)
		}
	}
	return nil
}

// stray returns JSON outside of any event: one line if that is whole,
// otherwise the rest of the body.
func (e *Events) stray(line []byte) (Event, error) {
	if json.Valid(line) {
		return Event{Data: line, Stray: true}, nil
	}
	e.data = append(e.data[:0], line...)
	for {
		line, err := e.line()
		if errors.Is(err, io.EOF) {
			return Event{Data: e.data, Stray: true}, nil
		}
		if err != nil {
			return Event{}, err
		}
		if len(e.data)+len(line) >= MaxEventBytes {
			return Event{}, e.fail(ErrTooLarge)
		}
		e.data = append(append(e.data, ' '), line...)
	}
}
