package gemini_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// sentSchema returns the schema as it stands in the body that goes out.
func sentSchema(t *testing.T, schema, model string) string {
	t.Helper()
	w := wiretest.Answering(200, answer("{}"))
	req := &ai.Request{Prompt: "x", Model: model, Schema: json.RawMessage(schema)}
	if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	var body struct {
		GenerationConfig struct {
			ResponseMIMEType   string
			ResponseJSONSchema json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(w.Requests()[0].Body), &body); err != nil || body.GenerationConfig.ResponseMIMEType != "application/json" {
		t.Fatalf("%v in %s", err, w.Requests()[0].Body)
	}
	return string(body.GenerationConfig.ResponseJSONSchema)
}

func TestASchemaGoesOutInTheAPIsDialect(t *testing.T) {
	deep := strings.Repeat(`{"items":`, 100) + `{"const":1}` + strings.Repeat(`}`, 100)
	for _, c := range []struct{ name, schema, model, want string }{
		{"order and numbers stay", `{"type":"object","properties":{"z":{"type":"string"},"a":{"maximum":9007199254740993}},"required":["z"],"additionalProperties":false}`, "", ""},
		{"unknown keywords stay", `{"$schema":"x","pattern":"a","format":"date","x-own":{"const":1}}`, "", ""},
		{"const", `{"properties":{"const":{"const":"v"},"n":{"const":1.50,"enum":[1.50]}}}`, "", `{"properties":{"const":{"enum":["v"]},"n":{"const":1.50,"enum":[1.50]}}}`},
		{"beside a ref", `{"$defs":{"d":{"const":1}},"properties":{"p":{"description":"x","$ref":"#/$defs/d"}}}`, "", `{"$defs":{"d":{"enum":[1]}},"properties":{"p":{"$ref":"#/$defs/d"}}}`},
		{"within", `{"items":{"const":1},"additionalProperties":{"const":2},"anyOf":[{"const":3},true],"prefixItems":[{"const":4}],"oneOf":7}`, "",
			`{"items":{"enum":[1]},"additionalProperties":{"enum":[2]},"anyOf":[{"enum":[3]},true],"prefixItems":[{"enum":[4]}],"oneOf":7}`},
		{"properties of another shape", `{"properties":[1],"items":[{"const":1}]}`, "", ""},
		{"order told", `{"properties":{"z":{"properties":{"b":{},"a":{}}},"y":{"propertyOrdering":["q","p"],"properties":{"p":{},"q":{}}}}}`, "gemini-2.0-flash",
			`{"propertyOrdering":["z","y"],"properties":{"z":{"propertyOrdering":["b","a"],"properties":{"b":{},"a":{}}},"y":{"propertyOrdering":["q","p"],"properties":{"p":{},"q":{}}}}}`},
		{"order known", `{"properties":{"z":{},"a":{}}}`, "gemini-2.5-flash", ""},
		{"deep", deep, "", deep},
	} {
		want := c.want
		if want == "" {
			want = c.schema
		}
		if got := sentSchema(t, c.schema, c.model); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, want)
		}
	}
}

func TestTheParametersOfAToolKeepTheirOrderAndNumbers(t *testing.T) {
	const parameters = `{"type":"object","properties":{"z":{"const":9007199254740993},"a":{}}}`
	w := wiretest.Answering(200, answer("fine"))
	if _, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Tools: []ai.Tool{{Name: "f", Parameters: json.RawMessage(parameters)}}}); err != nil {
		t.Fatal(err)
	}
	if want, sent := `{"type":"object","properties":{"z":{"enum":[9007199254740993]},"a":{}}}`, w.Requests()[0].Body; !strings.Contains(sent, want) {
		t.Errorf("%s is not in %s", want, sent)
	}
}

func TestASchemaBesideToolsIsAskedForWhereItCannotBeEnforced(t *testing.T) {
	const schema = `{"type":"object"}`
	for _, c := range []struct {
		model, instruction string
		want               []any
	}{
		{"gemini-2.5-pro", "", []any{map[string]any{"text": "Answer with JSON only, which follows this JSON Schema: " + schema}}},
		{"gemini-2.5-pro", "Be brief.", []any{map[string]any{"text": "Be brief."}, map[string]any{"text": "Answer with JSON only, which follows this JSON Schema: " + schema}}},
		{"gemini-3-pro", "Be brief.", []any{map[string]any{"text": "Be brief."}}},
	} {
		w := wiretest.Answering(200, answer("{}"))
		req := &ai.Request{Prompt: "x", Model: c.model, Instruction: c.instruction, Tools: []ai.Tool{weather}, Schema: json.RawMessage(schema)}
		if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		_, enforced := body["generationConfig"].(map[string]any)["responseJsonSchema"]
		parts := body["systemInstruction"].(map[string]any)["parts"]
		if enforced != (c.model == "gemini-3-pro") || !reflect.DeepEqual(parts, c.want) {
			t.Errorf("%s: enforced %v, instruction %v", c.model, enforced, parts)
		}
	}
}
