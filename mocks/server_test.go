package mocks_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

// received is a response with its whole body.
type received struct {
	*http.Response
	body string
}

// send posts to a path of the fake, in memory. An empty value sends no header.
func send(t *testing.T, s *mocks.Server, path, header, value, body string) received {
	t.Helper()
	base, err := url.Parse(s.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	base.Path = path
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base.String(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if value != "" {
		req.Header.Set(header, value)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return received{resp, string(data)}
}

func post(t *testing.T, s *mocks.Server, path, header, value, body string) (int, string) {
	t.Helper()
	resp := send(t, s, path, header, value, body)
	return resp.StatusCode, resp.body
}

func TestAStandingFaultLastsUntilRecover(t *testing.T) {
	eachService(t, func(t *testing.T, p service) {
		s := p.fake()
		defer s.Close()
		call := func(kind ai.Kind) error {
			_, err := p.call(t.Context(), s.Client(), s.BaseURL(), kind)
			return err
		}
		s.Always(mocks.Unavailable())
		s.Always(mocks.Fault{}.On(ai.KindImage))
		for range 3 {
			if call(ai.KindText) == nil || call(ai.KindEmbedding) == nil {
				t.Error("a call got through")
			}
			if err := call(ai.KindImage); err != nil {
				t.Errorf("the exception for images failed: %v", err)
			}
		}
		s.Script(mocks.Unavailable(), mocks.Unavailable())
		s.Recover()
		for _, kind := range ai.Kinds() {
			if err := call(kind); err != nil {
				t.Errorf("%s after Recover: %v", kind, err)
			}
		}
	})
}

func TestEmbeddingsCanBeDownWhileTextWorks(t *testing.T) {
	eachService(t, func(t *testing.T, p service) {
		s := p.fake()
		defer s.Close()
		s.Script(mocks.Unavailable().On(ai.KindEmbedding), mocks.BadKey().On(ai.KindText))
		got := make([]string, 0, 5)
		for _, kind := range []ai.Kind{ai.KindImage, ai.KindText, ai.KindText, ai.KindEmbedding, ai.KindEmbedding} {
			_, err := p.call(t.Context(), s.Client(), s.BaseURL(), kind)
			got = append(got, strings.Fields(seen(err))[0])
		}
		key := map[string]string{"openai": "401", "gemini": "400"}[p.name]
		if want := "answer " + key + " answer 503 answer"; strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
	})
}

func TestTheSameScriptWorksOnLoopback(t *testing.T) {
	eachService(t, func(t *testing.T, p service) {
		s := p.fake()
		baseURL, err := s.Start()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.Start(); again != baseURL || err != nil {
			t.Errorf("started again at %s, %v", again, err)
		}
		client := &http.Client{Transport: new(http.Transport)}
		defer client.CloseIdleConnections()
		s.Script(mocks.Fault{}, mocks.Reset(), mocks.CutBody(), mocks.Unavailable())
		text, err := p.call(t.Context(), client, baseURL, ai.KindText)
		if err != nil || !strings.HasPrefix(text, "[emulated] ") {
			t.Errorf("%q, %v", text, err)
		}
		if _, err := p.call(t.Context(), client, baseURL, ai.KindText); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("reset is seen as %v", err)
		}
		for _, want := range []string{"EOF", "503"} {
			if _, err := p.call(t.Context(), client, baseURL, ai.KindText); strings.Fields(seen(err))[0] != want {
				t.Errorf("seen as %q, want %s", seen(err), want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		client.CloseIdleConnections()
		if _, err := p.call(t.Context(), client, baseURL, ai.KindText); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestCloseEndsHangingCallsAndMayBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mocks.NewOpenAI()
		s.Script(mocks.Hang(), mocks.Slow(time.Hour))
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText); seen(err) != "EOF" {
					t.Errorf("a call ended in %v", err)
				}
			})
		}
		synctest.Wait()
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after Close: %v", err)
		}
		if _, err := s.Start(); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("started after Close: %v", err)
		}
		for _, x := range s.Calls() {
			if x.Status != 0 {
				t.Errorf("a broken call has status %d", x.Status)
			}
		}
	})
}

func TestAServerClosedUnusedRefusesItsClient(t *testing.T) {
	s := mocks.NewGemini()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := callGemini(t.Context(), s.Client(), s.BaseURL(), ai.KindText); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Close: %v", err)
	}
}

func TestACallEndsWhenItsClientGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mocks.NewGemini()
		defer s.Close()
		s.Always(mocks.Hang())
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := callGemini(ctx, s.Client(), s.BaseURL(), ai.KindText)
		if !errors.Is(err, context.Canceled) || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestManyCallsAtOnceAreAllCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 300
		s := mocks.NewOpenAI()
		defer s.Close()
		s.Always(mocks.Slow(20 * time.Second))
		var wg sync.WaitGroup
		start := time.Now()
		for range calls {
			wg.Go(func() {
				if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took != 20*time.Second {
			t.Errorf("took %v", took)
		}
		if s.Count() != calls || len(s.Calls()) != calls {
			t.Errorf("%d counted, %d kept", s.Count(), len(s.Calls()))
		}
	})
}

func TestItIsAnOrdinaryHandler(t *testing.T) {
	s := mocks.NewOpenAI()
	defer s.Close()
	r := httptest.NewRequest(http.MethodPost, "/v1/embeddings", strings.NewReader(`{"model":"m","input":"a","dimensions":2}`))
	r.Header.Set("Authorization", "Bearer any")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"embedding":[`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.Script(mocks.Reset())
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panicked with %v", p)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/embeddings", strings.NewReader(`{}`)))
}

func TestOnlyPostIsAnswered(t *testing.T) {
	for path, s := range map[string]*mocks.Server{
		"/v1/embeddings": mocks.NewOpenAI(), "/v1beta/models/m:generateContent": mocks.NewGemini(),
	} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer any")
		r.Header.Set("X-Goog-Api-Key", "any")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, w.Code)
		}
		_ = s.Close()
	}
}
