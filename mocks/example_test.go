package mocks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

// Headline is an application's function under test.
func Headline(ctx context.Context, analyzer ai.Analyzer, filing string) string {
	resp, err := analyzer.Analyze(ctx, ai.Text("One headline for: "+filing))
	if ai.CodeOf(err) == ai.CodeUnavailable {
		return "no headline today"
	}
	if err != nil {
		return "error"
	}
	return resp.Text
}

// printing is the *testing.T of an example.
type printing struct{ cleanups []func() }

func (*printing) Helper()                           {}
func (*printing) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (p *printing) Cleanup(f func())                { p.cleanups = append(p.cleanups, f) }

func (p *printing) end() {
	for _, f := range p.cleanups {
		f()
	}
}

// In a test, t is its *testing.T.
func ExampleNewAnalyzer() {
	ctx, t := context.Background(), new(printing)
	m := mocks.NewAnalyzer(t).Answer("Debt falls").Fail(ai.CodeUnavailable)

	fmt.Println(Headline(ctx, m, "…"))
	fmt.Println(Headline(ctx, m, "…"))
	fmt.Println(m.Calls()[1].Request.Prompt)
	t.end()
	// Output:
	// Debt falls
	// no headline today
	// One headline for: …
}

// What goes against the script fails the test, and says where.
func ExampleNewAnalyzer_failing() {
	ctx, t := context.Background(), new(printing)
	m := mocks.NewAnalyzer(t).Embed([]float32{1, 0}).Answer("a").Answer("b")

	fmt.Println(Headline(ctx, m, "…"))
	t.end()
	// Output:
	// mocks: call 1 (text): the next step, Embed, is not for that kind
	// error
	// mocks: 2 of 3 steps were never asked for, the first of them Answer
}

// One answer for every call, except where the script says otherwise.
func ExampleAnalyzer_Always() {
	ctx, t := context.Background(), new(printing)
	m := mocks.NewAnalyzer(t).Answer("Debt falls").Always()
	m.Fail(ai.CodeUnavailable)

	for range 3 {
		fmt.Println(Headline(ctx, m, "…"))
	}
	t.end()
	// Output:
	// no headline today
	// Debt falls
	// Debt falls
}

// A stream comes in the pieces of the script, and breaks where it says.
func ExampleAnalyzer_Deltas() {
	ctx, t := context.Background(), new(printing)
	m := mocks.NewAnalyzer(t).Deltas("Net debt ", "fell").ThenFail(ai.CodeUnavailable)

	for delta, err := range m.Stream(ctx, ai.Text("What of debt? …")) {
		if err != nil {
			fmt.Println(ai.CodeOf(err))
			break
		}
		fmt.Printf("%q\n", delta.Text)
	}
	t.end()
	// Output:
	// "Net debt "
	// "fell"
	// unavailable
}

// What is answered can be said, and what goes wrong with it.
func ExampleServer_Answer() {
	s := mocks.NewOpenAI()
	defer s.Close()
	s.Answer(mocks.Answer{Text: "Net debt fell.", Chunks: 3})
	s.Script(mocks.CutStream(2))

	config := goopenai.DefaultConfig("any key")
	config.BaseURL, config.HTTPClient = s.BaseURL(), s.Client()
	stream, err := goopenai.NewClientWithConfig(config).CreateChatCompletionStream(context.Background(), goopenai.ChatCompletionRequest{
		Model: "gpt-5.5", Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "What of debt?"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()
	for {
		chunk, err := stream.Recv()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", chunk.Choices[0].Delta.Content)
	}
	// Output:
	// ""
	// "Net "
	// "debt "
	// unexpected EOF
}

func ExampleNewOpenAI() {
	s := mocks.NewOpenAI()
	defer s.Close()
	baseURL, err := s.Start() // on loopback; or s.BaseURL() with s.Client(), in memory
	if err != nil {
		fmt.Println(err)
		return
	}
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	config := goopenai.DefaultConfig("any key")
	config.BaseURL, config.HTTPClient = baseURL, &http.Client{Transport: transport}

	resp, err := goopenai.NewClientWithConfig(config).CreateChatCompletion(context.Background(), goopenai.ChatCompletionRequest{
		Model: "gpt-5.5",
		Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "In one sentence, what is at risk?\n\n" +
			"Revenue rose 4%. The covenant of 3.75 times is at risk: the ratio is 3.61. The board met six times."}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Choices[0].Message.Content)
	// Output: [emulated] The covenant of 3.75 times is at risk: the ratio is 3.61.
}

// A script gives each call its fault; a zero Fault lets one through.
func ExampleServer_Script() {
	s := mocks.NewOpenAI()
	defer s.Close()
	s.Script(mocks.RateLimited(2*time.Second), mocks.Fault{}, mocks.Reset())
	s.Script(mocks.Unavailable().On(ai.KindEmbedding))

	config := goopenai.DefaultConfig("any key")
	config.BaseURL, config.HTTPClient = s.BaseURL(), s.Client()
	client := goopenai.NewClientWithConfig(config)
	for range 3 {
		_, err := client.CreateChatCompletion(context.Background(), goopenai.ChatCompletionRequest{
			Model: "gpt-5.5", Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "Hello."}},
		})
		var refused *goopenai.APIError
		switch {
		case errors.As(err, &refused):
			fmt.Println("refused:", refused.HTTPStatusCode)
		case err != nil:
			fmt.Println("broken")
		default:
			fmt.Println("answered")
		}
	}
	for _, x := range s.Calls() {
		fmt.Println(x.Kind, x.Model, x.Status)
	}
	// Output:
	// refused: 429
	// answered
	// broken
	// text gpt-5.5 429
	// text gpt-5.5 200
	// text gpt-5.5 0
}
