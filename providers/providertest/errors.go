package providertest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

// page is what a proxy sends in place of an answer.
const page = "<!DOCTYPE html><html><head><title>502 " + canary + "</title></head><body>Bad gateway</body></html>"

func errorChecks() []check {
	checks := refusalChecks()
	return append(checks, []check{
		{"AnErrorSaysWhereItHappened", nil, "", errorPlace},
		{"NothingIsTriedAgain", nil, "", func(s *subject) {
			for _, code := range []ai.Code{ai.CodeUnavailable, ai.CodeRateLimited} {
				s.answers(s.refusal(code))
				before := len(s.service.received())
				s.fail(s.question())
				if n := len(s.service.received()) - before; n != 1 {
					s.Errorf("%s was answered to %d calls of one request: turn off the library's retries, the Client has its own", code, n)
				}
			}
		}},
		{"TheServicesOwnWaitHintIsKept", []Ability{WaitHints}, "", func(s *subject) {
			a := s.refusal(ai.CodeRateLimited)
			a.RetryAfter = 7 * time.Second
			s.answers(a)
			if e := s.fail(s.question(), ai.CodeRateLimited); e.RetryAfter != 7*time.Second {
				s.Errorf("RetryAfter is %v, want the 7 s that the service asked for", e.RetryAfter)
			}
		}},
		{"TheHeaderRetryAfterIsRead", nil, "", headerHints},
		{"WaitHintsAreKeptWithinADay", nil, "", absurdHints},
		{"TheStatusDecidesWhereTheBodySaysNothing", nil, "", bareStatuses},
		{"ASuccessThatIsNoAnswerIsABadResponse", nil, "", noAnswers},
		{"ABodyCutShortIsABadResponse", nil, "", func(s *subject) {
			s.service.play(func(st *stage) {
				r := s.write(st, s.reply())
				body := strings.Join(r.Body, "")
				st.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				st.head(r)
				st.pieces([]string{body[:len(body)/2]})
				st.cut()
			})
			s.fail(s.question(), ai.CodeBadResponse)
		}},
		{"ACutErrorBodyKeepsTheMeaningOfItsStatus", nil, "", func(s *subject) {
			s.service.play(func(st *stage) {
				st.w.Header().Set("Content-Length", "1000")
				st.head(Reply{Status: http.StatusServiceUnavailable})
				st.pieces([]string{`{"error":`})
				st.cut()
			})
			s.fail(s.question(), ai.CodeUnavailable)
		}},
		{"AConnectionRefusedIsUnavailable", nil, "", func(s *subject) {
			s.service.down.Store(true)
			s.fail(s.question(), ai.CodeUnavailable)
		}},
		{"AConnectionBrokenBeforeTheAnswerIsUnavailable", nil, "", func(s *subject) {
			s.service.play(func(*stage) { panic(http.ErrAbortHandler) })
			s.fail(s.question(), ai.CodeUnavailable)
		}},
		{"ATimeLimitOfTheHTTPClientIsATimeout", nil, "", func(s *subject) {
			s.service.play((*stage).silence)
			adapter := s.open(&http.Client{Transport: s.service.transport, Timeout: 5 * time.Second})
			_, err := s.analyzeWith(s.Context(), adapter, s.question())
			s.failed(err, ai.CodeTimeout)
		}},
	}...)
}

// refusalChecks are one for each Code that a service can cause.
func refusalChecks() []check {
	var checks []check
	for _, code := range []ai.Code{
		ai.CodeInvalidRequest, ai.CodeTooLarge, ai.CodeContextLength, ai.CodeContentFiltered, ai.CodeModelFailed,
		ai.CodeNotAvailable, ai.CodeAuthentication, ai.CodeQuotaExhausted, ai.CodeRateLimited, ai.CodeTimeout, ai.CodeUnavailable,
	} {
		checks = append(checks, check{"Refused_" + string(code), nil, "", func(s *subject) {
			s.answers(s.refusal(code))
			e := s.fail(s.question(), code)
			s.sent()
			if e.RequestID != requestID && e.RequestID != "" {
				s.Errorf("RequestID is %q, want that of the service, %q, or none", e.RequestID, requestID)
			}
		}})
	}
	return append(checks, check{"Refused_max_tokens", []Ability{Texts}, "", func(s *subject) {
		a := text()
		a.Finish = ai.FinishLength
		s.answers(a)
		s.fail(ai.Text("x"), ai.CodeMaxTokens)
	}})
}

