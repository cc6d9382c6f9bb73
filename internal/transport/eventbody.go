package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// RecordStream is Record for a call whose library reads an event stream. The
// library gets of a successful response nothing but "data: …" lines, each
// followed by an empty one, and always a clean end, since a library may print
// any other to the log: what ended the stream is in Exchange.Err.
func RecordStream(ctx context.Context) (context.Context, *Exchange) {
	ctx, ex := Record(ctx)
	ex.streaming = true
	return ctx, ex
}

// eventBody writes the events of a body anew.
type eventBody struct {
	io.Closer
	events *Events
	ex     *Exchange
	out    []byte // the event being read
	unread []byte // what is left of out
	ended  bool
}

func newEventBody(body io.ReadCloser, ex *Exchange) *eventBody {
	return &eventBody{Closer: body, events: NewEvents(body), ex: ex}
}

func (b *eventBody) Read(p []byte) (int, error) {
	if len(b.unread) == 0 && !b.ended {
		b.next()
	}
	if len(b.unread) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	return n, nil
}

// next takes over the next event. An error event is the last one.
func (b *eventBody) next() {
	event, err := b.events.Next()
	if err != nil {
		b.ended, b.ex.Done = true, b.events.Done()
		if !errors.Is(err, io.EOF) {
			b.ex.Err = err
		}
		return
	}
	if event.Failed() {
		b.ended, b.ex.Fault = true, bytes.Clone(event.Data)
	}
	if event.Stray {
		b.ended, b.ex.Err = true, ErrNotEvents
		return
	}
	b.out = append(b.out[:0], "data: "...)
	b.out = append(b.out, event.Data...)
	b.out = append(b.out, "\n\n"...)
	b.unread = b.out
}

// Failed reports whether the event is an error: one of that type, or an object
// with a field "error" that is not null.
func (e Event) Failed() bool {
	if string(e.Type) == "error" {
		return true
	}
	if !bytes.Contains(e.Data, []byte(`"error"`)) {
		return false
	}
	var object struct{ Error json.RawMessage }
	return json.Unmarshal(e.Data, &object) == nil && len(object.Error) > 0 && string(object.Error) != "null"
}

const (
	drainTime  = 250 * time.Millisecond
	drainBytes = 64 << 10
)

// Drain reads the little that may be left of a body of which all that counts
// has been read, and closes it: net/http uses an HTTP/1.1 connection again
// only after a response read to its end. It reads at most 64 KiB and for at
// most 250 ms, when it closes the body under its own read, as net/http
// permits.
func Drain(body io.ReadCloser) {
	timer := time.AfterFunc(drainTime, func() { _ = body.Close() })
	_, _ = io.CopyN(io.Discard, body, drainBytes)
	timer.Stop()
	_ = body.Close()
}
