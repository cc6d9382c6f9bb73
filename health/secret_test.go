package health_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

// canary stands for a key, a prompt, an answer and a provider's raw text.
const canary = "sk-canary"

func TestNoSecretReachesABodyOrAHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		raw, answer := working(), working()
		raw.set(func(context.Context, *ai.Request) (*ai.Response, error) { return nil, errors.New(canary) })
		answer.set(func(context.Context, *ai.Request) (*ai.Response, error) {
			return &ai.Response{Text: canary, RequestID: canary, FinishReason: ai.FinishStop}, nil
		})
		client := newClient(t, ai.WithProvider("openai", raw), ai.WithProvider("gemini", answer))
		services := &resilience.Registry{}
		for range 5 {
			_, _ = resilience.Do(t.Context(), services.Breaker("database"), func(context.Context) (int, error) { return 0, errors.New(canary) })
		}
		e := newEndpoints(t, client, health.Config{Services: services})
		request := &ai.Request{Prompt: canary, Instruction: canary, Tenant: canary}
		for range 6 {
			_, _ = client.Analyze(t.Context(), request)
		}
		answer.set(func(context.Context, *ai.Request) (*ai.Response, error) {
			return nil, &ai.Error{
				Code: ai.CodeNotAvailable, Detail: canary, RequestID: canary, Field: canary, Provider: canary, Model: canary,
				Cause: errors.New(canary),
			}
		})
		_, err := client.Analyze(t.Context(), request)
		client.Breaker("gemini", ai.KindText).ForceOpen()

		var said bytes.Buffer
		for _, h := range []http.HandlerFunc{
			e.Health, e.Ready, e.JobsStatus,
			health.Gate(client, ai.KindText)(accept).ServeHTTP,
			func(w http.ResponseWriter, _ *http.Request) { health.WriteError(w, err) },
			func(w http.ResponseWriter, _ *http.Request) {
				health.WriteError(w, &ai.Error{Code: ai.CodeInvalidRequest, Detail: canary, Provider: canary, Field: canary})
			},
		} {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+canary, strings.NewReader(canary))
			r.Header.Set("Authorization", canary)
			h(w, r)
			fmt.Fprintf(&said, "%d %v %s\n", w.Code, w.Header(), w.Body)
		}
		if strings.Contains(said.String(), canary) {
			t.Errorf("leaked:\n%s", said.String())
		}
		if err == nil || strings.Count(said.String(), `"open"`) < 5 {
			t.Errorf("proves little:\n%s", said.String())
		}
	})
}
