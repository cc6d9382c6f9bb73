package emulate

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAnInstanceFollowsItsSchema(t *testing.T) {
	for schema, want := range map[string]string{
		``:                                `{}`,
		`[]`:                              `{}`,
		`{}`:                              `null`,
		`{"type":"string"}`:               `"[emulated]"`,
		`{"type":"INTEGER"}`:              `0`,
		`{"type":"number","minimum":1.5}`: `1.5`,
		`{"type":"boolean"}`:              `false`,
		`{"type":["null","boolean"]}`:     `false`,
		`{"type":"null"}`:                 `null`,
		`{"enum":["high","low"]}`:         `"high"`,
		`{"const":9007199254740993}`:      `9007199254740993`,
		`{"anyOf":[{"type":"boolean"},{"type":"null"}]}`:                                 `false`,
		`{"type":"array","items":{"type":"integer"},"minItems":2}`:                       `[0,0]`,
		`{"items":{"type":"integer"}}`:                                                   `[0]`,
		`{"type":"array","minItems":1000000000000}`:                                      `[` + strings.TrimSuffix(strings.Repeat("null,", 64), ",") + `]`,
		`{"properties":{"b":{"type":"string","format":"date"}}}`:                         `{"b":"2026-01-01"}`,
		`{"type":"string","format":"date-time"}`:                                         `"2026-01-01T00:00:00Z"`,
		`{"type":"string","minLength":12}`:                                               `"[emulated]--"`,
		`{"type":"string","maxLength":3}`:                                                `"[em"`,
		`{"$ref":"#/$defs/a","$defs":{"a":{"type":"boolean"}}}`:                          `false`,
		`{"$ref":"https://example.com/a"}`:                                               `null`,
		`{"properties":{"a":{"$ref":"#"}}}`:                                              nested(maxDepth/2+1) + `null` + strings.Repeat("}", maxDepth/2+1),
		`{"type":"object","properties":{"z":{"type":"integer"},"a":{"type":"integer"}}}`: `{"a":0,"z":0}`,
	} {
		if got := string(Instance(json.RawMessage(schema))); got != want {
			t.Errorf("%s\n got %s\nwant %s", schema, got, want)
		}
	}
}

func TestAnInstanceIsSmallHoweverItsSchemaBranches(t *testing.T) {
	got := Instance(json.RawMessage(`{"type":"array","minItems":64,"items":{"$ref":"#"}}`))
	if len(got) > 64*maxValues*len("null,") {
		t.Errorf("%d bytes", len(got))
	}
}

func nested(n int) string { return strings.Repeat(`{"a":`, n) }

func FuzzInstance(f *testing.F) {
	f.Add([]byte(`{"properties":{"a":{"$ref":"#"},"b":{"items":{"anyOf":[{"$ref":"#/properties/a"}]},"minItems":3}}}`))
	f.Fuzz(func(t *testing.T, schema []byte) {
		if got := Instance(schema); !json.Valid(got) {
			t.Errorf("%s", got)
		}
	})
}
