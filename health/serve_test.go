package health_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

func TestEndpointsAnswerGetAndHeadOnly(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working()))
	e := newEndpoints(t, client, health.Config{})
	mux := http.NewServeMux()
	e.Register(mux)
	for path, h := range map[string]http.HandlerFunc{"/health": e.Health, "/readyz": e.Ready, "/jobs/status": e.JobsStatus} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			alone, behind := ask(t, h, method), httptest.NewRecorder()
			want(t, alone, http.StatusMethodNotAllowed, `{"error":"method not allowed"}`)
			mux.ServeHTTP(behind, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
			for _, w := range []*httptest.ResponseRecorder{alone, behind} {
				if got := w.Header().Get("Allow"); w.Code != http.StatusMethodNotAllowed || got != "GET, HEAD" {
					t.Errorf("%s %s: %d, Allow is %q", method, path, w.Code, got)
				}
			}
		}
	}
}

func TestEndpointsFitBesideAnythingElseInAMux(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working()))
	mux := http.NewServeMux()
	mux.Handle("GET /", http.NotFoundHandler()) // as a service does that serves pages
	mux.Handle("POST /{any...}", accept)
	newEndpoints(t, client, health.Config{}).Register(mux)
	for _, path := range []string{"/health", "/readyz", "/jobs/status"} {
		for method, status := range map[string]int{http.MethodGet: 200, http.MethodHead: 200, http.MethodPost: 202} {
			if w := ask(t, func(w http.ResponseWriter, r *http.Request) {
				r.URL.Path = path
				mux.ServeHTTP(w, r)
			}, method); w.Code != status {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

func TestTheHeadOfADocumentIsThatOfTheDocument(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working()))
	mux := http.NewServeMux()
	services := &resilience.Registry{}
	for i := range 200 { // more than a server buffers
		services.Breaker(fmt.Sprint("service", i))
	}
	newEndpoints(t, client, health.Config{Services: services}).Register(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, path := range []string{"/health", "/readyz", "/jobs/status"} {
		_, body := fetch(t, server, http.MethodGet, path)
		header, none := fetch(t, server, http.MethodHead, path)
		if len(body) == 0 || len(none) > 0 || header.Get("Content-Length") != fmt.Sprint(len(body)) ||
			header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: HEAD got %v %s of %d bytes", path, header, none, len(body))
		}
	}
}

func fetch(t *testing.T, server *httptest.Server, method, path string) (http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return resp.Header, string(body)
}
