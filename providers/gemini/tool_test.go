package gemini_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

var weather = ai.Tool{Name: "weather", Description: "Tells the weather.", Parameters: json.RawMessage(
	`{"type":"object","properties":{"place":{"type":"string"},"day":{"type":"integer"}},"required":["place"]}`)}

// calling is the body of an answer with these functionCall parts.
func calling(parts ...string) string {
	return `{"candidates":[{"content":{"role":"model","parts":[` + strings.Join(parts, ",") + `]},"finishReason":"STOP"}]}`
}

// both gives the same answer to Analyze and to Stream.
func both(t *testing.T, body string, req *ai.Request, check func(t *testing.T, got *ai.Response, err error)) {
	t.Helper()
	t.Run("whole", func(t *testing.T) {
		got, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), req)
		check(t, got, err)
	})
	t.Run("streamed", func(t *testing.T) {
		got, err := ai.Collect(provider(t, streaming(sse(body))).Stream(t.Context(), req))
		check(t, got, err)
	})
}

func TestToolsAndTheirChoiceGoOut(t *testing.T) {
	for choice, want := range map[ai.ToolChoice]any{
		ai.ToolAuto:     nil,
		ai.ToolNone:     map[string]any{"functionCallingConfig": map[string]any{"mode": "NONE"}},
		ai.ToolRequired: map[string]any{"functionCallingConfig": map[string]any{"mode": "ANY"}},
		"now":           map[string]any{"functionCallingConfig": map[string]any{"mode": "ANY", "allowedFunctionNames": []any{"now"}}},
	} {
		w := wiretest.Answering(200, answer("fine"))
		req := &ai.Request{Prompt: "x", Tools: []ai.Tool{weather, {Name: "now"}}, ToolChoice: choice}
		if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		var schema any
		_ = json.Unmarshal(weather.Parameters, &schema)
		declared := []any{map[string]any{"functionDeclarations": []any{
			map[string]any{"name": "weather", "description": "Tells the weather.", "parametersJsonSchema": schema},
			map[string]any{"name": "now"},
		}}}
		if !reflect.DeepEqual(body["tools"], declared) || !reflect.DeepEqual(body["toolConfig"], want) {
			t.Errorf("%q: tools = %v, config = %v, want %v", choice, body["tools"], body["toolConfig"], want)
		}
	}
}

func TestNoChoiceIsSentWithoutTools(t *testing.T) {
	w := wiretest.Answering(200, answer("fine"))
	if _, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", ToolChoice: ai.ToolNone}); err != nil {
		t.Fatal(err)
	}
	if _, body := w.Only(t); body["toolConfig"] != nil || body["tools"] != nil {
		t.Errorf("sent %v", body)
	}
}

func TestParallelCallsAreReadExactly(t *testing.T) {
	body := calling(
		`{"text":"I shall look."}`, `{"text":"hm","thought":true}`,
		`{"functionCall":{"id":"c1","name":"weather","args":{ "place": "Florence", "day": 9007199254740993, "f": 1e300, "z":[0.1000] }},"thoughtSignature":"c2ln"}`,
		`{"functionCall":{"id":"c2","name":"weather"}}`,
		`{"functionCall":{"id":"c3","name":"weather","args":null}}`,
	)
	both(t, body, &ai.Request{Prompt: "x", Tools: []ai.Tool{weather}}, func(t *testing.T, got *ai.Response, err error) {
		if err != nil {
			t.Fatal(err)
		}
		want := []ai.ToolCall{
			{ID: "c1", Name: "weather", Arguments: json.RawMessage(`{"place":"Florence","day":9007199254740993,"f":1e300,"z":[0.1000]}`), State: []byte("gemini:gemini-3.8-flash sig")},
			{ID: "c2", Name: "weather", Arguments: json.RawMessage(`{}`)},
			{ID: "c3", Name: "weather", Arguments: json.RawMessage(`{}`)},
		}
		if !reflect.DeepEqual(got.ToolCalls, want) || got.Text != "I shall look." || got.FinishReason != ai.FinishToolCalls {
			t.Errorf("got %+v", got)
		}
	})
}

