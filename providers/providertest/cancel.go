package providertest

import (
	"context"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

func cancellationChecks() []check {
	streams := []Ability{Texts, Streams}
	return []check{
		{"AnEndedContextSendsNothing", nil, "", endedContext},
		{"CancellingEndsACallThatIsNotAnswered", nil, "", func(s *subject) { cancelling(s, (*stage).silence) }},
		{"CancellingEndsACallWhoseBodyHasBegun", nil, "", func(s *subject) {
			cancelling(s, func(st *stage) {
				r := s.write(st, s.reply())
				body := strings.Join(r.Body, "")
				st.head(r)
				st.pieces([]string{body[:len(body)/2]})
				st.silence()
			})
		}},
		{"ADeadlineEndsTheCallAsATimeout", nil, "", func(s *subject) {
			s.service.play((*stage).silence)
			ctx, cancel := context.WithTimeout(s.Context(), patienceOfCaller)
			defer cancel()
			s.endsInTime(func() {
				_, err := s.analyzeWith(ctx, s.adapter, s.question())
				s.failed(err, ai.CodeTimeout, ai.CodeDeadline)
			})
			s.freed("the deadline")
		}},
		{"TheAdapterHasNoTimeLimitOfItsOwn", nil, "", func(s *subject) {
			s.service.play(func(st *stage) {
				<-time.After(20 * time.Minute)
				st.send(s.write(st, s.reply()))
			})
			s.answer(s.question())
		}},
		{"CancellingEndsAStream", streams, "", func(s *subject) {
			s.service.play(beginning(s))
			s.endsInTime(func() {
				r := s.stream(cancelled(s.Context(), patienceOfCaller), ai.Text("x"))
				s.failed(r.err, ai.CodeCanceled)
				s.hides(r.err)
			})
			s.freed("the cancellation")
		}},
		{"CancellingWithinTheLoopEndsAStream", streams, "", func(s *subject) {
			s.service.play(beginning(s))
			ctx, cancel := context.WithCancel(s.Context())
			defer cancel()
			s.atOnce("cancelling within the loop", func() {
				r := s.streamUntil(ctx, ai.Text("x"), func(*ai.Delta) bool {
					cancel()
					return true
				})
				s.failed(r.err, ai.CodeCanceled)
			})
			s.freed("the cancellation")
		}},
		{"ADeadlineEndsAStreamAsATimeout", streams, "", func(s *subject) {
			s.service.play(beginning(s))
			ctx, cancel := context.WithTimeout(s.Context(), patienceOfCaller)
			defer cancel()
			s.endsInTime(func() {
				s.failed(s.stream(ctx, ai.Text("x")).err, ai.CodeTimeout, ai.CodeDeadline)
			})
			s.freed("the deadline")
		}},
		{"AnEndedContextStreamsNothing", streams, "", func(s *subject) {
			ctx, cancel := context.WithCancel(s.Context())
			cancel()
			s.failed(s.stream(ctx, ai.Text("x")).err, ai.CodeCanceled)
			s.silent("nothing is sent for a caller who has gone")
		}},
	}
}

// beginning sends the first text of a stream and then nothing.
func beginning(s *subject) act {
	return func(st *stage) {
		a := streamed("one ")
		a.Finish = ""
		st.send(s.write(st, a))
		st.silence()
	}
}

func endedContext(s *subject) {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	_, err := s.analyzeWith(ctx, s.adapter, s.question())
	s.failed(err, ai.CodeCanceled)
	s.silent("nothing is sent for a caller who has gone: ask ctx.Err first")
}

func cancelling(s *subject, a act) {
	s.service.play(a)
	s.endsInTime(func() {
		_, err := s.analyzeWith(cancelled(s.Context(), patienceOfCaller), s.adapter, s.question())
		s.failed(err, ai.CodeCanceled)
		if err != nil {
			s.hides(err)
		}
	})
	s.freed("the cancellation")
	if n := len(s.service.received()); n != 1 {
		s.Errorf("the service received %d calls, want 1: nothing is sent after the caller has gone", n)
	}
}

// patienceOfCaller is when the caller goes away.
const patienceOfCaller = 3 * time.Second

// endsInTime checks that f ends when the caller goes away.
func (s *subject) endsInTime(f func()) {
	s.Helper()
	begun := time.Now()
	f()
	if took := time.Since(begun); took < patienceOfCaller || took > patienceOfCaller+time.Second {
		s.Errorf("the call ended after %v, want %v: pass the caller's context on to the request, and set no limit besides", took, patienceOfCaller)
	}
}