func errorPlace(s *subject) {
	s.answers(s.reply())
	provider := s.answer(s.question()).Provider
	s.service.play(func(st *stage) { st.send(Reply{Status: http.StatusServiceUnavailable}) })
	e := s.fail(s.question(), ai.CodeUnavailable)
	if e.Provider != provider || e.Status != http.StatusServiceUnavailable || e.Model == "" {
		s.Errorf("the error has Provider %q, Model %q and Status %d, want %q, the model asked and 503", e.Provider, e.Model, e.Status, provider)
	}
	if e.Trail != nil {
		s.Errorf("the error has a Trail: only a Client fills it")
	}
	s.service.down.Store(true)
	s.service.transport.CloseIdleConnections()
	if e := s.fail(s.question(), ai.CodeUnavailable); e.Status != 0 {
		s.Errorf("the error of a call without an answer has Status %d, want 0", e.Status)
	}
}

func headerHints(s *subject) {
	for _, hint := range []string{"30", "date"} {
		s.service.play(func(st *stage) {
			if hint == "date" {
				hint = time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
			}
			r := s.write(st, s.refusal(ai.CodeUnavailable))
			if r.Header == nil {
				r.Header = http.Header{}
			}
			r.Header.Set("Retry-After", hint)
			st.send(r)
		})
		if e := s.fail(s.question(), ai.CodeUnavailable); e.RetryAfter < 28*time.Second || e.RetryAfter > 32*time.Second {
			s.Errorf("RetryAfter is %v, want 30 s of the header Retry-After: %s", e.RetryAfter, hint)
		}
	}
}

func absurdHints(s *subject) {
	for _, hint := range []string{"-5", "1e300", "99999999999999999999", "NaN", "Inf", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", ""} {
		s.service.play(func(st *stage) {
			st.send(Reply{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {hint}}})
		})
		if e := s.fail(s.question(), ai.CodeRateLimited); e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour {
			s.Errorf("RetryAfter is %v after the header Retry-After: %q, want 0 to a day", e.RetryAfter, hint)
		}
	}
}

func bareStatuses(s *subject) {
	for status, want := range map[int]ai.Code{
		400: ai.CodeInvalidRequest, 401: ai.CodeAuthentication, 402: ai.CodeQuotaExhausted, 403: ai.CodeNotAvailable,
		404: ai.CodeNotAvailable, 408: ai.CodeTimeout, 409: ai.CodeUnavailable, 413: ai.CodeTooLarge, 418: ai.CodeInvalidRequest,
		422: ai.CodeInvalidRequest, 429: ai.CodeRateLimited, 500: ai.CodeUnavailable, 502: ai.CodeUnavailable,
		503: ai.CodeUnavailable, 504: ai.CodeTimeout, 529: ai.CodeUnavailable,
	} {
		for _, body := range []string{"", page, "{", "[]", "null", `{"x":1}`, "\x00\xff"} {
			s.service.play(func(st *stage) { st.send(Reply{Status: status, Body: []string{body}}) })
			_, err := s.analyze(s.question())
			if code := ai.CodeOf(err); code != want {
				s.Errorf("status %d with the body %.20q has Code %q, want %q: where the body gives no reason the status decides", status, body, code, want)
			}
		}
	}
}

func noAnswers(s *subject) {
	for _, body := range []string{"", "null", "{}", "[]", `""`, "0", "true", page, "{", `{"a":`, "\x00\xff\xfe", `{"error":{}}`} {
		s.service.play(func(st *stage) {
			st.send(Reply{Header: http.Header{"Content-Type": {"application/json"}}, Body: []string{body}})
		})
		_, err := s.analyze(s.question())
		if code := ai.CodeOf(err); code != ai.CodeBadResponse {
			s.Errorf("status 200 with the body %.20q has Code %q, want %q: a reply is an answer only if it has content", body, code, ai.CodeBadResponse)
		}
	}
	s.service.play(func(st *stage) { st.send(Reply{Status: http.StatusNoContent}) })
	s.fail(s.question(), ai.CodeBadResponse)
}

// everyForm prints an error in every way a program might.
func everyForm(err error) string {
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		_, _ = fmt.Fprintf(&b, verb+"\n", err)
		_, _ = fmt.Fprintf(&b, verb+"\n", struct{ E error }{err})
	}
	for unwrapped := []error{err}; len(unwrapped) > 0; unwrapped = unwrapped[1:] {
		e := unwrapped[0]
		_, _ = fmt.Fprintf(&b, "%v %+v %#v\n", e, e, e)
		if one := errors.Unwrap(e); one != nil {
			unwrapped = append(unwrapped, one)
		}
		if many, ok := e.(interface{ Unwrap() []error }); ok {
			unwrapped = append(unwrapped, many.Unwrap()...)
		}
	}
	return b.String()
}
