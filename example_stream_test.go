package ai_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/resilience"
)

func ExampleClient_Stream() {
	server, openaiProvider, geminiProvider, stop := fakes()
	defer stop()
	server.Always(mocks.Unavailable()) // an outage of the primary

	client, err := ai.New(
		ai.WithProvider("openai", openaiProvider),
		ai.WithProvider("gemini", geminiProvider),
		// A model that thinks for long before its first word needs more than 20 s.
		ai.WithPolicy("", ai.KindText, resilience.Policy{
			Timeout: 2 * time.Minute,
			Stream:  resilience.StreamPolicy{First: 90 * time.Second},
		}),
		ai.WithLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	var answer *ai.Response
	for delta, err := range client.Stream(context.Background(), ai.Text("Which covenants does this filing put at risk?")) {
		if err != nil {
			log.Fatal(err) // what came before it is part of an answer
		}
		fmt.Print(delta.Text)
		answer = delta.Response // of the last one
	}
	fmt.Println()
	fmt.Println(answer.Provider, answer.Fallback, answer.Reason)
	// Output:
	// [emulated] There is no text to analyse beside the question: Which covenants does this filing put at risk?
	// gemini true unavailable
}
