package transport

import (
	"bytes"
	"errors"
	"io"
)

// line returns the next line without its end: LF, CR or both. The last line
// may lack its end unless the body was cut.
func (e *Events) line() ([]byte, error) {
	seen := 0 // bytes of buf[r:w] known to hold no end of line
	for {
		seen = max(0, seen-e.skip())
		if i := lineEnd(e.buf[e.r+seen : e.w]); i >= 0 {
			line := e.buf[e.r : e.r+seen+i]
			e.skipLF = e.buf[e.r+seen+i] == '\r'
			e.r += seen + i + 1
			return line, nil
		}
		seen = e.w - e.r
		if e.err != nil {
			if line := e.buf[e.r:e.w]; len(line) > 0 && errors.Is(e.err, io.EOF) {
				e.r = e.w
				return line, nil
			}
			return nil, e.err
		}
		if seen > MaxEventBytes {
			return nil, e.fail(ErrTooLarge)
		}
		e.fill()
	}
}

// skip passes over the LF of the CR before it, and a byte order mark at the
// beginning. It returns how many bytes that were.
func (e *Events) skip() int {
	from := e.r
	if e.skipLF && e.r < e.w {
		e.skipLF = false
		if e.buf[e.r] == '\n' {
			e.r++
		}
	}
	const mark = "\ufeff"
	if !e.started && (e.w-e.r >= len(mark) || e.err != nil) {
		e.started = true
		if bytes.HasPrefix(e.buf[e.r:e.w], []byte(mark)) {
			e.r += len(mark)
		}
	}
	return e.r - from
}

// lineEnd returns where the first CR or LF is, or -1.
func lineEnd(b []byte) int {
	i := bytes.IndexByte(b, '\n')
	if i >= 0 {
		b = b[:i]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return i
}

// blankNext reports whether an empty line is known to follow.
func (e *Events) blankNext() bool {
	next := e.buf[e.r:e.w]
	if e.skipLF && len(next) > 0 && next[0] == '\n' {
		next = next[1:]
	}
	return len(next) > 0 && (next[0] == '\n' || next[0] == '\r')
}

// fill reads more of the body; it sets err when there is no more.
func (e *Events) fill() {
	if e.r > 0 {
		e.w = copy(e.buf, e.buf[e.r:e.w])
		e.r = 0
	}
	if e.w == len(e.buf) {
		e.buf = append(e.buf, make([]byte, len(e.buf))...)
	}
	for range 100 { // like bufio: a reader that returns nothing is broken
		n, err := e.body.Read(e.buf[e.w:])
		e.w += n
		e.err = err
		if n > 0 || err != nil {
			return
		}
	}
	e.err = io.ErrNoProgress
}

// fail ends the stream.
func (e *Events) fail(err error) error {
	e.r, e.w, e.err = 0, 0, err
	return err
}
