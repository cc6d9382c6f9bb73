package mocks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	goopenai "github.com/sashabaranov/go-openai"
	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

// seen describes an error as the provider's library shows it.
func seen(err error) string {
	var api *goopenai.APIError
	var google genai.APIError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return "answer"
	case errors.As(err, &api):
		return fmt.Sprintf("%d %v", api.HTTPStatusCode, api.Code) // a null code is seen as 0
	case errors.As(err, &google):
		return fmt.Sprintf("%d %s", google.Code, google.Status)
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "EOF"
	case errors.As(err, &syntax), strings.Contains(err.Error(), "invalid character"):
		return "syntax" // genai keeps the text only
	default:
		return err.Error()
	}
}

func TestEveryFaultIsSeenByTheRealLibrary(t *testing.T) {
	tests := []struct {
		name           string
		fault          mocks.Fault
		openai, gemini string
	}{
		{"none", mocks.Fault{}, "answer", "answer"},
		{"unavailable", mocks.Unavailable(), "503 0", "503 UNAVAILABLE"},
		{"rate limited", mocks.RateLimited(2 * time.Second), "429 rate_limit_exceeded", "429 RESOURCE_EXHAUSTED"},
		{"quota exhausted", mocks.QuotaExhausted(), "429 insufficient_quota", "429 RESOURCE_EXHAUSTED"},
		{"bad key", mocks.BadKey(), "401 invalid_api_key", "400 INVALID_ARGUMENT"},
		{"no such model", mocks.Fault{Code: ai.CodeNotAvailable}, "404 model_not_found", "404 NOT_FOUND"},
		{"too long", mocks.Fault{Code: ai.CodeContextLength}, "400 context_length_exceeded", "400 INVALID_ARGUMENT"},
		{"timeout", mocks.Fault{Code: ai.CodeTimeout}, "504 0", "504 DEADLINE_EXCEEDED"},
		{"500", mocks.Status(500), "500 0", "500 INTERNAL"},
		{"404", mocks.Status(404), "404 model_not_found", "404 NOT_FOUND"},
		{"402", mocks.Status(402), "402 insufficient_quota", "402 UNKNOWN"},
		{"418", mocks.Status(418), "418 0", "418 UNKNOWN"},
		{"hang", mocks.Hang(), "deadline", "deadline"},
		{"slow", mocks.Slow(time.Second), "answer", "answer"},
		{"too slow", mocks.Slow(time.Hour), "deadline", "deadline"},
		{"reset", mocks.Reset(), "EOF", "EOF"},
		{"cut", mocks.CutBody(), "EOF", "EOF"},
		{"cut error", mocks.Fault{Code: ai.CodeUnavailable, CutAfter: 1}, "EOF", "EOF"},
		{"cut at the very end", mocks.Fault{CutAfter: 1 << 20}, "EOF", "EOF"},
		{"malformed", mocks.Malformed(), "syntax", "syntax"},
		{"bad response", mocks.Fault{Code: ai.CodeBadResponse}, "syntax", "syntax"},
		{"no body", mocks.Status(204), "answer", "answer"},
	}
	eachService(t, func(t *testing.T, p service) {
		for _, tt := range tests {
			if tt.name == "no body" && p.name == "openai" {
				continue // go-openai wants a body
			}
			for _, kind := range ai.Kinds() {
				t.Run(tt.name+"/"+kind.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := p.fake()
						defer s.Close()
						s.Script(tt.fault)
						ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
						defer cancel()
						want := map[string]string{"openai": tt.openai, "gemini": tt.gemini}[p.name]
						if _, err := p.call(ctx, s.Client(), s.BaseURL(), kind); seen(err) != want {
							t.Errorf("seen as %q, want %q (%v)", seen(err), want, err)
						}
						if _, err := p.call(ctx, s.Client(), s.BaseURL(), kind); tt.openai != "deadline" && err != nil {
							t.Errorf("the fault outlived its call: %v", err)
						}
					})
				})
			}
		}
	})
}

