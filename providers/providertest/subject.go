package providertest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

// secretKey is the key of the service. canary stands in whatever an error must
// not show: prompts, and what the service writes.
const (
	secretKey = "key-0f2c9e57b6a14d38"
	canary    = "canary-7d41e0"
)

// subject is the adapter under test, and the service behind it. What a check
// reports goes to its testing.TB, so that the suite itself can be tested with
// adapters that break their obligations.
type subject struct {
	testing.TB
	harness Harness
	service *service
	adapter ai.Analyzer
	before  map[string]bool // goroutines
	unsaid  atomic.Bool     // the service had no way to say an answer
}

func newSubject(t testing.TB, h Harness) *subject {
	t.Helper()
	s := &subject{TB: t, harness: h, before: existing(), service: newService(cmp.Or(h.flood, maxFlood))}
	s.service.play(func(st *stage) { st.send(Reply{Status: http.StatusTeapot}) })
	s.adapter = s.open(&http.Client{Transport: s.service.transport})
	return s
}

// open returns an adapter that uses the client.
func (s *subject) open(client *http.Client) ai.Analyzer {
	s.Helper()
	adapter, err := s.harness.New(Service{BaseURL: baseURL, Client: client, Key: secretKey})
	if err == nil && adapter == nil {
		err = errors.New("there is no adapter")
	}
	if err != nil {
		s.service.close()
		s.Fatalf("Harness.New: %v", err)
	}
	return adapter
}

// leave ends the service and looks for what is left.
func (s *subject) leave() {
	s.Helper()
	s.service.close()
	if left := strays(s.before); len(left) > 0 {
		s.Errorf("%d goroutines of the adapter are left after its calls have ended: read response bodies to their end or close "+
			"them, end every goroutine with its call, and stop timers.\n%s", len(left), left[0])
	}
}

// answers lets the service say a.
func (s *subject) answers(a Answer) { s.service.play(func(st *stage) { st.send(s.write(st, a)) }) }

// streams lets the service say a to a request for a stream.
func (s *subject) streams(a Answer) {
	a.Stream = true
	s.answers(a)
}

// write has the harness say a.
func (s *subject) write(st *stage, a Answer) Reply {
	r := s.tryWrite(st, a)
	if r.none() {
		s.unsaid.Store(true)
		return Reply{Status: http.StatusNotImplemented}
	}
	return r
}

// tryWrite is write for checks that can do without this answer.
func (s *subject) tryWrite(st *stage, a Answer) Reply {
	st.r.Body = io.NopCloser(bytes.NewReader(st.call.body))
	return s.harness.Write(st.r, a)
}

// said skips the check when the service had no way to say its answer.
func (s *subject) said() {
	s.Helper()
	if s.unsaid.Load() {
		s.Skip("the service has no way to say this")
	}
}

// analyze makes one call and checks what holds for every one.
func (s *subject) analyze(req *ai.Request) (*ai.Response, error) {
	s.Helper()
	return s.analyzeWith(s.Context(), s.adapter, req)
}

func (s *subject) analyzeWith(ctx context.Context, adapter ai.Analyzer, req *ai.Request) (*ai.Response, error) {
	s.Helper()
	before := req.Clone()
	resp, err := s.guarded(func() (*ai.Response, error) { return adapter.Analyze(ctx, req) })
	s.said()
	s.outcome("Analyze", resp, err)
	if !reflect.DeepEqual(before, req) {
		s.Errorf("Analyze modified the request: copy what you change (Request.Clone, slices.Clone).\nwas %+v\nis  %+v", before, req)
	}
	return resp, err
}

// guarded turns a panic into a failure of the check.
func (s *subject) guarded(call func() (*ai.Response, error)) (*ai.Response, error) {
	s.Helper()
	defer s.recovered()
	return call()
}

// recovered is deferred around the adapter.
func (s *subject) recovered() {
	s.Helper()
	if p := recover(); p != nil {
		s.Fatalf("the adapter panicked: %v. Recover around a library that does, and say CodeBadResponse", p)
	}
}

