package ai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/providers/gemini"
	"github.com/finbrain/ai/providers/openai"
	"github.com/finbrain/ai/resilience"
)

// fakes returns both real adapters, talking to fake servers in memory.
func fakes() (primary *mocks.Server, openaiProvider, geminiProvider ai.Analyzer, stop func()) {
	one, two := mocks.NewOpenAI(), mocks.NewGemini()
	first, err := openai.New(openai.Config{APIKey: "key", BaseURL: one.BaseURL(), HTTPClient: one.Client()})
	if err != nil {
		log.Fatal(err)
	}
	second, err := gemini.New(gemini.Config{APIKey: "key", BaseURL: two.BaseURL(), HTTPClient: two.Client()})
	if err != nil {
		log.Fatal(err)
	}
	return one, first, second, func() { _, _ = one.Close(), two.Close() }
}

func Example() {
	server, openaiProvider, geminiProvider, stop := fakes()
	defer stop()
	server.Always(mocks.Unavailable()) // an outage of the primary
	ctx, filing := context.Background(), "Net debt rose to 3.2x EBITDA; the covenant allows 3.5x."

	client, err := ai.New(
		ai.WithProvider("openai", openaiProvider), // order is preference: the primary,
		ai.WithProvider("gemini", geminiProvider), // then its substitutes
		ai.WithLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	resp, err := client.Analyze(ctx, &ai.Request{Prompt: "Which covenants does this filing put at risk? " + filing})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Provider, resp.Fallback, resp.Reason)
	// Output: gemini true unavailable
}

// The three ways to reach a service: OpenAI, a compatible server, Gemini.
func ExampleWithProvider() {
	key := "key"
	openaiProvider, err := openai.New(openai.Config{APIKey: key})
	if err != nil {
		log.Fatal(err)
	}
	llama := openai.Models{Text: "llama3.3", Image: "llama3.2-vision", Embedding: "nomic-embed-text"}
	ollamaProvider, err := openai.New(openai.Config{BaseURL: "http://localhost:11434/v1", Models: llama})
	if err != nil {
		log.Fatal(err)
	}
	fast := map[string]string{"fast": "gemini-3.8-flash"}
	geminiProvider, err := gemini.New(gemini.Config{APIKey: key, Aliases: fast})
	if err != nil {
		log.Fatal(err)
	}
	client, err := ai.New(
		ai.WithProvider("openai", openaiProvider),
		ai.WithProvider("gemini", geminiProvider),
		ai.WithProvider("local", ollamaProvider, ai.OnlyKinds(ai.KindText)),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fmt.Println(client.Breaker("local", ai.KindText).Name())
	fmt.Println(client.Breaker("local", ai.KindImage))
	// Output:
	// local/text
	// <nil>
}

func ExampleNew() {
	_, openaiProvider, geminiProvider, stop := fakes()
	defer stop()
	patient := resilience.Policy{
		Breaker: resilience.BreakerConfig{Failures: 10, Window: 2 * time.Minute, OpenFor: time.Minute},
		Retry:   resilience.RetryPolicy{MaxAttempts: 2},
		Timeout: 90 * time.Second,
	}
	client, err := ai.New(
		ai.WithProvider("openai", openaiProvider),
		ai.WithProvider("gemini", geminiProvider, ai.OnlyKinds(ai.KindText, ai.KindImage)),
		ai.WithPolicy("openai", ai.KindImage, patient),
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeTenant, Fresh: 10 * time.Minute, Stale: time.Hour}),
		ai.WithStatic(&ai.Response{Text: "unavailable"}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for _, breaker := range client.Breakers() {
		fmt.Println(breaker.Name(), breaker.State())
	}
	// Output:
	// openai/text closed
	// openai/image closed
	// openai/embedding closed
	// openai/finetune closed
	// openai/file closed
	// gemini/text closed
	// gemini/image closed
}

func ExampleClient_Analyze_errors() {
	limited := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
		return nil, &ai.Error{Code: ai.CodeRateLimited, Status: 429, RetryAfter: 90 * time.Second}
	})
	client, err := ai.New(ai.WithProvider("openai", limited))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	_, err = client.Analyze(context.Background(), ai.Text("Which covenants are at risk?"))
	var failure *ai.Error
	switch {
	case errors.Is(err, ai.CodeRateLimited) && errors.As(err, &failure):
		fmt.Println("come back in", failure.RetryAfter)
	case err != nil:
		fmt.Println(err)
	}
	// Output: come back in 1m30s
}

func ExampleWithStatic() {
	down := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
		return nil, &ai.Error{Code: ai.CodeNotAvailable}
	})
	client, err := ai.New(
		ai.WithProvider("openai", down),
		ai.WithStatic(&ai.Response{Text: "unavailable"}),
		ai.WithLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	resp, err := client.Analyze(context.Background(), ai.Text("Which covenants are at risk?"))
	if err != nil {
		log.Fatal(err)
	}
	resp.Trail = nil // its times differ from run to run
	body, err := json.Marshal(resp)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
	// Output: {"analysis":"unavailable","fallback":true,"reason":"not_available","source":"static"}
}

func ExampleWithObserver() {
	down := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
		return nil, &ai.Error{Code: ai.CodeAuthentication}
	})
	client, err := ai.New(
		ai.WithProvider("openai", down),
		ai.WithLogger(slog.New(slog.DiscardHandler)),
		ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
			if change, ok := e.(ai.StateChanged); ok {
				fmt.Println(change.Circuit, change.From, "→", change.To, "after", change.FailureCount, "failures")
			}
		})),
	)
	if err != nil {
		log.Fatal(err)
	}
	for range 5 {
		_, _ = client.Analyze(context.Background(), ai.Text("q"))
	}
	_ = client.Close() // waits for the observer
	// Output: openai/text closed → open after 5 failures
}

func ExampleAnalyzerFunc() {
	// Anything that answers can be a provider; here, a rule of one's own.
	var rule ai.Analyzer = ai.AnalyzerFunc(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		return &ai.Response{Text: fmt.Sprintf("%d bytes to read", len(req.Prompt)), FinishReason: ai.FinishStop}, nil
	})
	resp, err := rule.Analyze(context.Background(), ai.Text("a filing"))
	fmt.Println(resp.Text, err)
	// Output: 8 bytes to read <nil>
}

// Covenant is what the application wants to know of one.
type Covenant struct {
	Name    string `json:"name" jsonschema:"as the filing names it"`
	AtRisk  bool   `json:"at_risk"`
	Section int    `json:"section,omitempty"`
}

func ExampleAnalyzeAs() {
	server, openaiProvider, _, stop := fakes()
	defer stop()
	server.Answer(mocks.Answer{Text: `{"value":[{"name":"leverage","at_risk":true,"section":7}]}`})
	client, err := ai.New(ai.WithProvider("openai", openaiProvider))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, question := context.Background(), "Which covenants does this filing put at risk? …"

	covenants, resp, err := ai.AnalyzeAs[[]Covenant](ctx, client, ai.Text(question))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v from %s\n", covenants, resp.Provider)
	// Output: [{Name:leverage AtRisk:true Section:7}] from openai
}
