package providertest

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/finbrain/ai"
)

func secretChecks() []check {
	return []check{
		{"TheKeyIsSentInAHeaderOnly", nil, "", func(s *subject) {
			s.answers(s.reply())
			s.answer(s.question())
			c := s.sent()
			inHeader := false
			for _, values := range c.header {
				inHeader = inHeader || strings.Contains(strings.Join(values, " "), secretKey)
			}
			if !inHeader {
				s.Errorf("no header of the call holds Service.Key")
			}
			if strings.Contains(c.url, secretKey) || bytes.Contains(c.body, []byte(secretKey)) {
				s.Errorf("the key stands in the call's address or body, which end up in logs: send it in a header")
			}
		}},
		{"TheKeyDoesNotFollowARedirectToAnotherHost", nil, "", redirects},
		{"NoErrorShowsTheKeyThePromptOrTheServicesWords", nil, "", func(s *subject) {
			for _, a := range secretActs(s) {
				s.service.play(a)
				_, err := s.analyze(s.question())
				if err != nil {
					s.hides(err)
				}
			}
		}},
		{"NoErrorShowsWhatTheTransportKnows", nil, "", func(s *subject) {
			adapter := s.open(&http.Client{Transport: failing{errNetwork()}})
			_, err := s.analyzeWith(s.Context(), adapter, s.question())
			s.hides(s.failed(err, ai.CodeUnavailable))
		}},
		{"NothingIsLogged", nil, "", func(s *subject) {
			var logged bytes.Buffer
			before := log.Writer()
			log.SetOutput(&logged)
			defer log.SetOutput(before)
			for _, a := range secretActs(s) {
				s.service.play(a)
				_, _ = s.adapter.Analyze(s.Context(), s.question())
				if streamer, ok := s.adapter.(ai.Streamer); ok && !s.harness.lacks(Texts) {
					_, _ = ai.Collect(streamer.Stream(s.Context(), s.question()))
				}
			}
			if shown := secrets(logged.String()); shown != "" {
				s.Errorf("the log shows %s: adapters log nothing; what goes wrong is in the error", shown)
			}
		}},
		{"ThePrintedAdapterShowsNoKey", nil, "", func(s *subject) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				printed := fmt.Sprintf(verb, s.adapter) + fmt.Sprintf(verb, struct{ A ai.Analyzer }{s.adapter})
				if strings.Contains(printed, secretKey) {
					s.Errorf("the adapter shows its key when it is printed with %s: keep the key behind a func, or give the adapter a Format method", verb)
				}
			}
		}},
	}
}

// secretActs are ways for the service to fail in its own words.
func secretActs(s *subject) []act {
	acts := []act{
		func(st *stage) { st.send(Reply{Body: []string{page}}) },
		func(st *stage) { st.send(Reply{Status: http.StatusBadGateway, Body: []string{page}}) },
		func(st *stage) { st.send(Reply{Body: []string{`{"` + canary + `":"` + canary + `"`}}) },
		func(st *stage) {
			st.send(Reply{Status: http.StatusBadRequest, Header: http.Header{"Retry-After": {canary}, "X-Request-Id": {canary + " " + secretKey}}})
		},
		func(st *stage) {
			st.send(Reply{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"http://" + elsewhere + "/" + canary}}})
		},
		func(st *stage) {
			r := s.write(st, s.reply())
			st.head(r)
			body := strings.Join(r.Body, "")
			st.pieces([]string{body[:len(body)/2], `"` + canary})
		},
	}
	for _, code := range []ai.Code{ai.CodeInvalidRequest, ai.CodeAuthentication, ai.CodeRateLimited, ai.CodeContentFiltered, ai.CodeUnavailable} {
		acts = append(acts, func(st *stage) {
			r := s.tryWrite(st, s.refusal(code))
			if r.none() {
				r.Status = http.StatusInternalServerError
			}
			st.send(r)
		})
	}
	return acts
}

func redirects(s *subject) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{"http://" + elsewhere + "/v1", "//" + elsewhere, "https://" + host + "/v1"} {
			s.service.play(func(st *stage) {
				if st.r.Host == elsewhere {
					st.send(s.write(st, s.reply()))
					return
				}
				st.send(Reply{Status: status, Header: http.Header{"Location": {location}}})
			})
			s.fail(s.question())
		}
	}
	for _, c := range s.service.received() {
		if c.host != elsewhere {
			continue
		}
		s.Errorf("a redirect to another host was followed: set http.Client.CheckRedirect, since net/http forwards headers it does not know")
		return
	}
}

// hides checks that an error shows no secret, however it is printed.
func (s *subject) hides(err error) {
	s.Helper()
	if shown := secrets(everyForm(err)); shown != "" {
		s.Errorf("an error shows %s: write Error.Detail yourself, and put no error of a library's into Cause. The Code is %s",
			shown, ai.CodeOf(err))
	}
}

// secrets names what a text shows, plainly or in hexadecimal digits.
func secrets(text string) string {
	for what, secret := range map[string]string{"the key": secretKey, "a prompt or what the service wrote": canary} {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			return what
		}
	}
	return ""
}
