package openai_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// asking is a request with two tools.
func asking() *ai.Request {
	return &ai.Request{Prompt: "x", Tools: []ai.Tool{{Name: "rate"}, {Name: "time"}}}
}

func calls(list ...string) string {
	return `,"content":null,"tool_calls":[` + strings.Join(list, ",") + `]`
}

func TestToolCallsAreReadWhateverTheirShape(t *testing.T) {
	one := []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{"of":1}`)}}
	rate := `{"index":0,"id":"a","type":"function","function":{"name":"rate","arguments":"{\"of\":1}"}}`
	for name, c := range map[string]struct {
		message, finish string
		want            []ai.ToolCall
	}{
		"as documented":   {calls(rate), `"tool_calls"`, one},
		"stop":            {calls(rate), `"stop"`, one},
		"no reason":       {calls(rate), `null`, one},
		"the old form":    {`,"content":null,"function_call":{"name":"rate","arguments":"{\"of\":1}"}`, `"function_call"`, []ai.ToolCall{{ID: "call_1", Name: "rate", Arguments: json.RawMessage(`{"of":1}`)}}},
		"an object":       {calls(`{"id":"a","function":{"name":"rate","arguments":{"of":1}}}`), `"tool_calls"`, one},
		"no arguments":    {calls(`{"id":"a","function":{"name":"rate","arguments":""}}`), `"tool_calls"`, []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{}`)}}},
		"null arguments":  {calls(`{"id":"a","function":{"name":"rate","arguments":null}}`), `"tool_calls"`, []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{}`)}}},
		"a null in text":  {calls(`{"id":"a","function":{"name":"rate","arguments":" null"}}`), `"tool_calls"`, []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{}`)}}},
		"large integers":  {calls(`{"id":"a","function":{"name":"rate","arguments":"{\"of\":9007199254740993}"}}`), `"tool_calls"`, []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{"of":9007199254740993}`)}}},
		"in an object":    {calls(`{"id":"a","function":{"name":"rate","arguments":{"of":9007199254740993}}}`), `"tool_calls"`, []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{"of":9007199254740993}`)}}},
		"no identifiers":  {calls(`{"function":{"name":"rate","arguments":"{}"}}`, `{"id":"","function":{"name":"time","arguments":"{}"}}`), `"tool_calls"`, []ai.ToolCall{{ID: "call_1", Name: "rate", Arguments: json.RawMessage(`{}`)}, {ID: "call_2", Name: "time", Arguments: json.RawMessage(`{}`)}}},
		"the same twice":  {calls(rate, rate), `"tool_calls"`, []ai.ToolCall{one[0], {ID: "call_2", Name: "rate", Arguments: json.RawMessage(`{"of":1}`)}}},
		"one that is not": {calls(`{"id":"call_2","function":{"name":"rate","arguments":"{}"}}`, `{"function":{"name":"time"}}`), `"tool_calls"`, []ai.ToolCall{{ID: "call_2", Name: "rate", Arguments: json.RawMessage(`{}`)}, {ID: "call_3", Name: "time", Arguments: json.RawMessage(`{}`)}}},
	} {
		got, err := provider(t, wiretest.Answering(200, choice(c.message, c.finish))).Analyze(t.Context(), asking())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(got.ToolCalls, c.want) || got.FinishReason != ai.FinishToolCalls {
			t.Errorf("%s: %s", name, show(got))
		}
	}
}

func TestTextBesideToolCallsIsKept(t *testing.T) {
	body := choice(`,"content":"One moment.","tool_calls":[{"id":"a","function":{"name":"rate","arguments":"{}"}}]`, `"tool_calls"`)
	got, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), asking())
	if err != nil || got.Text != "One moment." || len(got.ToolCalls) != 1 {
		t.Errorf("%s, %v", show(got), err)
	}
}

func TestAToolCallThatCannotBeMadeIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		message, finish string
		code            ai.Code
	}{
		"no name":     {calls(`{"id":"a","function":{"arguments":"{}"}}`), `"tool_calls"`, ai.CodeModelFailed},
		"cut JSON":    {calls(`{"id":"a","function":{"name":"rate","arguments":"{\"of\":"}}`), `"tool_calls"`, ai.CodeModelFailed},
		"a list":      {calls(`{"id":"a","function":{"name":"rate","arguments":"[]"}}`), `"tool_calls"`, ai.CodeModelFailed},
		"more":        {calls(`{"id":"a","function":{"name":"rate","arguments":"{}{}"}}`), `"tool_calls"`, ai.CodeModelFailed},
		"none":        {`,"content":null,"tool_calls":[]`, `"tool_calls"`, ai.CodeModelFailed},
		"the limit":   {calls(`{"id":"a","function":{"name":"rate","arguments":"{}"}}`), `"length"`, ai.CodeMaxTokens},
		"limit, text": {`,"content":"x","tool_calls":[{"id":"a","function":{"name":"rate","arguments":"{}"}}]`, `"length"`, ai.CodeMaxTokens},
		"filtered":    {calls(`{"id":"a","function":{"name":"rate","arguments":"{}"}}`), `"content_filter"`, ai.CodeContentFiltered},
		"refused":     {`,"refusal":"no","tool_calls":[{"id":"a","function":{"name":"rate","arguments":"{}"}}]`, `"tool_calls"`, ai.CodeContentFiltered},
		"a new cause": {calls(`{"id":"a","function":{"name":"rate","arguments":"{}"}}`), `"tired"`, ai.CodeModelFailed},
		"too many":    {calls(strings.Repeat(`{"function":{"name":"rate"}},`, 256) + `{"function":{"name":"rate"}}`), `"tool_calls"`, ai.CodeBadResponse},
	} {
		_, err := provider(t, wiretest.Answering(200, choice(c.message, c.finish))).Analyze(t.Context(), asking())
		if e := asError(t, err); e.Code != c.code {
			t.Errorf("%s: %#v, want %q", name, e, c.code)
		}
	}
}

// Calls of earlier turns have identifiers too.
func TestAnIdentifierIsNewInTheConversation(t *testing.T) {
	req := asking()
	req.History = []ai.Message{
		{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "a", Name: "rate"}, {ID: "call_1", Name: "rate"}}},
		{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "a"}, {CallID: "call_1"}}},
	}
	req.Prompt = ""
	body := choice(calls(`{"id":"a","function":{"name":"rate"}}`, `{"function":{"name":"time"}}`), `"tool_calls"`)
	got, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	req.History = append(req.History, ai.Message{Role: ai.RoleAssistant, ToolCalls: got.ToolCalls})
	req.Prompt = "Never mind."
	if err := req.Validate(); err != nil {
		t.Errorf("%v of %s", err, show(got.ToolCalls))
	}
}

// The service takes no identifier of more than 40 bytes; other providers' may
// have more.
func TestAnIdentifierFitsTheService(t *testing.T) {
	for id, kept := range map[string]bool{"a": true, strings.Repeat("a", 40): true, strings.Repeat("a", 41): false, strings.Repeat("a", 400): false} {
		w := wiretest.Answering(200, answer("x"))
		req := &ai.Request{History: []ai.Message{
			{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: id, Name: "rate"}}}, {Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: id}}},
		}}
		if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		turns := body["messages"].([]any)
		call := turns[0].(map[string]any)["tool_calls"].([]any)[0].(map[string]any)["id"].(string)
		if call != turns[1].(map[string]any)["tool_call_id"] || len(call) > 40 || (call == id) != kept {
			t.Errorf("%s is sent as %v", id, turns)
		}
	}
}

// piece is a piece of a tool call, given by its fields.
func piece(fields string) string { return chunk(`"tool_calls":[{`+fields+`}]`, "null") }

