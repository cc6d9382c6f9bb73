package openai_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// sentFormat returns the response_format and the messages that a schema is sent
// with.
func sentFormat(t *testing.T, schema string) (format map[string]any, messages []any) {
	t.Helper()
	w := wiretest.Answering(200, answer("{}"))
	if _, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Schema: json.RawMessage(schema)}); err != nil {
		t.Fatal(err)
	}
	_, body := w.Only(t)
	format, _ = body["response_format"].(map[string]any)
	return format, body["messages"].([]any)
}

// object is the schema of an object with these members beside its type.
func object(members string) string { return `{"type":"object"` + members + `}` }

// closed is that of an object with one property.
func closed(property string) string {
	return object(`,"properties":{"a":` + property + `},"required":["a"],"additionalProperties":false`)
}

func nested(depth int) string {
	schema := `{"type":"string"}`
	for range depth {
		schema = closed(schema)
	}
	return schema
}

// wide is an object with n properties.
func wide(n int) string {
	var properties, required []string
	for i := range n {
		properties = append(properties, fmt.Sprintf(`"p%d":{"type":"string"}`, i))
		required = append(required, fmt.Sprintf(`"p%d"`, i))
	}
	return object(`,"properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(required, ",") + `],"additionalProperties":false`)
}

// oneOf is an enum of n values of some length.
func oneOf(n, length int) string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf(`"%0*d"`, length-2, i)
	}
	return `{"type":"string","enum":[` + strings.Join(values, ",") + `]}`
}

func TestASchemaIsEnforcedStrictlyExactlyWhereTheServiceCan(t *testing.T) {
	ref := strings.TrimSuffix(object(`,"properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"],"additionalProperties":false,"$defs":{"n":`), "}")
	for schema, strict := range map[string]bool{
		closed(`{"type":"string","title":"t","description":"d"}`):                              true,
		closed(`{"type":["string","null"]}`):                                                   true,
		closed(`{"type":"integer","minimum":1,"maximum":9}`):                                   true,
		closed(`{"type":"number","multipleOf":0.1,"exclusiveMinimum":0,"exclusiveMaximum":1}`): true,
		closed(`{"type":"string","format":"date-time"}`):                                       true,
		closed(`{"type":"string","pattern":"^[a-z]+$"}`):                                       true,
		closed(`{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":3}`):        true,
		closed(`{"anyOf":[{"type":"string"},{"type":"null"}]}`):                                true,
		closed(`{"type":"string","enum":["a","b"]}`):                                           true,
		closed(`{"type":"string","const":"a"}`):                                                true,
		closed(closed(`{"type":"string"}`)):                                                    true,
		closed(`{"$ref":"#"}`):                                                                 true,
		object(`,"properties":{},"required":[],"additionalProperties":false,"$schema":"x"`):    true,
		ref + `{"type":"string"}}}`:                                                            true,
		ref + closed(`{"$ref":"#/$defs/n"}`) + `}}`:                                            true,
		nested(9):               true,
		nested(10):              false,
		wide(5000):              true,
		wide(5001):              false,
		closed(oneOf(1000, 15)): true,
		closed(oneOf(1001, 5)):  false,
		closed(oneOf(250, 100)): true,
		closed(oneOf(251, 59)):  true,
		closed(oneOf(251, 60)):  false,
		closed(oneOf(249, 500)): false, // 124,500 bytes in all
		closed(`{"type":"string","const":"` + strings.Repeat("x", 120_000) + `"}`):                                                               false,
		object(`,"properties":{},"required":[],"additionalProperties":false,"$defs":{"` + strings.Repeat("x", 120_001) + `":{"type":"string"}}`): false,
		object(`,"properties":{"a":{"type":"string"}},"required":["a","a"],"additionalProperties":false`):                                        false,
		object(``): false,
		object(`,"properties":{"a":{"type":"string"}},"required":["a"]`):                                  false,
		object(`,"properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":true`):      false,
		object(`,"properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false`):        false,
		object(`,"properties":{"a":{"type":"string"}},"additionalProperties":false`):                      false,
		object(`,"properties":{"a":{"type":"string"}},"required":["a","b"],"additionalProperties":false`): false,
		object(`,"properties":7,"required":[],"additionalProperties":false`):                              false,
		object(`,"properties":{},"required":7,"additionalProperties":false`):                              false,
		object(`,"additionalProperties":{"type":"string"}`):                                               false,
		object(`,"properties":{},"required":[],"additionalProperties":false,"anyOf":[]`):                  false,
		object(`,"properties":{},"required":[],"additionalProperties":false,"oneOf":[]`):                  false,
		object(`,"properties":{},"required":[],"additionalProperties":false,"patternProperties":{}`):      false,
		object(`,"properties":{},"required":[],"additionalProperties":false,"$defs":7`):                   false,
		object(`,"properties":{},"required":[],"additionalProperties":false,"$defs":{"n":{}}`):            false,
		closed(`{"type":"string","minLength":1}`):                                                         false,
		closed(`{"type":"string","default":"x"}`):                                                         false,
		closed(`{"type":"string","format":"uri"}`):                                                        false,
		closed(`{"type":"integer","format":"date"}`):                                                      false,
		closed(`{"type":"string","pattern":"^(?!x)"}`):                                                    false,
		closed(`{"type":"string","minimum":1}`):                                                           false,
		closed(`{"type":"string","items":{"type":"string"}}`):                                             false,
		closed(`{"type":"string","enum":[]}`):                                                             false,
		closed(`{"type":"string","enum":"a"}`):                                                            false,
		closed(`{"type":"array"}`):                                                                        false,
		closed(`{"type":"array","items":{"type":"string","default":1}}`):                                  false,
		closed(`{"type":"array","items":true}`):                                                           false,
		closed(`{"type":"array","items":{"type":"string"},"uniqueItems":true}`):                           false,
		closed(`{"type":"date"}`):                                                                         false,
		closed(`{"type":7}`):                                                                              false,
		closed(`{"enum":["a"]}`):                                                                          false,
		closed(`{}`):                                                                                      false,
		closed(`true`):                                                                                    false,
		closed(`{"anyOf":[]}`):                                                                            false,
		closed(`{"anyOf":[{"type":"string"},{}]}`):                                                        false,
		closed(`{"type":"string","anyOf":[{"type":"string"}]}`):                                           false,
		closed(`{"allOf":[{"type":"string"}]}`):                                                           false,
		closed(`{"type":"object","properties":{}}`):                                                       false,
		closed(`{"$ref":"#/$defs/n"}`):                                                                    false,
		closed(`{"$ref":"https://example.com/n"}`):                                                        false,
		closed(`{"$ref":"#","description":"d"}`):                                                          false,
		closed(`{"$ref":7}`):                                                                              false,
		closed(`{"type":["object","null"],"properties":{},"required":[],"additionalProperties":false}`):   true,
		closed(`{"type":["array","null"],"items":{"type":"string"}}`):                                     true,
	} {
		format, _ := sentFormat(t, schema)
		sent, _ := format["json_schema"].(map[string]any)
		if format["type"] != "json_schema" || sent["name"] != "answer" || sent["strict"] != strict {
			t.Errorf("%.200s: sent as %.200v, want strict %v", schema, format, strict)
		}
		if got, want := show(sent["schema"]), show(json.RawMessage(schema)); !sameJSON(got, want) {
			t.Errorf("%.200s was sent as %.200s", want, got)
		}
	}
}

