package mocks

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// chunk is one event of a streamed answer.
type chunk struct {
	name    string // of the event; "" has no such line
	data    []byte // without line breaks
	content bool   // it carries a piece of the answer
	finish  bool   // it carries the finish reason
	bare    []byte // the data of a finish without the reason; nil has none
	end     bool   // it is the terminator
}

const eventStream = "text/event-stream"

// streaming is a streamed answer on its way to a client.
type streaming struct {
	server  *Server
	w       http.ResponseWriter
	r       *http.Request
	fault   Fault
	newline string
	left    int // bytes until the connection is cut; negative is never
	events  int // sent
}

// stream sends a streamed answer, with what the fault does to it.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, out reply, f Fault) {
	header := w.Header()
	maps.Copy(header, out.header)
	header.Set("X-Emulated", "true")
	w.WriteHeader(out.status)
	st := &streaming{server: s, w: w, r: r, fault: f, newline: out.newline, left: -1}
	if f.CutAfter > 0 {
		st.left = f.CutAfter
	}
	st.flush()
	st.flood()
	st.body(out.chunks, out.failure)
	if f.Stream.Linger > 0 {
		st.wait(f.Stream.Linger)
	}
	if f.CutAfter > 0 {
		panic(http.ErrAbortHandler) // before the end in any case
	}
}

func (st *streaming) body(chunks []chunk, failure chunk) {
	f := st.fault.Stream
	sent := 0 // chunks with content
	for _, c := range chunks {
		if f.breaks() && (c.content && sent == f.After || c.finish || c.end) {
			if c.content && sent < f.After && c.bare != nil { // Gemini's last piece has the finish
				st.event(chunk{name: c.name, data: c.bare})
			}
			st.breakOff(c, failure)
			return
		}
		switch {
		case c.end && f.NoTerminator:
			return
		case c.finish && f.NoFinish:
			if c.bare == nil {
				continue
			}
			c.data = c.bare
		}
		st.event(c)
		if c.content {
			sent++
		}
	}
}

// breakOff does what ends a stream before its time; next is the chunk that
// would have followed.
func (st *streaming) breakOff(next, failure chunk) {
	switch f := st.fault.Stream; {
	case f.Stall:
		st.server.wait(st.r, nil)
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Fail != "":
		st.event(failure)
	case f.Endless:
		for {
			st.event(next)
		}
	}
}

// flood sends what stands before the first event.
func (st *streaming) flood() {
	f := st.fault.Stream
	const block = 4096
	for n := f.BlankLines; n > 0; n -= block {
		st.write(bytes.Repeat([]byte("\n"), min(n, block)))
	}
	if f.LongLine > 0 {
		st.write([]byte(":"))
		for n := f.LongLine - 1; n > 0; n -= block {
			st.write(bytes.Repeat([]byte("-"), min(n, block)))
		}
		st.write([]byte(st.newline))
	}
}

func (st *streaming) event(c chunk) {
	f := st.fault.Stream
	st.wait(f.Pause)
	var b bytes.Buffer
	for range f.Comments {
		b.WriteString(": keep-alive" + st.newline)
	}
	if f.Comments > 0 {
		b.WriteString(st.newline)
	}
	name := c.name
	if f.Fields {
		if name == "" {
			name = "message"
		}
		b.WriteString("id: " + strconv.Itoa(st.events) + st.newline + "retry: 3000" + st.newline)
	}
	if name != "" {
		b.WriteString("event: " + name + st.newline)
	}
	_, _ = fmt.Fprintf(&b, "data: %s%s%s", c.data, st.newline, st.newline)
	st.events++
	st.write(b.Bytes())
	st.flush()
}

// wait pauses, if at all, and breaks the connection when the client goes away
// or the Server is closed.
func (st *streaming) wait(d time.Duration) {
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		st.server.wait(st.r, timer.C)
		return
	}
	select {
	case <-st.r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-st.server.done:
		panic(http.ErrAbortHandler)
	default:
	}
}

func (st *streaming) write(data []byte) {
	cut := st.left >= 0 && len(data) >= st.left
	if cut {
		data = data[:st.left]
	}
	if _, err := st.w.Write(data); err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	if cut {
		st.flush()
		panic(http.ErrAbortHandler)
	}
	if st.left > 0 {
		st.left -= len(data)
	}
}

func (st *streaming) flush() { _ = http.NewResponseController(st.w).Flush() }
