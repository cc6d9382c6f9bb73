package gemini_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

func ExampleNew() {
	_, err := gemini.New(gemini.Config{
		APIKey: "the-key",
		Models: gemini.Models{Image: "gemini-2.5-pro"},
	})
	fmt.Println(err)
	_, err = gemini.New(gemini.Config{APIKey: "the-key", ImageDetail: "huge"})
	fmt.Println(err)
	// Output:
	// <nil>
	// ai: gemini: invalid request: ImageDetail: is not low, medium or high
}

// The examples ask a service in memory; without HTTPClient they would ask
// Google's.
func ExampleProvider_Analyze() {
	service := &http.Client{Transport: wiretest.Answering(200, answer("Two covenants are close to their limits."))}
	provider, err := gemini.New(gemini.Config{APIKey: "key", HTTPClient: service})
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
	// gemini gemini-3.8-flash stop 10
}

func ExampleProvider_Analyze_embedding() {
	service := &http.Client{Transport: wiretest.Answering(200, vectors([]float64{3, 4}))}
	provider, err := gemini.New(gemini.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := provider.Analyze(context.Background(), &ai.Request{Inputs: []string{"revenue"}, Dimensions: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Embeddings, resp.Space)
	// Output: [[0.6 0.8]] google/gemini-embedding-001/2
}

func ExampleProvider_Analyze_rateLimited() {
	service := &http.Client{Transport: wiretest.Answering(429, `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[
		{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}`)}
	provider, err := gemini.New(gemini.Config{APIKey: "key", HTTPClient: service})
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

func ExampleProvider_Stream() {
	service := &http.Client{Transport: streaming(sse(saying("Two covenants ", ""), saying("are close to their limits.", "STOP")))}
	provider, err := gemini.New(gemini.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	for delta, err := range provider.Stream(context.Background(), ai.Text("Which covenants does this filing put at risk? …")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(delta.Text)
		if delta.Response != nil {
			fmt.Println("\n"+delta.Response.Model, delta.FinishReason)
		}
	}
	// Output:
	// Two covenants are close to their limits.
	// gemini-3.8-flash stop
}

func ExampleProvider_Analyze_tools() {
	service := &http.Client{Transport: wiretest.Answering(200, `{"candidates":[{"content":{"parts":[
		{"functionCall":{"id":"c1","name":"rate","args":{"currency":"CHF","account":9007199254740993}}}]},"finishReason":"STOP"}]}`)}
	provider, err := gemini.New(gemini.Config{APIKey: "key", HTTPClient: service})
	if err != nil {
		fmt.Println(err)
		return
	}
	req := &ai.Request{Prompt: "What is it in francs?", Tools: []ai.Tool{{Name: "rate", Parameters: []byte(`{"type":"object"}`)}}}
	resp, err := provider.Analyze(context.Background(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, call := range resp.ToolCalls {
		fmt.Println(resp.FinishReason, call.Name, string(call.Arguments))
	}
	// Output: tool_calls rate {"currency":"CHF","account":9007199254740993}
}

func ExampleProvider_Plan() {
	provider, err := gemini.New(gemini.Config{APIKey: "key", Aliases: map[string]string{"deep": "gemini-2.5-pro"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, _ := provider.Plan(&ai.Request{Prompt: "…", Model: "deep"})
	fmt.Println(plan.Model, plan.Alias)
	plan, _ = provider.Plan(ai.Embedding("…"))
	fmt.Println(plan.Space)
	// Output:
	// gemini-2.5-pro true
	// google/gemini-embedding-001/3072
}
