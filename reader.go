package ai

import (
	"context"
	"time"

	"github.com/finbrain/ai/resilience"
)

// reader reads the stream of one attempt and hands its pieces to the caller.
type reader struct {
	out     *outlet
	start   time.Time // of the call
	reading *resilience.Reading

	got  gathered
	held *Delta // the Usage that came before the first content; nil if none did
	over bool
	last *Delta // what the stream ended with
	err  error
}

// errLeft ends the attempt of a caller who wants no more. It reaches nobody.
var errLeft = &Error{Code: CodeCanceled}

// reads reports whether the call is to read r's answer piece by piece.
func (l *call) reads(r *route) bool {
	return l.out != nil && r.streamer != nil && (l.kind == KindText || l.kind == KindImage)
}

// begun reports whether a caller has part of an answer.
func (l *call) begun() bool { return l.out != nil && l.out.begun }

// left reports whether the caller wants no more of a stream.
func (l *call) left() bool { return l.out != nil && l.out.left }

// read asks the provider once for a stream, reads it to its end and completes
// the entry.
func (l *call) read(caller, ctx context.Context, r *route, s *seat, reading *resilience.Reading, entry *Attempt) (*Response, error) {
	in := &reader{out: l.out, start: l.start, reading: reading}
	defer func() {
		if l.out.running { // the caller's loop ended by a panic
			l.abandon(r, entry, in.got.usage)
		}
	}()
	r.stream(ctx, s.req, in)
	resp, err := in.answer(s.req)
	if err != nil && l.left() {
		l.abandon(r, entry, in.got.usage)
		return nil, err
	}
	if err != nil {
		resp = &Response{Usage: in.got.usage}
	}
	return l.attempted(caller, ctx, r, s, entry, resp, err)
}

// abandon completes the entry of an attempt whose caller has left.
func (l *call) abandon(r *route, entry *Attempt, usage Usage) {
	entry.Duration = time.Since(l.start) - entry.Start
	entry.Code = CodeCanceled
	l.tellAttempt(r, entry, usage)
}

// stream asks the provider and has in take what comes. A panic of the provider
// is a bad response, as in analyze; the caller's own passes.
func (r *route) stream(ctx context.Context, req *Request, in *reader) {
	defer func() {
		if in.out.running {
			return
		}
		if p := recover(); p != nil {
			in.end(&Error{Code: CodeBadResponse, Detail: "the provider's adapter panicked"})
		}
	}()
	r.streamer.Stream(ctx, req)(func(d *Delta, err error) bool { return in.take(ctx, d, err) })
}

// take is the body of the loop over the provider's stream. It is a function, so
// that a provider which goes on after its end does no harm. Nor does one that
// goes on after the end of ctx, unless that is with the answer.
func (in *reader) take(ctx context.Context, d *Delta, err error) bool {
	switch {
	case in.over:
		return false
	case err != nil:
		return in.end(err)
	case ctx.Err() != nil && (d == nil || d.Response == nil):
		return in.end(ctx.Err())
	}
	if err := in.got.add(d); err != nil {
		return in.end(err)
	}
	switch {
	case d.Response != nil:
		in.last = d
		return in.end(nil)
	case !in.out.begun && !d.content():
		if d.Usage != nil { // the route may yet be left
			in.held = &Delta{Usage: d.Usage}
		}
		return true
	}
	return in.give(d)
}

// end ends the stream, once, and returns false for take.
func (in *reader) end(err error) bool {
	if !in.over {
		in.over, in.err = true, err
	}
	return false
}

// give hands a piece to the caller, while the clocks stand still.
func (in *reader) give(d *Delta) bool {
	out := in.out
	out.running = true // and what a callback of the breaker panics with passes
	late := in.reading.Pause()
	out.running = false
	if late != nil {
		return in.end(&Error{Code: CodeTimeout, Cause: late})
	}
	if !out.begun {
		out.begun = true
		out.came(time.Since(in.start))
		if in.held != nil && !out.give(in.held) {
			return in.leave()
		}
	}
	if !d.empty() && !out.give(d) {
		return in.leave()
	}
	in.reading.Resume()
	return true
}

func (in *reader) leave() bool {
	in.out.left = true
	return in.end(errLeft)
}

// answer returns what has come, if it is whole. For a caller who left it is
// whole when the text had ended.
func (in *reader) answer(req *Request) (*Response, error) {
	switch {
	case in.out.left && in.got.finish != "":
		in.last = &Delta{Response: new(Response)}
	case in.err != nil:
		return nil, in.err
	case in.last == nil:
		return nil, &Error{Code: CodeBadResponse, Detail: "the stream was cut: it ended without a finish reason"}
	}
	resp := new(*in.last.Response) // which may be shared
	in.got.complete(resp)
	in.got.usage = resp.Usage
	if err := verify(req, resp); err != nil {
		return nil, err
	}
	in.out.came(time.Since(in.start))
	in.out.last = in.last
	return resp, nil
}
