package gemini_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

func TestATextRequestGoesOutWhole(t *testing.T) {
	w := wiretest.Answering(200, answer("fine"))
	_, err := provider(t, w).Analyze(t.Context(), &ai.Request{
		Instruction: "You are an analyst.",
		History: []ai.Message{
			{Role: ai.RoleUser, Text: "first"},
			{Role: ai.RoleAssistant, Text: "second"},
		},
		Prompt: "third", MaxTokens: 64, Temperature: new(0.0), Stop: []string{"END"}, Seed: new(int64(7)),
	})
	if err != nil {
		t.Fatal(err)
	}
	sent, body := w.Only(t)
	if want := "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:generateContent"; sent.URL != want || sent.Method != "POST" {
		t.Errorf("sent %s %s, want POST %s", sent.Method, sent.URL, want)
	}
	text := func(s string) []any { return []any{map[string]any{"text": s}} }
	want := map[string]any{
		"systemInstruction": map[string]any{"role": "user", "parts": text("You are an analyst.")},
		"contents": []any{
			map[string]any{"role": "user", "parts": text("first")},
			map[string]any{"role": "model", "parts": text("second")},
			map[string]any{"role": "user", "parts": text("third")},
		},
		"generationConfig": map[string]any{
			"maxOutputTokens": 64.0, "temperature": 0.0, "stopSequences": []any{"END"}, "seed": 7.0,
		},
	}
	if !reflect.DeepEqual(body, want) {
		t.Errorf("body = %v\nwant   %v", body, want)
	}
}

func TestWhatIsNotAskedForIsNotSent(t *testing.T) {
	w := wiretest.Answering(200, answer("fine"))
	if _, err := provider(t, w).Analyze(t.Context(), ai.Text("hello")); err != nil {
		t.Fatal(err)
	}
	_, body := w.Only(t)
	if config, _ := body["generationConfig"].(map[string]any); len(config) != 0 {
		t.Errorf("generationConfig = %v, want none", config)
	}
}

func TestASeedOfAnySizeIsRepeatable(t *testing.T) {
	for seed, want := range map[int64]float64{0: 0, -5: -5, 1<<31 - 1: 1<<31 - 1, 1 << 31: -1 << 31, 1 << 32: 1} {
		w := wiretest.Answering(200, answer("fine"))
		if _, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Seed: new(seed)}); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		if got := body["generationConfig"].(map[string]any)["seed"]; got != want {
			t.Errorf("seed %d is sent as %v, want %v", seed, got, want)
		}
	}
}

func TestThinkingIsSentAsConfigured(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*gemini.Config)
		want   map[string]any
	}{
		{"level", func(c *gemini.Config) { c.ThinkingLevel = "low" }, map[string]any{"thinkingLevel": "LOW"}},
		{"budget", func(c *gemini.Config) { c.ThinkingBudget = new(0) }, map[string]any{"thinkingBudget": 0.0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := wiretest.Answering(200, answer("fine"))
			if _, err := provider(t, w, c.change).Analyze(t.Context(), ai.Text("x")); err != nil {
				t.Fatal(err)
			}
			_, body := w.Only(t)
			if got := body["generationConfig"].(map[string]any)["thinkingConfig"]; !reflect.DeepEqual(got, c.want) {
				t.Errorf("thinkingConfig = %v, want %v", got, c.want)
			}
		})
	}
}

func TestThinkingIsNotSentToModelsThatWouldRefuseIt(t *testing.T) {
	level := func(c *gemini.Config) { c.ThinkingLevel = "low" }
	budget := func(c *gemini.Config) { c.ThinkingBudget = new(0) }
	for _, c := range []struct {
		model  string
		change func(*gemini.Config)
		sent   bool
	}{
		{"gemini-2.5-flash", level, false}, {"gemini-2.5-flash", budget, true}, {"gemini-2.0-flash", budget, false},
		{"gemini-3-pro-image", level, false}, {"gemini-3-flash", budget, true}, {"gemini-flash-latest", level, true}, {"house/model", level, true},
	} {
		w := wiretest.Answering(200, answer("fine"))
		if _, err := provider(t, w, c.change).Analyze(t.Context(), &ai.Request{Prompt: "x", Model: c.model}); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		if got := body["generationConfig"].(map[string]any)["thinkingConfig"]; (got != nil) != c.sent {
			t.Errorf("%s is sent %v", c.model, got)
		}
	}
}