func TestCallsOfSeveralEventsAreNumberedOn(t *testing.T) {
	call := func(id, args string) string {
		return strings.Replace(calling(fmt.Sprintf(`{"functionCall":{"id":%q,"name":"weather","args":%s}}`, id, args)), `,"finishReason":"STOP"`, "", 1)
	}
	w := streaming(sse(call("a", `{"day":9007199254740993}`), call("b", `{"day":9007199254740995}`), saying("", "STOP")))
	list, err := deltas(t, provider(t, w).Stream(t.Context(), &ai.Request{Prompt: "x", Tools: []ai.Tool{weather}}))
	if err != nil || len(list) != 3 {
		t.Fatalf("%d deltas, %v", len(list), err)
	}
	for i, want := range []ai.ToolCallDelta{
		{Index: 0, ID: "a", Name: "weather", Arguments: `{"day":9007199254740993}`},
		{Index: 1, ID: "b", Name: "weather", Arguments: `{"day":9007199254740995}`},
	} {
		if got := list[i].ToolCall; !reflect.DeepEqual(*got, want) {
			t.Errorf("delta %d = %+v, want %+v", i, got, want)
		}
	}
}

func TestArgumentsAreExactWhereverTheReaderSplitsAnEvent(t *testing.T) {
	for pad := range 1100 { // genai's first buffer has 1024 bytes
		args := `{"n":9007199254740993,"pad":"` + strings.Repeat("x", pad) + `"}`
		w := streaming(sse(calling(`{"functionCall":{"name":"weather","args":` + args + `}}`)))
		got, err := ai.Collect(provider(t, w).Stream(t.Context(), &ai.Request{Prompt: "x", Tools: []ai.Tool{weather}}))
		if err != nil || string(got.ToolCalls[0].Arguments) != args {
			t.Fatalf("%d: %+v, %v", pad, got, err)
		}
	}
}

func TestCallsHaveIDsThatNoOtherCallOfTheConversationHas(t *testing.T) {
	req := conversed(ai.ToolCall{ID: "old", Name: "weather"})
	req.Tools = []ai.Tool{weather}
	const call = `{"functionCall":{"name":"weather"}}`
	body := calling(call, call, strings.Replace(call, "{\"name", `{"id":"old","name`, 1),
		strings.Replace(call, "{\"name", `{"id":"new","name`, 1), strings.Replace(call, "{\"name", `{"id":"new","name`, 1))
	both(t, body, req, func(t *testing.T, got *ai.Response, err error) {
		if err != nil {
			t.Fatal(err)
		}
		next := conversed(append(got.ToolCalls, ai.ToolCall{ID: "old", Name: "weather"})...)
		if err := next.Validate(); err != nil || len(got.ToolCalls) != 5 || got.ToolCalls[3].ID != "new" {
			t.Errorf("calls %+v: %v", got.ToolCalls, err)
		}
	})
}

// conversed is a conversation that goes on after these calls, answered in
// separate turns.
func conversed(calls ...ai.ToolCall) *ai.Request {
	req := &ai.Request{History: []ai.Message{
		{Role: ai.RoleUser, Text: "How is the weather?"}, {Role: ai.RoleAssistant, Text: "Well …", ToolCalls: calls}}}
	for i, c := range calls {
		req.History = append(req.History, ai.Message{Role: ai.RoleTool, ToolResults: []ai.ToolResult{
			{CallID: c.ID, Content: []string{"sunny", ` {"id": 9007199254740993}`, "[1, 2"}[i%3], Failed: i == 2}}})
	}
	return req
}

