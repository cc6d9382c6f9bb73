package providertest

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

func streamChecks() []check {
	needs := []Ability{Streams, Texts}
	return []check{
		{"TheAdapterStreamsExactlyWhenItSaysSo", nil, "", func(s *subject) {
			if _, ok := s.adapter.(ai.Streamer); ok == s.harness.lacks(Streams) {
				s.Errorf("the adapter is an ai.Streamer: %t, which Harness.Lacks contradicts", ok)
			}
		}},
		{"TheStreamedAnswerIsThatOfAnalyze", needs, "", streamedAnswer},
		{"EachPieceArrivesWhenItIsSent", needs, "", pieceByPiece},
		{"TheServiceIsAskedWhenTheLoopBegins", needs, "", func(s *subject) {
			s.adapter.(ai.Streamer).Stream(s.Context(), ai.Text("x"))
			s.silent("Stream returns a sequence, which asks the service when it is ranged over")
		}},
		{"LeavingTheLoopFreesEverything", needs, "", leavingLoop},
		{"AConnectionThatBreaksIsABadResponse", needs, "", func(s *subject) { brokenStream(s, (*stage).cut) }},
		{"AnEndWithoutAFinishReasonIsABadResponse", needs, "", func(s *subject) { brokenStream(s, func(*stage) {}) }},
		{"AnErrorWithinTheStreamHasItsCodeAtOnce", needs, "", errorWithin},
		{"ARefusedStreamHasItsCode", needs, "", func(s *subject) {
			a := s.refusal(ai.CodeRateLimited)
			s.streams(a)
			r := s.stream(s.Context(), ai.Text("x"))
			s.failed(r.err, ai.CodeRateLimited)
			s.sent()
		}},
		{"AnAnswerCutByTheTokenLimitSaysSo", needs, "", func(s *subject) {
			a := text("Net sales")
			a.Finish = ai.FinishLength
			s.streams(a)
			if r := s.collected(s.stream(s.Context(), ai.Text("x"))); r.FinishReason != ai.FinishLength || r.Text != "Net sales" {
				s.Errorf("Text %q and FinishReason %q, want the text with %q", r.Text, r.FinishReason, ai.FinishLength)
			}
		}},
		{"AnAnswerWithoutTextIsABadResponse", needs, "", func(s *subject) {
			s.streams(text())
			s.failed(s.stream(s.Context(), ai.Text("x")).err, ai.CodeBadResponse)
		}},
		{"APageInPlaceOfAStreamIsABadResponse", needs, "", func(s *subject) {
			s.service.play(func(st *stage) {
				st.send(Reply{Header: http.Header{"Content-Type": {"text/html"}}, Body: []string{page}})
			})
			s.failed(s.stream(s.Context(), ai.Text("x")).err, ai.CodeBadResponse)
		}},
		{"UnknownFieldsArePassedOver", needs, "", func(s *subject) {
			s.service.play(func(st *stage) { st.send(strange(s.write(st, streamed("Net ", "sales")))) })
			if r := s.collected(s.stream(s.Context(), ai.Text("x"))); r.Text != "Net sales" {
				s.Errorf("Text is %q", r.Text)
			}
		}},
		{"AStreamThatArrivesByteByByteIsReadWhole", needs, "", func(s *subject) {
			s.service.play(func(st *stage) {
				r := s.write(st, streamed("Der Umsatz ", "stieg: 一 🌍"))
				st.head(r)
				st.drip(strings.Join(r.Body, ""))
			})
			if r := s.collected(s.stream(s.Context(), ai.Text("x"))); r.Text != "Der Umsatz stieg: 一 🌍" {
				s.Errorf("Text is %q", r.Text)
			}
		}},
		{"APanicOfTheLoopStaysTheLoops", needs, "", panicOfLoop},
		{"RequestsOfOtherKindsStreamAsOnePiece", []Ability{Streams, Embeddings}, "", func(s *subject) {
			s.answers(vectors(2))
			s.wantVectors(s.collected(s.stream(s.Context(), ai.Embedding("x", "y"))), 2, func(i int) int { return i })
		}},
		{"AnInvalidRequestIsRefusedWithoutACall", needs, "", func(s *subject) {
			s.failed(s.stream(s.Context(), ai.Text(" ")).err, ai.CodeInvalidRequest)
			s.silent("an invalid request is refused before any network: call Request.Validate first")
		}},
	}
}

// streamed is a whole answer to a request for a stream.
func streamed(pieces ...string) Answer {
	a := text(pieces...)
	a.Stream = true
	return a
}