// outcome checks that there is either a response or an error of ours.
func (s *subject) outcome(method string, resp *ai.Response, err error) {
	s.Helper()
	switch {
	case resp == nil && err == nil:
		s.Fatalf("%s returned neither a response nor an error: a reply without an answer is CodeBadResponse", method)
	case resp != nil && err != nil:
		s.Errorf("%s returned both a response and an error (%v): return one of them", method, err)
	case err != nil:
		s.known(method, err)
	case resp.Fallback || resp.Reason != "" || resp.Trail != nil:
		s.Errorf("%s set Fallback, Reason or Trail: only a Client does", method)
	}
}

// known checks that err is an *ai.Error with a Code.
func (s *subject) known(method string, err error) *ai.Error {
	s.Helper()
	e, ok := err.(*ai.Error)
	switch {
	case !ok:
		s.Fatalf("%s returned an error of type %T: translate every failure into an *ai.Error", method, err)
	case e == nil:
		s.Fatalf("%s returned a nil *ai.Error as an error, which is not nil: return a plain nil", method)
	case e.Code == "":
		s.Errorf("%s returned an error without a Code: %v", method, e)
	case e.RetryAfter < 0:
		s.Errorf("%s returned an error with a RetryAfter of %v: ignore hints below 0", method, e.RetryAfter)
	}
	return e
}

// answer makes one call that must be answered.
func (s *subject) answer(req *ai.Request) *ai.Response {
	s.Helper()
	resp, err := s.analyze(req)
	if err != nil {
		s.Fatalf("Analyze: %v, want the answer that the service gave", err)
	}
	return resp
}

// fail makes one call that must fail with one of the codes, and none at all
// is any of them.
func (s *subject) fail(req *ai.Request, codes ...ai.Code) *ai.Error {
	s.Helper()
	_, err := s.analyze(req)
	return s.failed(err, codes...)
}

func (s *subject) failed(err error, codes ...ai.Code) *ai.Error {
	s.Helper()
	if err == nil {
		s.Fatalf("there is an answer, want an error with Code %s", either(codes))
	}
	e := s.known("the adapter", err)
	if len(codes) > 0 && !slices.Contains(codes, e.Code) {
		s.Errorf("the error has Code %s, want %s: %v", e.Code, either(codes), e)
	}
	return e
}

func either(codes []ai.Code) string {
	if len(codes) == 0 {
		return "of the failure"
	}
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = string(code)
	}
	return strings.Join(names, " or ")
}

// sent returns the only call that the service received.
func (s *subject) sent() *call {
	s.Helper()
	calls := s.service.received()
	if len(calls) != 1 {
		s.Fatalf("the service received %d calls, want 1: one request is one call, and trying again is the Client's affair", len(calls))
	}
	return calls[0]
}

// silent checks that the service received nothing.
func (s *subject) silent(why string) {
	s.Helper()
	if n := len(s.service.received()); n != 0 {
		s.Errorf("the service received %d calls, want none: %s", n, why)
	}
}

// shows reports whether the call says a text: in its address, or in its body
// as it is or as a JSON string.
func (c *call) shows(text string) bool { return c.position(text) >= 0 }

// position returns where the call says a text, -1 if it does not.
func (c *call) position(text string) int {
	if strings.Contains(c.url, text) {
		return 0
	}
	return strings.Index(c.said(), text)
}

// said is all that the body says: the strings and numbers of JSON one after the
// other, or else the body itself.
func (c *call) said() string {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.UseNumber()
	var b strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		_, _ = fmt.Fprintln(&b, token)
	}
	if b.Len() == 0 {
		return string(c.body)
	}
	return b.String()
}

// holds reports whether the body holds a file, as bytes or in base64.
func (c *call) holds(data []byte) bool {
	return bytes.Contains(c.body, data) ||
		c.shows(base64.StdEncoding.EncodeToString(data)) || c.shows(base64.URLEncoding.EncodeToString(data)) ||
		c.shows(base64.RawStdEncoding.EncodeToString(data)) || c.shows(base64.RawURLEncoding.EncodeToString(data))
}

// at once runs f and reports if time passes meanwhile.
func (s *subject) atOnce(what string, f func()) {
	s.Helper()
	begun := time.Now()
	f()
	if took := time.Since(begun); took > time.Second {
		s.Errorf("%s took %v, want it at once", what, took)
	}
}
