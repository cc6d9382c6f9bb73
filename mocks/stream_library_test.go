package mocks_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"
	"google.golang.org/genai"

	"github.com/finbrain/ai/mocks"
)

// streamed is what a real library made of a stream.
type streamed struct {
	texts  []string // the pieces
	calls  []string // name and arguments
	finish string
	usage  string // input, output, total, cached, reasoning
	err    error
}

// streamer is a fake provider with the real library that streams from it.
type streamer struct {
	name string
	fake func() *mocks.Server
	read func(ctx context.Context, client *http.Client, baseURL string, each func()) streamed
}

func streamers() []streamer {
	return []streamer{
		{"openai", mocks.NewOpenAI, streamChat},
		{"responses", mocks.NewOpenAI, streamResponse},
		{"gemini", mocks.NewGemini, streamGemini},
	}
}

func eachStreamer(t *testing.T, test func(t *testing.T, p streamer)) {
	t.Helper()
	for _, p := range streamers() {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}

func streamChat(ctx context.Context, client *http.Client, baseURL string, each func()) (got streamed) {
	stream, err := openAIClient(client, baseURL, "any").CreateChatCompletionStream(ctx, goopenai.ChatCompletionRequest{
		Model: "gpt-5.5", Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: filing}},
		StreamOptions: &goopenai.StreamOptions{IncludeUsage: true},
	})
	if err != nil {
		return streamed{err: err}
	}
	defer stream.Close()
	for {
		resp, err := stream.Recv()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				got.err = err
			}
			return got
		}
		if u := resp.Usage; u != nil {
			got.usage = fmt.Sprint(u.PromptTokens, u.CompletionTokens, u.TotalTokens,
				u.PromptTokensDetails.CachedTokens, u.CompletionTokensDetails.ReasoningTokens)
		}
		if len(resp.Choices) == 0 {
			continue
		}
		choice := resp.Choices[0]
		got.finish = cmp.Or(string(choice.FinishReason), got.finish)
		if text := choice.Delta.Content; text != "" {
			got.texts = append(got.texts, text)
			each()
		}
		for _, c := range choice.Delta.ToolCalls {
			if *c.Index == len(got.calls) {
				got.calls = append(got.calls, c.ID+" "+c.Function.Name+" ")
			}
			got.calls[*c.Index] += c.Function.Arguments
		}
	}
}

func streamResponse(ctx context.Context, client *http.Client, baseURL string, each func()) (got streamed) {
	stream, err := openAIClient(client, baseURL, "any").CreateResponseStream(ctx, goopenai.CreateResponseRequest{
		Model: "gpt-5.5", Input: filing,
	})
	if err != nil {
		return streamed{err: err}
	}
	defer stream.Close()
	for {
		e, err := stream.Recv()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				got.err = err
			}
			return got
		}
		switch e.Type {
		case goopenai.ResponseStreamEventOutputTextDelta:
			got.texts = append(got.texts, e.Delta)
			each()
		case goopenai.ResponseStreamEventOutputItemAdded:
			if e.Item.Type == "function_call" {
				got.calls = append(got.calls, e.Item.CallID+" "+e.Item.Name+" ")
			}
		case goopenai.ResponseStreamEventFunctionArgumentsDelta:
			got.calls[len(got.calls)-1] += e.Delta
		case goopenai.ResponseStreamEventError:
			return streamed{texts: got.texts, err: errors.New(e.Code)}
		case goopenai.ResponseStreamEventCompleted, goopenai.ResponseStreamEventIncomplete:
			got.finish = string(e.Response.Status)
			u := e.Response.Usage
			got.usage = fmt.Sprint(u.InputTokens, u.OutputTokens, u.TotalTokens,
				u.InputTokensDetails.CachedTokens, u.OutputTokensDetails.ReasoningTokens)
		}
	}
}

func streamGemini(ctx context.Context, client *http.Client, baseURL string, each func()) (got streamed) {
	c := geminiClient(client, baseURL, "any")
	for resp, err := range c.Models.GenerateContentStream(ctx, "gemini-3.8-flash", genai.Text(filing), nil) {
		if err != nil {
			got.err = err
			return got
		}
		u := resp.UsageMetadata
		got.usage = fmt.Sprint(u.PromptTokenCount, u.CandidatesTokenCount+u.ThoughtsTokenCount, u.TotalTokenCount,
			u.CachedContentTokenCount, u.ThoughtsTokenCount)
		if len(resp.Candidates) == 0 {
			continue
		}
		got.finish = string(resp.Candidates[0].FinishReason)
		if text := resp.Text(); text != "" {
			got.texts = append(got.texts, text)
			each()
		}
		for _, call := range resp.FunctionCalls() {
			got.calls = append(got.calls, fmt.Sprintf("%s %s %v", call.ID, call.Name, call.Args))
		}
	}
	return got
}
