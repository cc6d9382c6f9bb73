package mocks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// openAIFormat is response_format of a chat.
type openAIFormat struct {
	Type       string           `json:"type"`
	JSONSchema openAIJSONSchema `json:"json_schema"`
}

type openAIJSONSchema struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Strict bool            `json:"strict"`
}

// readFormat reads the format asked for, which stands in the field param.
func (q *question) readFormat(kind string, schema openAIJSONSchema, param string) *problem {
	switch kind {
	case "", "text":
		return nil
	case "json_object":
		q.schema = json.RawMessage("{}")
		return nil
	case "json_schema":
	default:
		return wrong(param+".type", "There is no such format.")
	}
	if schema.Name == "" || len(schema.Schema) == 0 {
		return wrong(param, "The format has no name or no schema.")
	}
	q.schema = schema.Schema
	return strict(schema.Strict, schema.Schema, param)
}

// strict checks what the service demands of schemas that it is to enforce:
// objects allow no other properties and require all they have
// (https://platform.openai.com/docs/guides/structured-outputs).
func strict(is bool, schema json.RawMessage, param string) *problem {
	if !is {
		return nil
	}
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		return wrong(param, "The schema is no JSON.")
	}
	top, _ := root.(map[string]any)
	if top["type"] != "object" {
		return wrong(param, "Invalid schema: the schema must have the type 'object'.")
	}
	if what := lax(top, ""); what != "" {
		return wrong(param, "Invalid schema: "+what)
	}
	return nil
}

// lax returns what a strict schema must not be, "" when all is well.
func lax(schema any, at string) string {
	s, ok := schema.(map[string]any)
	if !ok {
		return ""
	}
	properties, ok := s["properties"].(map[string]any)
	if ok || s["type"] == "object" {
		if s["additionalProperties"] != false {
			return fmt.Sprintf("in %q, 'additionalProperties' is required to be supplied and to be false.", at)
		}
		required, _ := s["required"].([]any)
		for name := range properties {
			if !slices.Contains(required, any(name)) {
				return fmt.Sprintf("in %q, 'required' is required to include every key in properties.", at)
			}
		}
	}
	for _, key := range [...]string{"properties", "$defs", "definitions"} {
		within, _ := s[key].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(within)) {
			if what := lax(within[name], at+"/"+key+"/"+name); what != "" {
				return what
			}
		}
	}
	for _, key := range [...]string{"anyOf", "items"} {
		list, ok := s[key].([]any)
		if !ok {
			list = []any{s[key]}
		}
		for _, one := range list {
			if what := lax(one, at+"/"+key); what != "" {
				return what
			}
		}
	}
	return ""
}
