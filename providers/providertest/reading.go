package providertest

import (
	"context"
	"reflect"

	"github.com/finbrain/ai"
)

// reading is what came of one stream.
type reading struct {
	deltas []*ai.Delta
	err    error
}

// stream reads a stream to its end and checks what holds for every one.
func (s *subject) stream(ctx context.Context, req *ai.Request) *reading {
	s.Helper()
	return s.streamUntil(ctx, req, func(*ai.Delta) bool { return true })
}

// streamUntil reads a stream until more is false.
func (s *subject) streamUntil(ctx context.Context, req *ai.Request, more func(*ai.Delta) bool) *reading {
	s.Helper()
	streamer, ok := s.adapter.(ai.Streamer)
	if !ok {
		s.Fatal("the adapter is no ai.Streamer: give it Stream, or name Streams in Harness.Lacks")
	}
	before := req.Clone()
	r := new(reading)
	ended, left := false, false
	defer s.recovered() // of the runtime, too, when a stream goes on after its loop was left
	for d, err := range streamer.Stream(ctx, req) {
		switch {
		case ended:
			s.Errorf("the stream went on after its end (%+v, %v): nothing follows an error or the Response", d, err)
			return r
		case (d == nil) == (err == nil):
			s.Errorf("the stream yielded %+v beside %v: either a Delta or an error", d, err)
			return r
		}
		if err != nil {
			ended, r.err = true, err
			continue
		}
		r.deltas = append(r.deltas, d)
		ended = d.Response != nil
		if !more(d) {
			left = true
			break
		}
	}
	s.said()
	if !ended && !left {
		s.Errorf("the stream ended without a Response and without an error: a stream without a finish reason has been cut, CodeBadResponse")
	}
	if r.err != nil {
		s.known("Stream", r.err)
	}
	if !reflect.DeepEqual(before, req) {
		s.Errorf("Stream modified the request: copy what you change")
	}
	return r
}

// collected puts a whole stream together.
func (s *subject) collected(r *reading) *ai.Response {
	s.Helper()
	if r.err != nil {
		s.Fatalf("Stream: %v, want the answer that the service gave", r.err)
	}
	resp, err := ai.Collect(func(yield func(*ai.Delta, error) bool) {
		for _, d := range r.deltas {
			if !yield(d, nil) {
				return
			}
		}
	})
	if err != nil {
		s.Fatalf("the stream cannot be collected: %v", err)
	}
	return resp
}

// text is the text that came.
func (r *reading) text() string {
	var text string
	for _, d := range r.deltas {
		text += d.Text
	}
	return text
}