func TestAnAnswerIsReadWhole(t *testing.T) {
	w := wiretest.Answering(200, `{"candidates":[{"content":{"role":"model","parts":[
			{"text":"Let me think.","thought":true},{"text":"It is "},{"inlineData":{"mimeType":"image/png","data":""}},{"text":"sound."}]},
			"finishReason":"STOP","safetyRatings":[{"category":"HARM_CATEGORY_HARASSMENT","probability":"NEGLIGIBLE"}]}],
		"usageMetadata":{"promptTokenCount":100,"toolUsePromptTokenCount":5,"candidatesTokenCount":20,"thoughtsTokenCount":30,
			"cachedContentTokenCount":64,"totalTokenCount":155},
		"modelVersion":"models/gemini-3.8-flash-001","responseId":"r-42"}`)
	got, err := provider(t, w).Analyze(t.Context(), ai.Text("How is it?"))
	if err != nil {
		t.Fatal(err)
	}
	want := &ai.Response{
		Text: "It is sound.", FinishReason: ai.FinishStop, Source: ai.SourceProvider,
		Provider: "gemini", Model: "gemini-3.8-flash-001", RequestID: "r-42",
		Usage: ai.Usage{InputTokens: 105, OutputTokens: 50, TotalTokens: 155, CachedTokens: 64, ReasoningTokens: 30},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAnAnswerWithoutAModelNamesTheOneAsked(t *testing.T) {
	w := wiretest.Answering(200, `{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}]}`)
	got, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Model: "models/gemini-2.5-pro"})
	if err != nil || got.Model != "gemini-2.5-pro" {
		t.Errorf("model %q, %v, want gemini-2.5-pro", got.Model, err)
	}
}

