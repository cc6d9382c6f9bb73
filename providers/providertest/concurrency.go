package providertest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/finbrain/ai"
)

// callers is how many goroutines share the adapter.
const callers = 1000

func concurrencyChecks() []check {
	return []check{
		{"EachOfAThousandCallersGetsItsOwnAnswer", nil, "", manyCallers},
		{"ConnectionsAreUsedAgain", nil, "", func(s *subject) {
			for i := range 20 {
				s.service.play(func(st *stage) {
					if i%4 == 3 {
						st.send(Reply{Status: http.StatusServiceUnavailable, Body: []string{page, page}})
						return
					}
					r := s.write(st, s.reply())
					r.Body = append(r.Body, "\n") // the end arrives by itself
					st.send(r)
				})
				_, _ = s.analyze(s.question())
			}
			s.oneConnection(20)
		}},
		{"ConnectionsAreUsedAgainAfterAStream", []Ability{Texts, Streams}, "", func(s *subject) {
			s.streams(text("one ", "two"))
			for range 20 {
				s.collected(s.stream(s.Context(), ai.Text("x")))
			}
			s.oneConnection(20)
		}},
	}
}

func (s *subject) oneConnection(calls int) {
	s.Helper()
	if n := s.service.opened.Load(); n != 1 {
		s.Errorf("%d calls, one after the other, opened %d connections, want 1: read response bodies to their end and close them", calls, n)
	}
}

// manyCallers lets the service answer with what it was asked.
func manyCallers(s *subject) {
	s.service.play(func(st *stage) {
		said := st.call.said()
		at := strings.Index(said, "caller-")
		if at < 0 {
			st.send(Reply{Status: http.StatusTeapot})
			return
		}
		st.send(s.write(st, s.echo(said[at:at+len("caller-0000")])))
	})
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			name := fmt.Sprintf("caller-%04d", i)
			req := ai.Text(name)
			if s.harness.lacks(Texts) {
				req = ai.Embedding(name)
			}
			resp, err := s.adapter.Analyze(s.Context(), req)
			if err != nil {
				s.Errorf("%s got %v", name, err)
				return
			}
			if !s.harness.lacks(Texts) && resp.Text != name {
				s.Errorf("%s got the answer %q: keep nothing of a call in the adapter", name, resp.Text)
			}
		})
	}
	all.Wait()
}

func (s *subject) echo(name string) Answer {
	if s.harness.lacks(Texts) {
		return vectors(1)
	}
	return text(name)
}
