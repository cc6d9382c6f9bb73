package openai_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

// echo answers a chat with its own prompt.
func echo(req *http.Request) (*http.Response, error) {
	var ask struct{ Messages []struct{ Content string } }
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	if err := json.NewDecoder(body).Decode(&ask); err != nil {
		return nil, err
	}
	prompt := ask.Messages[0].Content
	if strings.HasSuffix(prompt, "3") {
		return wiretest.Response(429, refused(prompt, "tokens", `"rate_limit_exceeded"`), "Retry-After", "1", "X-Request-Id", prompt), nil
	}
	return wiretest.Response(200, answer(prompt), "X-Request-Id", prompt), nil
}

func TestConcurrentCallsDoNotMix(t *testing.T) {
	p := provider(t, &wiretest.Wire{Answer: echo})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			prompt := fmt.Sprintf("prompt-%d", i)
			got, err := p.Analyze(t.Context(), &ai.Request{Prompt: prompt, Temperature: new(0.0)})
			if strings.HasSuffix(prompt, "3") {
				if e, ok := err.(*ai.Error); !ok || e.Code != ai.CodeRateLimited || e.RequestID != prompt {
					t.Errorf("%s: %v, %v", prompt, got, err)
				}
				return
			}
			if err != nil || got.Text != prompt || got.RequestID != prompt {
				t.Errorf("%s: %+v, %v", prompt, got, err)
			}
		})
	}
	wg.Wait()
}

func TestTheRequestIsNotChanged(t *testing.T) {
	req := &ai.Request{
		Prompt: "x", Temperature: new(0.0), Seed: new(int64(1)), Stop: []string{"a"},
		History: []ai.Message{{Role: ai.RoleUser, Text: "h"}}, Images: []ai.Image{ai.ImageBytes(png)},
	}
	before, _ := json.Marshal(req)
	if _, err := provider(t, wiretest.Answering(200, answer("x"))).Analyze(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(req); string(after) != string(before) {
		t.Errorf("was %s\nis  %s", before, after)
	}
}

// Over loopback, because a pool of connections is what is tested.
func TestAConnectionServesOneCallAfterAnother(t *testing.T) {
	var opened atomic.Int32
	status := http.StatusOK
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer(strings.Repeat("x", 4000)))
		_ = http.NewResponseController(w).Flush() // the end arrives by itself
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	p := provider(t, nil, func(c *openai.Config) { c.BaseURL, c.HTTPClient = server.URL+"/v1", client })
	for i := range 50 {
		status = http.StatusOK
		if i%5 == 4 {
			status = http.StatusServiceUnavailable
		}
		if _, err := p.Analyze(t.Context(), ai.Text("x")); (err == nil) != (status == http.StatusOK) {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 50 calls", n)
	}
}