func TestEveryFinishReasonIsAnAnswerOrTheRightFailure(t *testing.T) {
	const text, none = `"content":{"parts":[{"text":"half"}]},`, ``
	const thought = `"content":{"parts":[{"text":"hm","thought":true}]},`
	const call = `"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]},`
	const textAndCall = `"content":{"parts":[{"text":"half"},{"functionCall":{"name":"f","args":{}}}]},`
	for _, c := range []struct {
		content, reason string
		finish          ai.FinishReason
		code            ai.Code
	}{
		{text, "STOP", ai.FinishStop, ""},
		{text, "FUNCTION_CALL", ai.FinishStop, ""},
		{text, "", ai.FinishStop, ""},
		{text, "FINISH_REASON_UNSPECIFIED", ai.FinishStop, ""},
		{none, "STOP", "", ai.CodeBadResponse},
		{none, "FUNCTION_CALL", "", ai.CodeBadResponse},
		{none, "", "", ai.CodeBadResponse},
		{thought, "STOP", "", ai.CodeBadResponse},
		{call, "STOP", "", ai.CodeModelFailed},
		{textAndCall, "STOP", "", ai.CodeModelFailed},
		{text, "MAX_TOKENS", ai.FinishLength, ""},
		{none, "MAX_TOKENS", "", ai.CodeMaxTokens},
		{thought, "MAX_TOKENS", "", ai.CodeMaxTokens},
		{text, "CONTINUATION", ai.FinishLength, ""},
		{none, "SAFETY", "", ai.CodeContentFiltered},
		{text, "SAFETY", "", ai.CodeContentFiltered},
		{none, "BLOCKLIST", "", ai.CodeContentFiltered},
		{none, "PROHIBITED_CONTENT", "", ai.CodeContentFiltered},
		{none, "SPII", "", ai.CodeContentFiltered},
		{none, "IMAGE_SAFETY", "", ai.CodeContentFiltered},
		{none, "MODEL_ARMOR", "", ai.CodeContentFiltered},
		{none, "RECITATION", "", ai.CodeModelFailed},
		{text, "RECITATION", "", ai.CodeModelFailed},
		{none, "MALFORMED_FUNCTION_CALL", "", ai.CodeModelFailed},
		{none, "UNEXPECTED_TOOL_CALL", "", ai.CodeModelFailed},
		{none, "TOO_MANY_TOOL_CALLS", "", ai.CodeModelFailed},
		{none, "LANGUAGE", "", ai.CodeModelFailed},
		{none, "OTHER", "", ai.CodeModelFailed},
		{none, "SOMETHING_NEW", "", ai.CodeModelFailed},
	} {
		t.Run(c.reason+" "+string(c.code), func(t *testing.T) {
			body := `{"candidates":[{` + c.content + `"finishReason":"` + c.reason + `"}],"responseId":"r-9"}`
			both(t, body, ai.Text("x"), func(t *testing.T, got *ai.Response, err error) {
				want := c.code
				if strings.HasSuffix(t.Name(), "/streamed") && want == "" && (c.reason == "" || c.reason == "FINISH_REASON_UNSPECIFIED") {
					want = ai.CodeBadResponse // it was cut
				}
				if want == "" {
					if err != nil || got.FinishReason != c.finish || got.Text != "half" {
						t.Errorf("got %+v, %v, want finish %q", got, err, c.finish)
					}
					return
				}
				e := asError(t, err)
				if e.Code != want || e.Status != 200 || e.Model != "gemini-3.8-flash" || e.RequestID != "r-9" {
					t.Errorf("error = %#v, want %s", e, want)
				}
			})
		})
	}
}

func TestABlockedPromptIsFilteredContent(t *testing.T) {
	for _, reason := range []string{"SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "JAILBREAK", "NEW"} {
		body := `{"promptFeedback":{"blockReason":"` + reason + `"},"usageMetadata":{"promptTokenCount":3}}`
		both(t, body, ai.Text("x"), func(t *testing.T, _ *ai.Response, err error) {
			if e := asError(t, err); e.Code != ai.CodeContentFiltered {
				t.Errorf("%s: %v, want content_filtered", reason, err)
			}
		})
	}
}

func TestAPromptThatWasNotBlockedIsAnswered(t *testing.T) {
	body := strings.Replace(answer("fine"), "{", `{"promptFeedback":{"blockReason":"BLOCK_REASON_UNSPECIFIED","safetyRatings":[]},`, 1)
	got, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.Text("x"))
	if err != nil || got.Text != "fine" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAContinuationTokenIsNotFollowed(t *testing.T) {
	w := &wiretest.Wire{}
	w.Answer = func(*http.Request) (*http.Response, error) {
		if len(w.Requests()) > 1 {
			return wiretest.Response(200, answer("and the rest")), nil
		}
		return wiretest.Response(200, `{"candidates":[{"content":{"parts":[{"text":"half"}]},"continuationToken":"dG9rZW4=","finishReason":"CONTINUATION"}]}`), nil
	}
	got, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
	if err != nil || got.Text != "half" || got.FinishReason != ai.FinishLength {
		t.Errorf("got %+v, %v", got, err)
	}
	if n := len(w.Requests()); n != 1 {
		t.Errorf("%d calls were made for one request", n)
	}
	w = streaming(sse(`{"candidates":[{"content":{"parts":[{"text":"half"}]},"continuationToken":"dG9rZW4=","finishReason":"CONTINUATION"}]}`))
	got, err = ai.Collect(provider(t, w).Stream(t.Context(), ai.Text("x")))
	if n := len(w.Requests()); err != nil || got.FinishReason != ai.FinishLength || n != 1 {
		t.Errorf("streamed: %+v, %v after %d calls", got, err, n)
	}
}