func streamedAnswer(s *subject) {
	s.answers(text("Net sales ", "rose.\n\n", "🌍"))
	whole := s.answer(ai.Text("x"))
	s.streams(text("Net sales ", "rose.\n\n", "🌍"))
	r := s.stream(s.Context(), ai.Text("x"))
	got := s.collected(r)
	if got.Text != whole.Text || got.FinishReason != whole.FinishReason || got.Model != whole.Model ||
		got.Provider != whole.Provider || got.Source != whole.Source {
		s.Errorf("the streamed answer is\n%+v, that of Analyze\n%+v", got, whole)
	}
	if got.Usage != whole.Usage && !s.harness.lacks(Usage) {
		s.Errorf("Usage of the streamed answer is %+v, want %+v: some services say it only when asked to", got.Usage, whole.Usage)
	}
	if got.RequestID != whole.RequestID && !s.harness.lacks(RequestIDs) {
		s.Errorf("RequestID of the streamed answer is %q, want %q", got.RequestID, whole.RequestID)
	}
	finishes := 0
	for _, d := range r.deltas {
		if d.FinishReason != "" {
			finishes++
		}
	}
	if finishes != 1 {
		s.Errorf("%d Deltas have a FinishReason, want 1", finishes)
	}
}

// pieceByPiece has the service wait a minute after each piece.
func pieceByPiece(s *subject) {
	const pause = time.Minute
	s.service.play(func(st *stage) {
		r := s.write(st, streamed("one ", "two ", "three"))
		st.head(r)
		for _, piece := range r.Body {
			st.pieces([]string{piece})
			st.flush()
			select {
			case <-time.After(pause):
			case <-st.r.Context().Done():
				return
			}
		}
	})
	var at []time.Time
	s.streamUntil(s.Context(), ai.Text("x"), func(d *ai.Delta) bool {
		if d.Text != "" {
			at = append(at, time.Now())
		}
		return true
	})
	if len(at) != 3 || at[1].Sub(at[0]) < pause/2 || at[2].Sub(at[1]) < pause/2 {
		s.Errorf("3 pieces that were sent a minute apart came as %d Deltas at %v: yield each as soon as it can be read", len(at), at)
	}
}

func leavingLoop(s *subject) {
	s.service.play(func(st *stage) {
		a := streamed("one ", "two ")
		a.Finish = ""
		st.send(s.write(st, a))
		st.silence()
	})
	s.atOnce("leaving the loop", func() {
		r := s.streamUntil(s.Context(), ai.Text("x"), func(d *ai.Delta) bool { return d.Text == "" })
		if r.err != nil {
			s.Fatalf("Stream: %v, want the first piece", r.err)
		}
	})
	s.freed("the loop was left")
}

// freed checks that the service is talking to nobody any more.
func (s *subject) freed(when string) {
	s.Helper()
	<-time.After(time.Second)
	if n := s.service.active.Load(); n != 0 {
		s.Errorf("%d exchanges go on after %s: close the response's body, and make the request with the caller's context", n, when)
	}
}

// brokenStream has some text come, and then what ends it.
func brokenStream(s *subject, end func(*stage)) {
	s.service.play(func(st *stage) {
		a := streamed("one ", "two")
		a.Finish, a.Usage = "", ai.Usage{}
		r := s.write(st, a)
		st.head(r)
		for _, piece := range r.Body {
			st.pieces([]string{piece})
			st.flush()
		}
		end(st)
	})
	r := s.stream(s.Context(), ai.Text("x"))
	if r.text() != "one two" {
		s.Errorf("the text that came before the end is %q, want all of it", r.text())
	}
	s.failed(r.err, ai.CodeBadResponse)
}

func errorWithin(s *subject) {
	s.service.play(func(st *stage) {
		a := streamed("one ", "two")
		a.Finish, a.Code, a.Message = "", ai.CodeUnavailable, canary
		st.send(s.write(st, a))
		st.silence()
	})
	s.atOnce("an error within the stream", func() {
		r := s.stream(s.Context(), ai.Text("x"))
		s.failed(r.err, ai.CodeUnavailable)
		if r.text() != "one two" {
			s.Errorf("the text that came before the error is %q, want all of it", r.text())
		}
	})
	s.freed("the error")
}

func panicOfLoop(s *subject) {
	s.streams(text("one ", "two"))
	func() {
		defer func() {
			if got := recover(); got != "the loop's own" {
				s.Errorf("recovered %v, want the panic of the loop: recover around the decoding only", got)
			}
		}()
		for range s.adapter.(ai.Streamer).Stream(s.Context(), ai.Text("x")) {
			panic("the loop's own")
		}
	}()
	s.said()
	s.freed("the panic")
}

// cancelled returns a context that is cancelled after a while, with a cause
// that must not be shown.
func cancelled(parent context.Context, after time.Duration) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	time.AfterFunc(after, func() { cancel(errNetwork()) })
	return ctx
}
