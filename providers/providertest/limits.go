package providertest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"

	"github.com/finbrain/ai"
)

// maxFlood is where the suite gives up: an adapter must have its own limit
// below half a gibibyte.
const maxFlood = 512 << 20

const chunk = 256 << 10

func limitChecks() []check {
	streams := []Ability{Texts, Streams}
	stream := func(s *subject) error { return s.stream(s.Context(), ai.Text("x")).err }
	unary := func(s *subject) error {
		_, err := s.analyze(s.question())
		return err
	}
	return []check{
		{"ABodyWithoutAnEndIsABadResponse", nil, "", func(s *subject) {
			flood(s, "application/json", `{"x":"`, strings.Repeat("x", chunk), unary)
		}},
		{"AnErrorBodyWithoutAnEndKeepsTheMeaningOfItsStatus", nil, "", func(s *subject) {
			s.unlimited()
			s.service.play(endless(http.StatusServiceUnavailable, "application/json", `{"error":"`, strings.Repeat("x", chunk)))
			s.fail(s.question(), ai.CodeUnavailable, ai.CodeBadResponse)
			s.limited()
		}},
		{"ADecompressionBombIsABadResponse", nil, "", bomb},
		{"DeepNestingIsABadResponse", nil, "", func(s *subject) {
			for _, open := range []string{"[", `{"a":`} {
				s.service.play(func(st *stage) { st.send(Reply{Body: []string{`{"x":` + strings.Repeat(open, 1<<20)}}) })
				s.fail(s.question(), ai.CodeBadResponse)
			}
		}},
		{"AStreamOfOneLineWithoutAnEndIsABadResponse", streams, "", func(s *subject) {
			flood(s, "text/event-stream", `data: {"x":"`, strings.Repeat("x", chunk), stream)
		}},
		{"AStreamOfEmptyLinesWithoutAnEndIsABadResponse", streams, "", func(s *subject) {
			flood(s, "text/event-stream", "", strings.Repeat("\n", chunk), stream)
		}},
		{"AStreamOfCommentsWithoutAnEndIsABadResponse", streams, "", func(s *subject) {
			flood(s, "text/event-stream", "", strings.Repeat(": keep-alive\n\n", chunk/14), stream)
		}},
		{"AStreamOfTextWithoutAnEndIsABadResponse", streams, "", endlessText},
	}
}

// unlimited leaves a check out that takes too long.
func (s *subject) unlimited() {
	s.Helper()
	if racing && s.harness.flood == 0 {
		s.Skip("what is about volume is not checked under the race detector")
	}
}

// endless sends the beginning and then the piece again and again.
func endless(status int, contentType, beginning, piece string) act {
	return func(st *stage) {
		st.head(Reply{Status: status, Header: http.Header{"Content-Type": {contentType}}})
		st.pieces([]string{beginning})
		st.repeat(piece)
	}
}

func flood(s *subject, contentType, beginning, piece string, ask func(*subject) error) {
	s.unlimited()
	s.service.play(endless(http.StatusOK, contentType, beginning, piece))
	s.failed(ask(s), ai.CodeBadResponse)
	s.limited()
}

// limited checks that the service was stopped from sending.
func (s *subject) limited() {
	s.Helper()
	if s.service.flooded.Load() {
		s.Errorf("the adapter read %d MiB of an answer: set a limit to what is read, counted after decompression", s.service.flood>>20)
	}
}

// bomb sends an answer behind very many blanks, which JSON allows.
func bomb(s *subject) {
	s.unlimited()
	blanks := zipped(strings.Repeat(" ", 1<<20))
	s.service.play(func(st *stage) {
		r := s.write(st, s.reply())
		st.head(Reply{Header: http.Header{"Content-Type": r.Header["Content-Type"], "Content-Encoding": {"gzip"}}})
		for range maxFlood >> 20 {
			st.pieces([]string{blanks})
		}
		st.pieces([]string{zipped(strings.Join(r.Body, ""))})
	})
	if _, err := s.analyze(s.question()); err == nil {
		s.Errorf("an answer behind %d MiB of blanks, compressed to %d KiB, was read: limit what is read after decompression",
			s.service.flood>>20, len(blanks)*(s.service.flood>>20)>>10)
	} else {
		s.failed(err, ai.CodeBadResponse)
	}
}

// zipped compresses data; gzip files may be put one after the other.
func zipped(data string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(data))
	_ = w.Close()
	return b.String()
}

// endlessText repeats the first events of a stream, each followed by blanks.
func endlessText(s *subject) {
	s.unlimited()
	s.service.play(func(st *stage) {
		a := streamed("x")
		a.Finish = ""
		r := s.write(st, a)
		st.head(r)
		events := strings.Join(r.Body, "")
		st.repeat(strings.Replace(events, "\n", strings.Repeat(" ", 4<<20)+"\n", 1))
	})
	var last error
	for _, err := range s.adapter.(ai.Streamer).Stream(s.Context(), ai.Text("x")) {
		last = err
	}
	s.said()
	s.failed(last, ai.CodeBadResponse)
	s.limited()
}
