package ai_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/finbrain/ai"
)

func ExampleClient_Health() {
	remote := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
		return &ai.Response{Text: "Net debt fell."}, nil
	})
	client, err := ai.New(
		ai.WithProvider("openai", remote, ai.OnlyKinds(ai.KindText)),
		ai.WithProvider("gemini", remote, ai.OnlyKinds(ai.KindText, ai.KindEmbedding)),
		ai.WithStatic(&ai.Response{Text: "No analysis for now."}, ai.KindText),
		ai.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		panic(err)
	}
	defer client.Close()
	client.Breaker("gemini", ai.KindEmbedding).ForceOpen()

	health := client.Health()
	for _, circuit := range health.Circuits {
		fmt.Println(circuit.Name, circuit.State)
	}
	for _, kind := range health.Kinds {
		fmt.Println(kind.Kind, "available:", kind.Available, "static answer:", kind.Static)
	}
	// Output:
	// openai/text closed
	// gemini/text closed
	// gemini/embedding open
	// text available: true static answer: true
	// embedding available: false static answer: false
}
