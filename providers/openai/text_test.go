package openai_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func TestATextAnswerHasEveryField(t *testing.T) {
	w := wiretest.Answering(200, answer("Two covenants."), "X-Request-Id", "req_1")
	got, err := provider(t, w).Analyze(t.Context(), ai.Text("Which covenants?"))
	if err != nil {
		t.Fatal(err)
	}
	want := &ai.Response{
		Text: "Two covenants.", FinishReason: ai.FinishStop, Source: ai.SourceProvider,
		Provider: "openai", Model: "gpt-5.5-2026-04-01", RequestID: "req_1",
		Usage: ai.Usage{InputTokens: 7, OutputTokens: 3, TotalTokens: 10, CachedTokens: 4, ReasoningTokens: 2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestATextRequestSaysWhatWasAsked(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	req := &ai.Request{
		Model: "gpt-4.1", Instruction: "Be brief.", Prompt: "And now?",
		History:   []ai.Message{{Role: ai.RoleUser, Text: "Hello"}, {Role: ai.RoleAssistant, Text: "Hi"}},
		MaxTokens: 50, Temperature: new(0.25), Stop: []string{"END"}, Seed: new(int64(42)),
	}
	p := provider(t, w, func(c *openai.Config) { c.Organization, c.Project = "org-1", "proj-1" })
	if _, err := p.Analyze(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	sent, body := w.Only(t)
	if sent.Method != "POST" || sent.URL != "https://api.openai.com/v1/chat/completions" {
		t.Errorf("sent %s %s", sent.Method, sent.URL)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer " + testKey, "OpenAI-Organization": "org-1", "OpenAI-Project": "proj-1",
		"Content-Type": "application/json",
	} {
		if got := sent.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	want := map[string]any{
		"model": "gpt-4.1", "max_completion_tokens": 50.0, "temperature": 0.25, "seed": 42.0, "stream": false,
		"stop": []any{"END"},
		"messages": []any{
			map[string]any{"role": "system", "content": "Be brief."},
			map[string]any{"role": "user", "content": "Hello"},
			map[string]any{"role": "assistant", "content": "Hi"},
			map[string]any{"role": "user", "content": "And now?"},
		},
	}
	if !reflect.DeepEqual(body, want) {
		t.Errorf("sent %v\nwant %v", body, want)
	}
}

func TestWhatIsNotAskedIsNotSent(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	if _, err := provider(t, w).Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Fatal(err)
	}
	_, body := w.Only(t)
	want := map[string]any{"model": "gpt-5.5", "stream": false, "messages": []any{map[string]any{"role": "user", "content": "x"}}}
	if !reflect.DeepEqual(body, want) {
		t.Errorf("sent %v\nwant %v", body, want)
	}
}

func TestEveryTemperatureIsSentAsItIs(t *testing.T) {
	for _, model := range []string{"gpt-4.1", "gpt-5.5", "o3", "gpt-6-sol"} {
		for _, temperature := range []float64{0, 0.1, 0.3, 2} {
			w := wiretest.Answering(200, answer("x"))
			prompt := `{"temperature":1} "temperature":`
			if _, err := provider(t, w).Analyze(t.Context(), &ai.Request{Model: model, Prompt: prompt, Temperature: &temperature}); err != nil {
				t.Fatalf("%s: %v", model, err)
			}
			_, body := w.Only(t)
			if got, ok := body["temperature"]; !ok || got != temperature || body["model"] != model {
				t.Errorf("%s: temperature %v, sent %v", model, got, ok)
			}
			if got := body["messages"].([]any)[0].(map[string]any)["content"]; got != prompt {
				t.Errorf("prompt sent as %q", got)
			}
		}
	}
}

func TestOptionsReachTheWire(t *testing.T) {
	for _, c := range []struct {
		change func(*openai.Config)
		model  string
		field  string
		want   any
	}{
		{func(c *openai.Config) { c.ReasoningEffort = "low" }, "gpt-5.5", "reasoning_effort", "low"},
		{func(c *openai.Config) { c.LegacyMaxTokens = true }, "llama3", "max_tokens", 9.0},
		{func(c *openai.Config) { c.LegacyMaxTokens = true }, "llama3", "max_completion_tokens", nil},
		{func(*openai.Config) {}, "llama3", "max_completion_tokens", 9.0},
		{func(*openai.Config) {}, "llama3", "max_tokens", nil},
	} {
		w := wiretest.Answering(200, answer("x"))
		if _, err := provider(t, w, c.change).Analyze(t.Context(), &ai.Request{Model: c.model, Prompt: "x", MaxTokens: 9}); err != nil {
			t.Fatal(err)
		}
		if _, body := w.Only(t); body[c.field] != c.want {
			t.Errorf("%s = %v, want %v", c.field, body[c.field], c.want)
		}
	}
}

func TestAnAnswerIsReadWhateverItsShape(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		text   string
		finish ai.FinishReason
	}{
		"cut at the limit": {choice(`,"content":"half"`, `"length"`), "half", ai.FinishLength},
		"in parts":         {choice(`,"content":[{"type":"text","text":"a "},{"type":"text","text":"b"}]`, `"stop"`), "a b", ai.FinishStop},
		"no reason":        {choice(`,"content":"x"`, `null`), "x", ai.FinishStop},
		"empty reason":     {choice(`,"content":"x"`, `""`), "x", ai.FinishStop},
		"a token's name":   {choice(`,"content":"x"`, `"eos"`), "x", ai.FinishStop},
		"capitals":         {choice(`,"content":"x"`, `"STOP"`), "x", ai.FinishStop},
		"another limit":    {choice(`,"content":"half"`, `"model_length"`), "half", ai.FinishLength},
		"the window":       {choice(`,"content":"half"`, `"model_context_window_exceeded"`), "half", ai.FinishLength},
		"a fraction aside": {strings.Replace(choice(`,"content":"x"`, `"stop"`), `"created":1`, `"created":1.5`, 1), "x", ai.FinishStop},
		"reasoning aside":  {choice(`,"reasoning_content":"hm","content":"x"`, `"stop"`), "x", ai.FinishStop},
		"unknown fields":   {choice(`,"audio":null,"annotations":[],"content":"x"`, `"stop"`), "x", ai.FinishStop},
		"spaces around":    {"\n\n " + choice(`,"content":"x"`, `"stop"`) + "\n", "x", ai.FinishStop},
	} {
		got, err := provider(t, wiretest.Answering(200, c.body)).Analyze(t.Context(), ai.Text("x"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Text != c.text || got.FinishReason != c.finish || got.Model != "gpt-5.5" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestUsageIsReadWhateverItsShape(t *testing.T) {
	for usage, want := range map[string]ai.Usage{
		`null`: {}, `{}`: {}, `7`: {}, `{"prompt_tokens":"7"}`: {},
		`{"prompt_tokens":7,"completion_tokens":3}`:                                          {InputTokens: 7, OutputTokens: 3, TotalTokens: 10},
		`{"prompt_tokens":7.0,"completion_tokens":3.0,"total_tokens":null}`:                  {InputTokens: 7, OutputTokens: 3, TotalTokens: 10},
		`{"prompt_tokens":7,"total_tokens":7,"prompt_cache_hit_tokens":4}`:                   {InputTokens: 7, TotalTokens: 7, CachedTokens: 4},
		`{"total_tokens":7,"prompt_tokens_details":null,"completion_tokens_details":"none"}`: {TotalTokens: 7},
	} {
		body := `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":` + usage + `}`
		got, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.Text("x"))
		if err != nil || got.Usage != want {
			t.Errorf("%s: %+v, %v", usage, got, err)
		}
	}
}

func TestWithoutAModelInTheAnswerItIsTheOneAsked(t *testing.T) {
	w := wiretest.Answering(200, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`)
	got, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Model: "llama3"})
	if err != nil || got.Model != "llama3" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestASuccessWithoutAnAnswerIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		code ai.Code
	}{
		"nothing":            {``, ai.CodeBadResponse},
		"null":               {`null`, ai.CodeBadResponse},
		"empty object":       {`{}`, ai.CodeBadResponse},
		"list":               {`[]`, ai.CodeBadResponse},
		"HTML":               {`<html>`, ai.CodeBadResponse},
		"cut JSON":           {`{"choices":[{"message":{"content":"ha`, ai.CodeBadResponse},
		"other JSON":         {`{"choices":"x"}`, ai.CodeBadResponse},
		"no choices":         {`{"choices":[]}`, ai.CodeBadResponse},
		"empty choice":       {`{"choices":[{}]}`, ai.CodeBadResponse},
		"null choice":        {`{"choices":[null]}`, ai.CodeBadResponse},
		"empty text":         {choice(`,"content":""`, `"stop"`), ai.CodeBadResponse},
		"limit, no text":     {choice(`,"content":""`, `"length"`), ai.CodeMaxTokens},
		"refusal":            {choice(`,"content":null,"refusal":"I will not."`, `"stop"`), ai.CodeContentFiltered},
		"filtered":           {choice(`,"content":""`, `"content_filter"`), ai.CodeContentFiltered},
		"filtered, Gemini":   {`{"choices":[{"finish_reason":"content_filter: PROHIBITED_CONTENT","index":0}]}`, ai.CodeContentFiltered},
		"filtered, Zhipu":    {choice(`,"content":""`, `"sensitive"`), ai.CodeContentFiltered},
		"filtered midway":    {choice(`,"content":"half"`, `"content_filter"`), ai.CodeContentFiltered},
		"tool call":          {choice(`,"content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f"}}]`, `"tool_calls"`), ai.CodeModelFailed},
		"tool call, stop":    {choice(`,"content":"x","tool_calls":[{"id":"1","type":"function","function":{"name":"f"}}]`, `"stop"`), ai.CodeModelFailed},
		"function call":      {choice(`,"content":null,"function_call":{"name":"f","arguments":"{}"}`, `"function_call"`), ai.CodeModelFailed},
		"unknown reason":     {choice(`,"content":"x"`, `"tired"`), ai.CodeModelFailed},
		"error, unexplained": {`{"error":{"message":"x"}}`, ai.CodeBadResponse},
		"error text":         {`{"error":"x"}`, ai.CodeBadResponse},
		"error, server":      {refused("x", "server_error", "null"), ai.CodeUnavailable},
		"error, overloaded":  {refused("x", "service_unavailable_error", `"server_is_overloaded"`), ai.CodeUnavailable},
		"error, internal":    {refused("x", "internal_server_error", "null"), ai.CodeUnavailable},
		"error, slow down":   {refused("x", "x", `"slow_down"`), ai.CodeUnavailable},
		"error, unavailable": {refused("x", "service_unavailable_error", "null"), ai.CodeUnavailable},
		"error, request":     {refused("x", "invalid_request_error", "null"), ai.CodeInvalidRequest},
		"error, quota":       {refused("x", "insufficient_quota", `"insufficient_quota"`), ai.CodeQuotaExhausted},
		"error, number":      {refused("x", "", "502"), ai.CodeUnavailable},
		"error, digits":      {refused("x", "", `"429"`), ai.CodeRateLimited},
		"error beside":       {`{"error":{"code":502},"choices":[{"message":{"content":"ha"},"finish_reason":null}]}`, ai.CodeUnavailable},
		"broken off, Zhipu":  {choice(`,"content":"ha"`, `"network_error"`), ai.CodeUnavailable},
		"context, Zhipu":     {choice(`,"content":""`, `"model_context_window_exceeded"`), ai.CodeMaxTokens},
		"broken off":         {choice(`,"content":"ha"`, `"insufficient_system_resource"`), ai.CodeUnavailable},
		"error as reason":    {choice(`,"content":"ha"`, `"error"`), ai.CodeUnavailable},
		"error in a list":    {`[` + refused("x", "", "401") + `]`, ai.CodeAuthentication},
	} {
		_, err := provider(t, wiretest.Answering(200, c.body, "X-Request-Id", "req_1")).Analyze(t.Context(), ai.Text("x"))
		e := asError(t, err)
		if e.Code != c.code || e.Status != 200 || e.RequestID != "req_1" || e.Model != "gpt-5.5" {
			t.Errorf("%s: %#v, want %q", name, e, c.code)
		}
	}
}
