package replay_test

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/mocks/replay"
	"github.com/finbrain/ai/providers/openai"
)

// Recorded once, here from a fake, a conversation is replayed without network
// and key. In a test the mode would come from a flag.
func Example() {
	dir, err := os.MkdirTemp("", "replay")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	service := mocks.NewOpenAI()
	service.Answer(mocks.Answer{Text: "Net debt fell."})

	ask := func(config replay.Config, key string) {
		transport, err := replay.Open(dir, config)
		if err != nil {
			fmt.Println(err)
			return
		}
		provider, err := openai.New(openai.Config{
			APIKey: key, BaseURL: service.BaseURL(), HTTPClient: &http.Client{Transport: transport}})
		if err != nil {
			fmt.Println(err)
			return
		}
		resp, err := provider.Analyze(context.Background(), ai.Text("What of debt? …"))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(resp.Text)
		if err := transport.Close(); err != nil {
			fmt.Println(err)
		}
	}
	ask(replay.Config{Mode: replay.Record, Transport: service.Client().Transport}, "sk-a-real-key")
	_ = service.Close()
	ask(replay.Config{}, "none")
	// Output:
	// Net debt fell.
	// Net debt fell.
}