func TestCallsAndResultsGoBackExactly(t *testing.T) {
	w := wiretest.Answering(200, answer("fine"))
	req := conversed(
		ai.ToolCall{ID: "a", Name: "weather", Arguments: json.RawMessage(`{"day":9007199254740993,"place":"Rome"}`), State: []byte("gemini:gemini-3.8-flash sig")},
		ai.ToolCall{ID: "b", Name: "weather", State: []byte("openai:xyz")},
		ai.ToolCall{ID: "c", Name: "now", Arguments: json.RawMessage(`{}`)},
	)
	req.Prompt = "So?"
	if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	sent := w.Requests()[0].Body
	for _, part := range []string{
		`{"parts":[{"text":"How is the weather?"}],"role":"user"}`,
		`{"functionCall":{"id":"a","args":{"day":9007199254740993,"place":"Rome"},"name":"weather"},"thoughtSignature":"c2ln"},` +
			`{"functionCall":{"id":"b","name":"weather"}},{"functionCall":{"id":"c","name":"now"}}],"role":"model"}`,
		`{"parts":[{"functionResponse":{"id":"a","name":"weather","response":{"output":"sunny"}}},` +
			`{"functionResponse":{"id":"b","name":"weather","response":{"output":{"id":9007199254740993}}}},` +
			`{"functionResponse":{"id":"c","name":"now","response":{"error":"[1, 2"}}}],"role":"user"}`,
		`{"parts":[{"text":"So?"}],"role":"user"}`,
	} {
		if !strings.Contains(sent, part) {
			t.Errorf("%s\nis not in %s", part, sent)
		}
	}
}

func TestAHistoryOfAnotherModelIsSignedForModelsThatInsist(t *testing.T) {
	const dummy = `"thoughtSignature":"c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="`
	for model, want := range map[string]int{
		"gemini-3-pro-preview": 1, "gemini-3.8-flash": 1, "gemini-flash-latest": 1, "gemini-4-argon": 1,
		"gemini-2.5-pro": 0, "gemini-2.0-flash": 0, "gemma-3-27b-it": 0,
	} {
		w := wiretest.Answering(200, answer("fine"))
		req := conversed(
			ai.ToolCall{ID: "a", Name: "f", State: []byte("gemini:" + model + " ")}, ai.ToolCall{ID: "b", Name: "f", State: []byte("x")},
			ai.ToolCall{ID: "c", Name: "f", State: []byte("gemini:gemini-3.1-pro-preview sig")})
		req.Model = model
		if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		sent := w.Requests()[0].Body
		if got := strings.Count(sent, dummy); got != want || strings.Count(sent, "thoughtSignature") != want || strings.Count(sent, `"role":"user"`) != 2 {
			t.Errorf("%s: sent %s", model, sent)
		}
	}
}

func TestACallOfAnUnknownToolIsTheModelsFailure(t *testing.T) {
	for _, tools := range [][]ai.Tool{nil, {weather}} {
		both(t, calling(`{"functionCall":{"name":"run","args":{}}}`), &ai.Request{Prompt: "x", Tools: tools}, func(t *testing.T, _ *ai.Response, err error) {
			if e := asError(t, err); e.Code != ai.CodeModelFailed {
				t.Errorf("error = %v, want model_failed", err)
			}
		})
	}
}

func TestACallAtTheTokenLimitIsReturned(t *testing.T) {
	body := strings.Replace(calling(`{"functionCall":{"name":"weather"}}`), "STOP", "MAX_TOKENS", 1)
	both(t, body, &ai.Request{Prompt: "x", Tools: []ai.Tool{weather}}, func(t *testing.T, got *ai.Response, err error) {
		if err != nil || got.FinishReason != ai.FinishLength || len(got.ToolCalls) != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

// Google says STOP; other servers of this protocol name what the model did.
func TestACallMayEndInItsOwnReason(t *testing.T) {
	body := strings.Replace(calling(`{"functionCall":{"name":"weather"}}`), "STOP", "FUNCTION_CALL", 1)
	both(t, body, &ai.Request{Prompt: "x", Tools: []ai.Tool{weather}}, func(t *testing.T, got *ai.Response, err error) {
		if err != nil || got.FinishReason != ai.FinishToolCalls || len(got.ToolCalls) != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestAnAnswerHasAThousandCallsAtMost(t *testing.T) {
	for n, ok := range map[int]bool{1000: true, 1001: false} {
		body := calling(strings.TrimSuffix(strings.Repeat(`{"functionCall":{"name":"weather"}},`, n), ","))
		both(t, body, &ai.Request{Prompt: "x", Tools: []ai.Tool{weather}}, func(t *testing.T, got *ai.Response, err error) {
			if ok && (err != nil || len(got.ToolCalls) != n) || !ok && ai.CodeOf(err) != ai.CodeBadResponse {
				t.Errorf("%d calls: %v", n, err)
			}
		})
	}
}
