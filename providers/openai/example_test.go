package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func ExampleNew() {
	_, err := openai.New(openai.Config{
		APIKey:  "the-key",
		Models:  openai.Models{Image: "gpt-4.1"},
		Aliases: map[string]string{"fast": "gpt-5-mini"},
	})
	fmt.Println(err)
	_, err = openai.New(openai.Config{APIKey: "the-key", ImageDetail: "huge"})
	fmt.Println(err)
	// Output:
	// <nil>
	// ai: openai: invalid request: ImageDetail: is not low, high or auto
}

// A server of one's own needs its address and the names of its models.
func ExampleNew_compatible() {
	provider, err := openai.New(openai.Config{
		BaseURL:         "http://localhost:11434/v1",
		Models:          openai.Models{Text: "llama3.3", Embedding: "nomic-embed-text"},
		Kinds:           []ai.Kind{ai.KindText, ai.KindEmbedding},
		LegacyMaxTokens: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, _ := provider.Plan(ai.Embedding("revenue"))
	fmt.Println(plan.Space.Vendor, plan.Space.Model)
	_, err = provider.Plan(ai.ImageAnalysis("What is this?", ai.ImageURL("https://example.com/chart.png")))
	fmt.Println(err)
	// Output:
	// localhost:11434 nomic-embed-text
	// ai: openai: unsupported: this server has no image requests
}

// The examples ask a service in memory; without HTTPClient they would ask
// OpenAI's.
func ExampleProvider_Analyze() {
	service := &http.Client{Transport: wiretest.Answering(200, answer("Two covenants are close to their limits."))}
	provider, err := openai.New(openai.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := provider.Analyze(context.Background(), ai.Text("Which covenants does this filing put at risk? …"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Text)
	fmt.Println(resp.Provider, resp.Model, resp.FinishReason, resp.Usage.TotalTokens)
	// Output:
	// Two covenants are close to their limits.
	// openai gpt-5.5-2026-04-01 stop 10
}

func ExampleProvider_Stream() {
	service := &http.Client{Transport: streamed(chunk(`"content":"Two covenants "`, "null"), chunk(`"content":"are close."`, `"stop"`))}
	provider, err := openai.New(openai.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	for delta, err := range provider.Stream(context.Background(), ai.Text("Which covenants does this filing put at risk? …")) {
		switch {
		case err != nil:
			fmt.Println(err)
		case delta.Response != nil:
			fmt.Println(delta.Response.Model, delta.Response.FinishReason)
		case delta.Text != "":
			fmt.Printf("%q\n", delta.Text)
		}
	}
	// Output:
	// "Two covenants "
	// "are close."
	// gpt-5.5-2026-04-01 stop
}

// The model asks for a call; the conversation goes on with its result.
func ExampleProvider_Analyze_tools() {
	service := &http.Client{Transport: wiretest.Answering(200, responded(
		`{"type":"function_call","call_id":"call_7","name":"rate","arguments":"{\"currency\":\"EUR\"}"}`, ""))}
	provider, err := openai.New(openai.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := provider.Analyze(context.Background(), &ai.Request{
		Prompt: "What does the debt cost in dollars?",
		Tools:  []ai.Tool{{Name: "rate", Parameters: []byte(`{"type":"object","properties":{"currency":{"type":"string"}}}`)}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	call := resp.ToolCalls[0]
	fmt.Println(resp.FinishReason, call.ID, call.Name, string(call.Arguments))
	// Output: tool_calls call_7 rate {"currency":"EUR"}
}

func ExampleProvider_Analyze_embedding() {
	service := &http.Client{Transport: wiretest.Answering(200, vectors(floats(1, 0, 1), floats(0, 0.6, 0.8)))}
	provider, err := openai.New(openai.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := provider.Analyze(context.Background(), &ai.Request{Inputs: []string{"revenue", "debt"}, Dimensions: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Embeddings, resp.Space)
	// Output: [[0.6 0.8] [0 1]] openai/text-embedding-3-small/2
}

func ExampleProvider_Analyze_rateLimited() {
	service := &http.Client{Transport: wiretest.Answering(429, `{"error":{"type":"requests","code":"rate_limit_exceeded"}}`, "Retry-After", "34")}
	provider, err := openai.New(openai.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = provider.Analyze(context.Background(), ai.Text("How was the quarter?"))
	if failure, ok := errors.AsType[*ai.Error](err); ok {
		fmt.Println(failure.Code, failure.Temporary(), failure.RetryAfter == 34*time.Second)
	}
	// Output: rate_limited true true
}

func ExampleProvider_Plan() {
	provider, err := openai.New(openai.Config{APIKey: "key", Aliases: map[string]string{"deep": "o3"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, _ := provider.Plan(&ai.Request{Prompt: "…", Model: "deep"})
	fmt.Println(plan.Model, plan.Alias)
	plan, _ = provider.Plan(ai.Embedding("…"))
	fmt.Println(plan.Space)
	// Output:
	// o3 true
	// openai/text-embedding-3-small/1536
}