func TestAnswersWithoutTextAreSuccessesToTheLibrary(t *testing.T) {
	ctx := t.Context()
	openAI, oc := newOpenAI(t)
	gemini, gc := newGemini(t)
	tests := []struct {
		code           ai.Code
		openai, gemini string
	}{
		{ai.CodeContentFiltered, "stop refused=true calls=0", " SAFETY"},
		{ai.CodeMaxTokens, "length refused=false calls=0", "MAX_TOKENS "},
		{ai.CodeModelFailed, "tool_calls refused=false calls=1", "MALFORMED_FUNCTION_CALL "},
	}
	for _, tt := range tests {
		openAI.Script(mocks.Fault{Code: tt.code})
		gemini.Script(mocks.Fault{Code: tt.code})
		o, err := oc.CreateChatCompletion(ctx, goopenai.ChatCompletionRequest{
			Model: "m", Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "x"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		choice := o.Choices[0]
		if got := fmt.Sprintf("%s refused=%t calls=%d", choice.FinishReason, choice.Message.Refusal != "", len(choice.Message.ToolCalls)); got != tt.openai || choice.Message.Content != "" {
			t.Errorf("%s: openai %q with text %q", tt.code, got, choice.Message.Content)
		}
		g, err := gc.Models.GenerateContent(ctx, "m", genai.Text("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		var finish, block string
		if len(g.Candidates) > 0 {
			finish = string(g.Candidates[0].FinishReason)
		}
		if g.PromptFeedback != nil {
			block = string(g.PromptFeedback.BlockReason)
		}
		if got := finish + " " + block; got != tt.gemini || g.Text() != "" {
			t.Errorf("%s: gemini %q with text %q", tt.code, got, g.Text())
		}
	}
}

func TestTheWaitHintIsGivenAsTheProviderGivesIt(t *testing.T) {
	openAI := mocks.NewOpenAI()
	defer openAI.Close()
	gemini := mocks.NewGemini()
	defer gemini.Close()
	hint := 1500 * time.Millisecond
	openAI.Script(mocks.RateLimited(hint), mocks.RateLimited(0))
	for _, want := range [][2]string{{"2", "1500"}, {"", ""}} {
		resp := send(t, openAI, "/v1/embeddings", "Authorization", "Bearer any", `{"model":"m","input":"a"}`)
		if got := [2]string{resp.Header.Get("Retry-After"), resp.Header.Get("Retry-After-Ms")}; got != want {
			t.Errorf("openai hints %q, want %q", got, want)
		}
	}
	gemini.Script(mocks.RateLimited(hint), mocks.QuotaExhausted())
	c := geminiClient(gemini.Client(), gemini.BaseURL(), "any")
	for _, want := range []string{"1.5s PerMinute", " PerDay"} {
		_, err := c.Models.GenerateContent(t.Context(), "m", genai.Text("x"), nil)
		var e genai.APIError
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		var delay, quota string
		for _, d := range e.Details {
			switch d["@type"] {
			case "type.googleapis.com/google.rpc.RetryInfo":
				delay = d["retryDelay"].(string)
			case "type.googleapis.com/google.rpc.QuotaFailure":
				quota = fmt.Sprint(d["violations"])
			}
		}
		words := strings.SplitN(want, " ", 2)
		if delay != words[0] || !strings.Contains(quota, words[1]) {
			t.Errorf("gemini delay %q, quota %s; want %q", delay, quota, want)
		}
	}
}

func TestAFaultMayBringItsOwnHeadersAndBody(t *testing.T) {
	s := mocks.NewOpenAI()
	defer s.Close()
	s.Script(
		mocks.Fault{Body: `{"error":"later"}`, Header: http.Header{"x-lower": {"kept"}}},
		mocks.Fault{Status: 502, Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}},
		mocks.Fault{Header: http.Header{"X-Ratelimit-Remaining-Requests": {"1"}}},
	)
	want := []struct {
		status            int
		body, name, value string
	}{
		{200, `{"error":"later"}`, "X-Lower", "kept"},
		{502, "<html>", "Content-Type", "text/html"},
		{200, `"object":"list"`, "X-Ratelimit-Remaining-Requests", "1"},
	}
	for i, w := range want {
		resp := send(t, s, "/v1/embeddings", "Authorization", "Bearer any", `{"model":"m","input":"a","dimensions":2}`)
		if resp.StatusCode != w.status || !strings.Contains(resp.body, w.body) || resp.Header.Get(w.name) != w.value {
			t.Errorf("%d: %d %s %v", i, resp.StatusCode, resp.body, resp.Header)
		}
	}
}
