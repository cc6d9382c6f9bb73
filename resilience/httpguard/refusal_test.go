package httpguard_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

func wantRefusal(t *testing.T, got *httptest.ResponseRecorder, status, seconds int, state string) {
	t.Helper()
	body := fmt.Sprintf(`{"error":"temporarily unavailable","retry_after":%d,"circuit_state":%q}`, seconds, state)
	if got.Code != status || got.Body.String() != body {
		t.Errorf("got %d %s, want %d %s", got.Code, got.Body, status, body)
	}
	for name, want := range map[string]string{
		"Content-Type":  "application/json",
		"Cache-Control": "no-store",
		"Retry-After":   fmt.Sprint(seconds),
	} {
		if values := got.Header().Values(name); len(values) != 1 || values[0] != want {
			t.Errorf("%s is %q, want %q", name, values, want)
		}
	}
}

func TestARefusalTellsHowLongItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := func(d time.Duration) error {
			return &resilience.OpenError{State: resilience.Open, Until: time.Now().Add(d)}
		}
		probing := &resilience.OpenError{State: resilience.HalfOpen, Until: time.Now().Add(7 * time.Second)}
		for _, c := range []struct {
			err     error
			status  int
			want    int
			seconds int
			state   string
		}{
			{in(30 * time.Second), 0, 503, 30, "open"},
			{in(30 * time.Second), 429, 429, 30, "open"},
			{in(2*time.Second + 1), 503, 503, 3, "open"},
			{in(2 * time.Second), 503, 503, 2, "open"},
			{in(1), 503, 503, 1, "open"},
			{in(-time.Second), 503, 503, 1, "open"},
			{in(24 * time.Hour), 503, 503, 86400, "open"},
			{in(math.MaxInt64), 503, 503, 9223372037, "open"},
			{fmt.Errorf("storing: %w", in(9*time.Second)), 503, 503, 9, "open"},
			{&resilience.OpenError{State: resilience.Open}, 503, 503, 30, "open"}, // nobody knows
			{fmt.Errorf("storing: %w", resilience.ErrOpen), 503, 503, 30, "open"}, // somebody else's
			{probing, 0, 503, 7, "half_open"},
			{&resilience.LimitError{}, 429, 429, 1, "closed"},
			{errors.Join(&resilience.LimitError{}, in(4*time.Second)), 429, 429, 4, "open"},
			{in(1), 400, 400, 1, "open"},
			{in(1), 599, 599, 1, "open"},
		} {
			w := httptest.NewRecorder()
			w.Header().Set("Cache-Control", "public")
			for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified"} {
				w.Header().Set(name, "of another answer")
			}
			if !httpguard.WriteRefusal(w, c.err, c.status) {
				t.Errorf("%v: nothing written", c.err)
			}
			wantRefusal(t, w, c.want, c.seconds, c.state)
			if len(w.Header()) != 3 {
				t.Errorf("left over: %v", w.Header())
			}
		}
	})
}

func TestWhatIsNoRefusalIsNotWritten(t *testing.T) {
	for _, err := range []error{nil, errDown} {
		w := httptest.NewRecorder()
		if httpguard.WriteRefusal(w, err, 503) || w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%v: wrote %v %s", err, w.Header(), w.Body)
		}
	}
}

func TestABadFieldIsRefusedByName(t *testing.T) {
	b := newBreaker(t)
	next := http.NotFoundHandler()
	for want, misuse := range map[string]func(){
		"httpguard: status is 200: must be between 400 and 599":      func() { httpguard.WriteRefusal(nil, errDown, 200) },
		"httpguard: Gate.Status is 399: must be between 400 and 599": func() { httpguard.Gate{Breaker: b, Status: 399}.Handler(next) },
		"httpguard: Shed.Status is 600: must be between 400 and 599": func() { httpguard.Shed{Breaker: b, Status: 600}.Handler(next) },
		"httpguard: Gate.Breaker is nil":                             func() { httpguard.Gate{}.Handler(next) },
		"httpguard: Shed.Breaker and Shed.Limiter are nil":           func() { httpguard.Shed{}.Handler(next) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic %v, want %q", got, want)
				}
			}()
			misuse()
		}()
	}
}

func TestAGateRefusesWhileTheBreakerIsOpenAndOnlyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t)
		gate := httpguard.Gate{Breaker: b, Status: 429}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError) // says nothing of what the breaker guards
		}))
		enqueue := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			gate.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/jobs", http.NoBody))
			return w
		}
		if got := enqueue(); got.Code != 500 {
			t.Errorf("closed: %d", got.Code)
		}
		wantState(t, b, resilience.Closed)
		b.RecordFailure()
		elapse(10*time.Second + 1)
		wantRefusal(t, enqueue(), 429, 20, "open")
		elapse(20*time.Second - 1)
		if got := enqueue(); got.Code != 500 {
			t.Errorf("half-open: %d", got.Code)
		}
		wantTold(t, b, "neutral")
		if s := b.Snapshot(); s.Refusals != 0 {
			t.Errorf("%d refusals counted", s.Refusals)
		}
		b.ForceOpen()
		wantRefusal(t, enqueue(), 429, 30, "open")
	})
}
