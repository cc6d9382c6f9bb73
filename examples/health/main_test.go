package main

import (
	"bytes"
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden file")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// within is a transport that takes requests to a handler of this process.
type within struct{ http.Handler }

func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// newWatched is an outage that is watched without a network.
func newWatched(t *testing.T, out *bytes.Buffer) *outage {
	t.Helper()
	o, err := newOutage(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.service.client.Close() })
	o.base, o.client = "http://service", &http.Client{Transport: within{o.service.handler}}
	return o
}

func TestTheOutputIsTheSameEveryTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		if err := newWatched(t, &out).play(t.Context()); err != nil {
			t.Fatal(err)
		}
		const golden = "testdata/outage.golden"
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("got:\n%s\nwant:\n%s", &out, want)
		}
	})
}

func TestWhoeverIsImpatientCanEndIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), openFor/2)
		defer cancel()
		if err := newWatched(t, &bytes.Buffer{}).play(ctx); err == nil {
			t.Error("the outage went on after its context had ended")
		}
	})
}

func TestTheServiceEndsWhatItBegan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, &bytes.Buffer{}); err == nil {
		t.Error("it played the outage although its context had ended")
	}
}
