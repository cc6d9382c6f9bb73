package httpguard_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// plain, flushing, hijacking and full are the kinds of ResponseWriter.
type (
	plain    struct{ http.ResponseWriter }
	flushing struct {
		plain
		flushed *int
	}
	hijacking struct{ plain }
	full      struct {
		flushing
		hijacking
	}
)

var errFlush = errors.New("not flushed")

func (f flushing) Flush() { f.FlushError() }

func (f flushing) FlushError() error {
	*f.flushed++
	return errFlush
}

func (hijacking) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errDown }

func (f full) Header() http.Header         { return f.flushing.Header() }
func (f full) Write(p []byte) (int, error) { return f.flushing.Write(p) }
func (f full) WriteHeader(status int)      { f.flushing.WriteHeader(status) }

func TestAHandlerFindsTheAbilitiesOfTheServersWriter(t *testing.T) {
	flushed := 0
	w := plain{httptest.NewRecorder()}
	for name, c := range map[string]struct {
		w                http.ResponseWriter
		flushes, hijacks bool
	}{
		"none":     {w, false, false},
		"flushes":  {flushing{w, &flushed}, true, false},
		"hijacks":  {hijacking{w}, false, true},
		"does all": {full{flushing{w, &flushed}, hijacking{w}}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			flushed = 0
			h := httpguard.Shed{Breaker: newBreaker(t)}.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				flusher, flushes := w.(http.Flusher)
				hijacker, hijacks := w.(http.Hijacker)
				if flushes != c.flushes || hijacks != c.hijacks {
					t.Errorf("flushes: %t, hijacks: %t", flushes, hijacks)
				}
				if err := http.NewResponseController(w).Flush(); flushes && err != errFlush || !flushes && !errors.Is(err, http.ErrNotSupported) {
					t.Errorf("Flush returned %v", err)
				}
				if flushes {
					flusher.Flush()
					if flushed != 2 {
						t.Errorf("flushed %d times", flushed)
					}
				}
				if hijacks {
					if _, _, err := hijacker.Hijack(); err != errDown {
						t.Errorf("Hijack returned %v", err)
					}
				}
			}))
			h.ServeHTTP(c.w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		})
	}
}

func TestAFlushSendsTheHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		ask(httpguard.Shed{Breaker: b}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.WriteHeader(http.StatusInternalServerError) // too late
		})))
		wantTold(t, b, "success")
	})
}

// reading is a ResponseWriter that reads the body itself, as the server's does
// to send files.
type reading struct {
	*httptest.ResponseRecorder
	read int64
}

func (r *reading) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = io.Copy(r.ResponseRecorder, src)
	r.read += n
	return n, err
}

func TestTheServersWayOfSendingFilesIsKept(t *testing.T) {
	for _, c := range []struct {
		body string
		want string
	}{
		{"file", "success"}, // 200 was sent
		{"", "failure"},     // nothing was sent, so the 500 counts
	} {
		synctest.Test(t, func(t *testing.T) {
			b := halfOpen(t)
			h := httpguard.Shed{Breaker: b}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				n, err := io.Copy(w, struct{ io.Reader }{strings.NewReader(c.body)})
				if n != int64(len(c.body)) || err != nil {
					t.Errorf("copied %d bytes, %v", n, err)
				}
				w.WriteHeader(http.StatusInternalServerError)
			}))
			w := &reading{ResponseRecorder: httptest.NewRecorder()}
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
			if w.read != int64(len(c.body)) || w.Body.String() != c.body {
				t.Errorf("read %d, sent %q", w.read, w.Body)
			}
			wantTold(t, b, c.want)
		})
	}
}

func TestAServedEventStreamsProbeSucceedsWithTheFirstBytes(t *testing.T) {
	for _, c := range []struct {
		media  string
		status int
		want   string
	}{
		{"text/event-stream", 200, "success"},
		{"text/event-stream", 500, "failure"},
		{"application/json", 200, untold},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := halfOpen(t)
			h := httpguard.Shed{Breaker: b}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.media)
				w.WriteHeader(c.status)
				io.WriteString(w, "")
				wantTold(t, b, untold)
				io.WriteString(w, "data: 1\n\n")
				wantTold(t, b, c.want)
			}))
			ask(h)
		})
	}
}

func TestACopiedEventStreamsProbeSucceedsWithTheFirstBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := halfOpen(t)
		events, publish := io.Pipe()
		h := httpguard.Shed{Breaker: b}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			if n, err := io.Copy(w, events); n != 18 || err != nil {
				t.Errorf("copied %d bytes, %v", n, err)
			}
		}))
		w := &reading{ResponseRecorder: httptest.NewRecorder()}
		copied := func() int64 {
			go h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
			io.WriteString(publish, "data: 1\n\n")
			synctest.Wait()
			wantTold(t, b, "success")
			io.WriteString(publish, "data: 2\n\n")
			publish.Close()
			synctest.Wait()
			return w.read
		}
		if n := copied(); n != 0 || w.Body.String() != "data: 1\n\ndata: 2\n\n" {
			t.Errorf("the server read %d bytes itself and sent %q", n, w.Body)
		}
		events, publish = io.Pipe()
		if n := copied(); n != 18 { // no probe, so that there is nothing to see
			t.Errorf("the server read %d bytes itself", n)
		}
	})
}

func TestAServedEventStreamThatBreaksOffIsAFailureOfAClosedBreaker(t *testing.T) {
	b := newBreaker(t)
	h := httpguard.Shed{Breaker: b}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: 1\n\n")
		panic(http.ErrAbortHandler)
	}))
	func() {
		defer func() { recover() }()
		ask(h)
	}()
	wantState(t, b, resilience.Open)
}

func TestAServerShedsWhatItServes(t *testing.T) {
	bothProtocols(t, func(t *testing.T, h2 bool) {
		b := newBreaker(t)
		failing := true
		base := serve(t, httpguard.Shed{Breaker: b}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Error(err)
			}
			if failing {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})), h2)
		status := func() string {
			resp, err := (&http.Client{Transport: base}).Get("http://reports.example")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Error(err)
			}
			return resp.Status + resp.Header.Get("Retry-After") + string(body)
		}
		if got := status(); got != "500 Internal Server Error" {
			t.Error(got)
		}
		if got := status(); got != `503 Service Unavailable30{"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}` {
			t.Error(got)
		}
		failing = false
		elapse(30 * time.Second)
		if got := status(); got != "200 OK" {
			t.Error(got)
		}
		wantState(t, b, resilience.Closed)
	})
}