// OpenAI's fine-tuned models enforce no bounds, and refuse a strict schema that
// has one.
func TestAFineTunedModelIsNotHeldToBounds(t *testing.T) {
	for property, strict := range map[string]bool{
		`{"type":"string","enum":["a"]}`:                           true,
		`{"anyOf":[{"type":"string"},{"type":"null"}]}`:            true,
		`{"type":"string","format":"date"}`:                        false,
		`{"type":"string","pattern":"^a$"}`:                        false,
		`{"type":"integer","minimum":1}`:                           false,
		`{"type":"number","exclusiveMaximum":1}`:                   false,
		`{"type":"number","multipleOf":0.1}`:                       false,
		`{"type":"array","items":{"type":"string"},"maxItems":3}`:  false,
		`{"anyOf":[{"type":"integer","maximum":9}]}`:               false,
		`{"type":"array","items":{"type":"integer","minimum":-1}}`: false,
	} {
		for model, tuned := range map[string]bool{"gpt-4.1": false, "ft:gpt-4.1-2025-04-14:acme::x": true, "openai/ft:gpt-4.1:acme::x": true} {
			schema := json.RawMessage(closed(property))
			w, other := wiretest.Answering(200, answer("{}")), wiretest.Answering(200, responded(said("{}"), ""))
			req := &ai.Request{Prompt: "x", Model: model, Schema: schema, Tools: []ai.Tool{{Name: "f", Parameters: schema}}}
			if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if _, err := provider(t, other, responses).Analyze(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			_, chat := w.Only(t)
			_, body := other.Only(t)
			for _, sent := range []any{
				chat["response_format"].(map[string]any)["json_schema"], body["text"].(map[string]any)["format"], body["tools"].([]any)[0],
			} {
				if want := strict || !tuned; sent.(map[string]any)["strict"] != want {
					t.Errorf("%s, %s: %v, want strict %v", model, property, sent, want)
				}
			}
		}
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && show(x) == show(y)
}

// The service takes no other schema than that of an object.
func TestASchemaOfNoObjectIsPutInWords(t *testing.T) {
	for _, schema := range []string{`{"type":"array","items":{"type":"string"}}`, `{"anyOf":[{"type":"object"}]}`, `{"$ref":"#/$defs/a","$defs":{"a":{"type":"object"}}}`, `{}`} {
		format, messages := sentFormat(t, schema)
		first := messages[0].(map[string]any)
		if format != nil || first["role"] != "system" || !strings.HasSuffix(first["content"].(string), schema) || len(messages) != 2 {
			t.Errorf("%s: %v, %v", schema, format, messages)
		}
	}
	w := wiretest.Answering(200, answer("[]"))
	if _, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Instruction: "Be brief.", Schema: json.RawMessage(`{"type":"array"}`)}); err != nil {
		t.Fatal(err)
	}
	if _, body := w.Only(t); !strings.HasPrefix(show(body["messages"]), `[{"content":"Be brief.\n\nAnswer`) {
		t.Errorf("%v", body)
	}
}

// Deep or broken schemas must not cost more than their reading.
func FuzzAnySchemaIsJudged(f *testing.F) {
	for _, schema := range []string{closed(`{"type":"string"}`), object(``), nested(20), `{"type":"object","$defs":null,"properties":null}`, strings.Repeat(`{"anyOf":[`, 500)} {
		f.Add(schema)
	}
	f.Fuzz(func(t *testing.T, schema string) {
		w := wiretest.Answering(200, answer("{}"))
		_, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Schema: json.RawMessage(schema)})
		if err != nil && ai.CodeOf(err) != ai.CodeInvalidRequest {
			t.Error(err)
		}
	})
}
