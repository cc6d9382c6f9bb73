package ai_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/finbrain/ai"
)

type covenant struct {
	Name  string  `json:"name" jsonschema:"as the filing names it"`
	Ratio float64 `json:"ratio,omitempty"`
}

type filing struct {
	ID        int64      `json:"id"`
	Covenants []covenant `json:"covenants"`
}

// replies is an Analyzer that gives these answers one after the other, and
// keeps what it was asked.
type replies struct {
	answers []*ai.Response
	asked   []*ai.Request
}

func (r *replies) Analyze(_ context.Context, req *ai.Request) (*ai.Response, error) {
	r.asked = append(r.asked, req.Clone())
	if len(r.asked) > len(r.answers) {
		return nil, &ai.Error{Code: ai.CodeUnavailable}
	}
	return r.answers[len(r.asked)-1].Clone(), nil
}

func texts(texts ...string) *replies {
	r := new(replies)
	for _, text := range texts {
		r.answers = append(r.answers, &ai.Response{Text: text, Provider: "openai", Model: "m", FinishReason: ai.FinishStop})
	}
	return r
}

func TestAnAnswerComesAsTheTypeAskedFor(t *testing.T) {
	want := `{"id":9007199254740993,"covenants":[{"name":"leverage","ratio":3.5}]}`
	for name, text := range map[string]string{
		"plain":                     want,
		"in a code fence":           "```json\n" + want + "\n```",
		"in a fence without a name": "```\n" + want + "```\n",
		"amid white space":          "\n " + want + " \n",
	} {
		a := texts(text)
		got, resp, err := ai.AnalyzeAs[filing](t.Context(), a, ai.Text("q"))
		if err != nil || resp.Text != text {
			t.Fatalf("%s: %v, %v", name, resp, err)
		}
		if got.ID != 9007199254740993 || len(got.Covenants) != 1 || got.Covenants[0].Ratio != 3.5 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTheSchemaOfTheTypeIsSent(t *testing.T) {
	a := texts(`{"id":1,"covenants":[]}`)
	req := ai.Text("q")
	if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, req); err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"object","properties":{"id":{"type":"integer"},"covenants":{"type":"array","items":{"type":"object",` +
		`"properties":{"name":{"type":"string","description":"as the filing names it"},"ratio":{"type":"number"}},` +
		`"required":["name"],"additionalProperties":false}}},"required":["id","covenants"],"additionalProperties":false}`
	if got := string(a.asked[0].Schema); got != want {
		t.Errorf("schema = %s", got)
	}
	if req.Schema != nil {
		t.Error("the caller's request was changed")
	}
}

func TestTheRequestsOwnSchemaComesBeforeThatOfTheType(t *testing.T) {
	own := json.RawMessage(`{"type":"object","properties":{"id":{"type":"integer","minimum":10}},"required":["id"]}`)
	a := texts(`{"id":9,"covenants":[]}`, `{"id":10}`)
	got, _, err := ai.AnalyzeAs[filing](t.Context(), a, &ai.Request{Prompt: "q", Schema: own})
	if err != nil || got.ID != 10 || len(a.asked) != 2 || string(a.asked[0].Schema) != string(own) {
		t.Errorf("%+v after %d askings, %v", got, len(a.asked), err)
	}
}

func TestATypeThatIsNoObjectTravelsInOne(t *testing.T) {
	list, _, err := ai.AnalyzeAs[[]string](t.Context(), texts(`{"value":["a","b"]}`), ai.Text("q"))
	if err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
	number, _, err := ai.AnalyzeAs[float64](t.Context(), texts(`{"value":0.25}`), ai.Text("q"))
	if err != nil || number != 0.25 {
		t.Errorf("%v, %v", number, err)
	}
	if _, _, err := ai.AnalyzeAs[bool](t.Context(), texts(`true`, `true`), ai.Text("q")); ai.CodeOf(err) != ai.CodeBadResponse {
		t.Error(err)
	}
}

func TestAWrongAnswerIsSentBackOnceWithItsFaultNamed(t *testing.T) {
	const secret = "the secret margin"
	for wrong, detail := range map[string]string{
		"no json " + secret:                          "no JSON",
		`{"id":1}`:                                   "root (required)",
		`{"id":1,"covenants":null}`:                  "/properties/covenants (type)",
		`{"id":"` + secret + `","covenants":[]}`:     "/properties/id (type)",
		`{"id":1,"covenants":[],"` + secret + `":1}`: "root (additionalProperties)",
		`{"id":1,"covenants":[{"name":"x","ratio":": ` + secret + `"}]}`: "/properties/covenants/items/properties/ratio (type)",
		`{"id":1e300,"covenants":[]}`:                                    "the Go type",
	} {
		a := texts(wrong, `{"id":1,"covenants":[]}`)
		req := &ai.Request{Prompt: "which covenants", Images: []ai.Image{ai.ImageBytes(png)}, History: []ai.Message{{Role: ai.RoleUser, Text: "before"}}}
		if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, req); err != nil || len(a.asked) != 2 {
			t.Fatalf("%s: %d askings, %v", wrong, len(a.asked), err)
		}
		again := a.asked[1]
		if err := again.Validate(); err != nil {
			t.Error(err)
		}
		if h := again.History; len(h) != 3 || h[1].Text != "which covenants" || len(h[1].Images) != 1 || h[2].Text != wrong ||
			len(again.Images) != 0 || len(again.Schema) == 0 || !strings.Contains(again.Prompt, "JSON") {
			t.Errorf("%s: asked again with %+v", wrong, again)
		}
		if len(req.History) != 1 {
			t.Error("the caller's request was changed")
		}

		a = texts(wrong, wrong, `{"id":1,"covenants":[]}`)
		_, resp, err := ai.AnalyzeAs[filing](t.Context(), a, req)
		failed, _ := err.(*ai.Error)
		if failed == nil || failed.Code != ai.CodeBadResponse || resp == nil || resp.Text != wrong || len(a.asked) != 1+ai.MaxRepairs {
			t.Fatalf("%s: %d askings, %v", wrong, len(a.asked), err)
		}
		if !strings.HasSuffix(failed.Detail, detail) || strings.Contains(err.Error(), secret) || failed.Provider != "openai" || failed.Model != "m" {
			t.Errorf("%s: %#v", wrong, failed)
		}
	}
}

func TestARepairAfterToolResultsKeepsTheConversationWhole(t *testing.T) {
	a := texts("no json", `{"id":1,"covenants":[]}`)
	req := &ai.Request{
		Tools: []ai.Tool{{Name: "rate"}},
		History: []ai.Message{
			{Role: ai.RoleUser, Text: "q"},
			{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "1", Name: "rate"}}},
			{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "1", Content: "2"}}},
		},
	}
	if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, req); err != nil {
		t.Fatal(err)
	}
	if err := a.asked[1].Validate(); err != nil || len(a.asked[1].History) != 4 {
		t.Errorf("%v, %+v", err, a.asked[1].History)
	}
}

func TestAnAnswerOfWhiteSpaceIsAskedForAgain(t *testing.T) {
	req := &ai.Request{Prompt: " ", Tools: []ai.Tool{{Name: "rate"}}, History: []ai.Message{
		{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "1", Name: "rate"}}},
		{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "1", Content: "2"}}},
	}}
	for _, req := range []*ai.Request{ai.Text("q"), req} {
		a := texts(" \n", `{"id":1,"covenants":[]}`)
		if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, req); err != nil {
			t.Fatal(err)
		}
		if err := a.asked[1].Validate(); err != nil {
			t.Errorf("asked again with what is refused: %v", err)
		}
	}
}

func TestWhatCannotBeMendedByAskingAgainIsNotAskedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		resp *ai.Response
		code ai.Code
	}{
		"cut by the token limit": {&ai.Response{Text: `{"id":`, FinishReason: ai.FinishLength}, ai.CodeMaxTokens},
		"a static answer":        {&ai.Response{Text: "later", Source: ai.SourceStatic}, ai.CodeBadResponse},
	} {
		a := &replies{answers: []*ai.Response{test.resp, test.resp}}
		if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, ai.Text("q")); ai.CodeOf(err) != test.code || len(a.asked) != 1 {
			t.Errorf("%s: %d askings, %v", name, len(a.asked), err)
		}
	}
	a := new(replies)
	if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, ai.Text("q")); ai.CodeOf(err) != ai.CodeUnavailable || len(a.asked) != 1 {
		t.Errorf("%d askings, %v", len(a.asked), err)
	}
}

func TestAWrongCachedAnswerIsAskedForAnew(t *testing.T) {
	a := texts("no json", `{"id":1,"covenants":[]}`)
	a.answers[0].Source = ai.SourceCache
	if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, ai.Text("q")); err != nil {
		t.Fatal(err)
	}
	if again := a.asked[1]; !again.Cache.Refresh || len(again.History) != 0 || again.Prompt != "q" {
		t.Errorf("asked again with %+v", again)
	}
	a = texts("no json", "no json", `{"id":1,"covenants":[]}`)
	a.answers[0].Source, a.answers[1].Source = ai.SourceCache, ai.SourceCache // a stale one, as the provider fails
	if _, _, err := ai.AnalyzeAs[filing](t.Context(), a, ai.Text("q")); err != nil || len(a.asked) != 3 {
		t.Errorf("%d askings, %v", len(a.asked), err)
	}
}

func TestToolCallsAreNoAnswerYet(t *testing.T) {
	a := &replies{answers: []*ai.Response{{ToolCalls: []ai.ToolCall{{ID: "1", Name: "rate"}}, FinishReason: ai.FinishToolCalls}}}
	got, resp, err := ai.AnalyzeAs[filing](t.Context(), a, &ai.Request{Prompt: "q", Tools: []ai.Tool{{Name: "rate"}}})
	if err != nil || got.ID != 0 || len(resp.ToolCalls) != 1 {
		t.Errorf("%+v, %+v, %v", got, resp, err)
	}
}

func TestAFormThatCannotBeIsRefusedBeforeAnyAsking(t *testing.T) {
	type loop struct{ Next *loop }
	a := texts("{}")
	wantField := func(err error, field string) {
		t.Helper()
		if failed, ok := err.(*ai.Error); !ok || failed.Code != ai.CodeInvalidRequest || failed.Field != field {
			t.Errorf("%v, want %s refused", err, field)
		}
	}
	_, _, err := ai.AnalyzeAs[func()](t.Context(), a, ai.Text("q"))
	wantField(err, "T")
	_, _, err = ai.AnalyzeAs[loop](t.Context(), a, ai.Text("q"))
	wantField(err, "T")
	_, _, err = ai.AnalyzeAs[filing](t.Context(), a, nil)
	wantField(err, "Request")
	for _, schema := range []string{"{", "[]", `{"type":7}`, `{"$ref":"https://example.com/s"}`, `{"pattern":"("}`} {
		_, _, err = ai.AnalyzeAs[filing](t.Context(), a, &ai.Request{Prompt: "q", Schema: json.RawMessage(schema)})
		wantField(err, "Schema")
	}
	if len(a.asked) != 0 {
		t.Error("the provider was asked")
	}
}

func TestASchemaThatCouldNeverBeCheckedToItsEndIsRefused(t *testing.T) {
	for _, schema := range []string{
		`{"$ref":"#"}`,
		`{"allOf":[{"$ref":"#"}]}`,
		`{"anyOf":[{"oneOf":[{"not":{"$ref":"#"}}]}]}`,
		`{"if":{"$ref":"#/$defs/a"},"$defs":{"a":{"then":{"$ref":"#/$defs/b"}},"b":{"else":{"$ref":"#/$defs/a"}}}}`,
		`{"type":"object","properties":{"a":{"$ref":"#/properties/a"}}}`,
		`{"$defs":{"a/b":{"$ref":"#/$defs/a~1b"}},"properties":{"x":{"$ref":"#/$defs/a~1b"}}}`,
		`{"$defs":{"a":{"$ref":"#/$defs/%61"}}}`,
		`{"dependentSchemas":{"x":{"$ref":"#"}}}`,
		`{"allOf":[{"$ref":"#/allOf/00"}]}`,
		`{"$anchor":"top","properties":{"a":{"$ref":"#top"}}}`,
		`{"$dynamicRef":"#"}`,
		`{"properties":{"a":{"$id":"https://example.com/a","$ref":"#"}}}`,
	} {
		a := texts("{}")
		_, _, err := ai.AnalyzeAs[map[string]any](t.Context(), a, &ai.Request{Prompt: "q", Schema: json.RawMessage(schema)})
		if failed, ok := err.(*ai.Error); !ok || failed.Field != "Schema" || len(a.asked) != 0 {
			t.Errorf("%s: %v", schema, err)
		}
	}
	for _, schema := range []string{ // a tree, and properties that are named like keywords
		`{"type":"object","properties":{"next":{"$ref":"#"},"all":{"type":"array","items":{"$ref":"#"}}}}`,
		`{"$defs":{"a":{"type":"object"}},"allOf":[{"$ref":"#/$defs/a"},{"anyOf":[{"$ref":"#/$defs/a"}]}]}`,
		`{"type":"object","properties":{"$ref":{"type":"string"},"$anchor":{"type":"string"},"$id":{"type":"string"}}}`,
		`{"$id":"https://example.com/filing","type":"object"}`,
	} {
		if _, _, err := ai.AnalyzeAs[map[string]any](t.Context(), texts(`{}`), &ai.Request{Prompt: "q", Schema: json.RawMessage(schema)}); err != nil {
			t.Errorf("%s: %v", schema, err)
		}
	}
}

func FuzzAnySchemaCanBeCheckedAgainst(f *testing.F) {
	for _, schema := range []string{`{"$ref":"#"}`, `{"properties":{"a":{"$ref":"#"}}}`, `{"allOf":[{"$ref":"#/allOf/1"},{"not":{"$ref":"#/allOf/0"}}]}`} {
		f.Add(schema, `{"a":{"a":{}}}`)
	}
	f.Fuzz(func(t *testing.T, schema, answer string) {
		_, resp, err := ai.AnalyzeAs[any](t.Context(), texts(answer, answer), &ai.Request{Prompt: "q", Schema: json.RawMessage(schema)})
		if err == nil && resp == nil {
			t.Error("neither an answer nor an error")
		}
	})
}
