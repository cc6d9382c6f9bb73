package ai_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func ExampleRequest_documents() {
	_, openaiProvider, geminiProvider, stop := fakes()
	defer stop()
	client, err := ai.New(ai.WithProvider("openai", openaiProvider), ai.WithProvider("gemini", geminiProvider))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, filing := context.Background(), []byte("%PDF-1.7 …")

	resp, err := client.Analyze(ctx, &ai.Request{
		Prompt:    "Which covenants does this filing put at risk?",
		Documents: []ai.Document{ai.DocumentBytes(filing)},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Provider, resp.FinishReason)
	// Output: openai stop
}

func ExampleRequest_Continue() {
	server, openaiProvider, geminiProvider, stop := fakes()
	defer stop()
	server.Answer(
		mocks.Answer{ToolCalls: []ai.ToolCall{{ID: "call_1", Name: "net_debt", Arguments: []byte(`{"date":"2027-06-30"}`)}}},
		mocks.Answer{Text: "Net debt was £412 million."},
	)
	client, err := ai.New(ai.WithProvider("openai", openaiProvider), ai.WithProvider("gemini", geminiProvider),
		ai.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx := context.Background()

	netDebt := ai.Tool{
		Name:        "net_debt",
		Description: "The group's net debt in millions of pounds at a date.",
		Parameters:  json.RawMessage(`{"type":"object","properties":{"date":{"type":"string"}},"required":["date"]}`),
	}
	req := &ai.Request{Prompt: "What was net debt at 30 June 2027?", Tools: []ai.Tool{netDebt}}
	resp, err := client.Analyze(ctx, req)
	for err == nil && len(resp.ToolCalls) > 0 {
		var results []ai.ToolResult
		for _, call := range resp.ToolCalls {
			fmt.Println(call.Name, string(call.Arguments))
			results = append(results, ai.ToolResult{CallID: call.ID, Content: "412"})
		}
		req = req.Continue(resp, results...)
		resp, err = client.Analyze(ctx, req) // any provider can go on
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Text)
	// Output:
	// net_debt {"date":"2027-06-30"}
	// Net debt was £412 million.
}

func ExampleImageGeneration() {
	_, openaiProvider, geminiProvider, stop := fakes()
	defer stop()
	client, err := ai.New(ai.WithProvider("openai", openaiProvider), ai.WithProvider("gemini", geminiProvider))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	resp, err := client.Analyze(context.Background(), ai.ImageGeneration("A chart of falling leverage, in two colours"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Provider, len(resp.Images), resp.Images[0].MediaType)
	// Output: gemini 1 image/png
}