func TestStreamedToolCallsArePutTogetherWhateverTheirShape(t *testing.T) {
	want := []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{"of":9007199254740993}`)}, {ID: "b", Name: "time", Arguments: json.RawMessage(`{}`)}}
	end := chunk("", `"tool_calls"`)
	whole := []string{
		`"id":"a","type":"function","function":{"name":"rate","arguments":"{\"of\":9007199254740993}"}`,
		`"id":"b","type":"function","function":{"name":"time","arguments":"{}"}`,
	}
	for name, data := range map[string][]string{
		"as documented": {
			piece(`"index":0,"id":"a","type":"function","function":{"name":"rate","arguments":""}`), piece(`"index":0,"function":{"arguments":"{\"of\":900"}`),
			piece(`"index":0,"function":{"arguments":"7199254740993}"}`), piece(`"index":1,"id":"b","type":"function","function":{"name":"time","arguments":""}`),
			piece(`"index":1,"function":{"arguments":"{}"}`), end,
		},
		"interleaved": {
			piece(`"index":0,"id":"a","function":{"name":"rate"}`), piece(`"index":1,"id":"b","function":{"name":"time"}`),
			piece(`"index":1,"function":{"arguments":"{"}`), piece(`"index":0,"function":{"arguments":"{\"of\":9007199254740993}"}`), piece(`"index":1,"function":{"arguments":"}"}`), end,
		},
		"whole":             {piece(`"index":0,` + whole[0]), piece(`"index":1,` + whole[1]), end},
		"whole, at the end": {chunk(`"tool_calls":[{"index":0,`+whole[0]+`},{"index":1,`+whole[1]+`}]`, `"tool_calls"`)},
		"stop":              {piece(`"index":0,` + whole[0]), piece(`"index":1,` + whole[1]), chunk("", `"stop"`)},
		"no index":          {piece(whole[0]), piece(whole[1]), end},
		"all numbered 0":    {piece(`"index":0,` + whole[0]), piece(`"index":0,` + whole[1]), end},
		"numbered from 5":   {piece(`"index":5,` + whole[0]), piece(`"index":7,` + whole[1]), end},
		"no index, pieces": {
			piece(`"id":"a","function":{"name":"rate","arguments":"{\"of\":"}`), piece(`"function":{"arguments":"9007199254740993}"}`),
			piece(`"id":"b","function":{"name":"time"}`), end,
		},
		"identified every time": {
			piece(`"id":"a","function":{"name":"rate","arguments":"{\"of\":"}`), piece(`"id":"a","function":{"name":"rate","arguments":"9007199254740993}"}`),
			piece(`"index":1,"id":"b","function":{"name":"time","arguments":"{"}`), piece(`"index":1,"id":"b","function":{"name":"time","arguments":"}"}`), end,
		},
		"identified anew every time": {
			piece(`"index":0,"id":"a","function":{"name":"rate","arguments":""}`), piece(`"index":0,"id":"c","function":{"arguments":"{\"of\":"}`),
			piece(`"index":0,"id":"d","function":{"name":"","arguments":"9007199254740993}"}`),
			piece(`"index":1,"id":"b","function":{"name":"time"}`), piece(`"index":1,"id":"e","function":{"arguments":"{}"}`), end,
		},
		"all numbered 0, pieces": {
			piece(`"index":0,"id":"a","function":{"name":"rate","arguments":""}`), piece(`"index":0,"id":"b","function":{"name":"time","arguments":"{"}`),
			piece(`"index":0,"id":"a","function":{"arguments":"{\"of\":9007199254740993}"}`), piece(`"index":0,"id":"b","function":{"arguments":"}"}`), end,
		},
		"no arguments": {piece(`"index":0,` + whole[0]), piece(`"index":1,"id":"b","function":{"name":"time"}`), end},
		"an object":    {piece(`"index":0,"id":"a","function":{"name":"rate","arguments":{"of":9007199254740993}}`), piece(`"index":1,` + whole[1]), end},
		"identified late": {
			piece(`"index":0,"function":{"name":"","arguments":"{\"of\":"}`), piece(`"index":0,"id":"a","function":{"name":"rate","arguments":"9007199254740993}"}`),
			piece(`"index":1,` + whole[1]), end,
		},
		"a blank": {piece(`"index":0,` + whole[0]), piece(`"index":1,"id":"b","function":{"name":"time","arguments":""}`), piece(`"index":1,"function":{"arguments":null}`), end},
		"name late": {
			piece(`"index":0,"id":"a","function":{"arguments":""}`), piece(`"index":1,` + whole[1]),
			piece(`"index":0,"function":{"name":"rate","arguments":"{\"of\":9007199254740993}"}`), end,
		},
	} {
		list, err := deltas(t, streamed(data...), asking())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		announced := 0
		for _, d := range list {
			if d.ToolCall == nil {
				continue
			}
			if first := d.ToolCall.Index == announced; first != (d.ToolCall.ID != "") || first != (d.ToolCall.Name != "") || d.ToolCall.Index > announced {
				t.Errorf("%s: %s", name, show(list))
			}
			announced = max(announced, d.ToolCall.Index+1)
		}
		got, err := ai.Collect(provider(t, streamed(data...)).Stream(t.Context(), asking()))
		if err != nil || !reflect.DeepEqual(got.ToolCalls, want) || got.FinishReason != ai.FinishToolCalls {
			t.Errorf("%s: %s, %v", name, show(got), err)
		}
	}
}

func TestAStreamedToolCallThatCannotBeMadeIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		data []string
		code ai.Code
	}{
		"cut":       {[]string{piece(`"index":0,"id":"a","function":{"name":"rate","arguments":"{"}`)}, ai.CodeBadResponse},
		"cut JSON":  {[]string{piece(`"index":0,"id":"a","function":{"name":"rate","arguments":"{"}`), chunk("", `"tool_calls"`)}, ai.CodeModelFailed},
		"the limit": {[]string{piece(`"index":0,"id":"a","function":{"name":"rate","arguments":"{"}`), chunk("", `"length"`)}, ai.CodeMaxTokens},
		"no name":   {[]string{piece(`"index":0,"id":"a","function":{"arguments":"{}"}`), chunk("", `"tool_calls"`)}, ai.CodeModelFailed},
		"none":      {[]string{chunk("", `"tool_calls"`)}, ai.CodeModelFailed},
	} {
		_, err := deltas(t, streamed(c.data...), asking())
		if e := asError(t, err); e.Code != c.code {
			t.Errorf("%s: %#v, want %q", name, e, c.code)
		}
	}
}
