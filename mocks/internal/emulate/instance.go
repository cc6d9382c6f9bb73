package emulate

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// maxDepth is how deep an emulated instance goes, and maxValues how many values
// it holds; what goes beyond is null.
const (
	maxDepth  = 16
	maxValues = 4096
)

// Instance returns a small JSON value that follows a JSON Schema, as far as
// the schema speaks of types, properties, items, enums, constants, bounds,
// alternatives and definitions of its own. Types may be in upper case, as
// Gemini writes them. Without a schema that can be read it is "{}".
func Instance(schema json.RawMessage) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(schema))
	decoder.UseNumber()
	var root map[string]any
	if decoder.Decode(&root) != nil || root == nil {
		return json.RawMessage("{}")
	}
	data, err := json.Marshal((&instancer{root: root}).of(root, 0))
	if err != nil {
		return json.RawMessage("{}")
	}
	return data
}

type instancer struct {
	root   map[string]any
	values int // so far
}

func (n *instancer) of(schema map[string]any, depth int) any {
	if n.values++; depth > maxDepth || n.values > maxValues {
		return nil
	}
	if ref, ok := schema["$ref"].(string); ok {
		return n.of(n.find(ref), depth+1)
	}
	if constant, ok := schema["const"]; ok {
		return constant
	}
	if enum, ok := schema["enum"].([]any); ok && len(enum) > 0 {
		return enum[0]
	}
	for _, key := range [...]string{"anyOf", "oneOf", "allOf"} {
		if list, ok := schema[key].([]any); ok && len(list) > 0 {
			first, _ := list[0].(map[string]any)
			return n.of(first, depth+1)
		}
	}
	switch typeOf(schema) {
	case "object":
		return n.object(schema, depth)
	case "array":
		items, _ := schema["items"].(map[string]any)
		list := make([]any, min(max(1, integer(schema["minItems"])), 64))
		for i := range list {
			list[i] = n.of(items, depth+1)
		}
		return list
	case "integer", "number":
		if least, ok := schema["minimum"].(json.Number); ok {
			return least
		}
		return 0
	case "boolean":
		return false
	case "string":
		return text(schema)
	default:
		return nil
	}
}

func (n *instancer) object(schema map[string]any, depth int) any {
	object := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		of, _ := properties[name].(map[string]any)
		object[name] = n.of(of, depth+1)
	}
	return object
}

// find follows a reference within the schema, "#/$defs/name".
func (n *instancer) find(ref string) map[string]any {
	at := n.root
	rest, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	for step := range strings.SplitSeq(strings.TrimPrefix(rest, "/"), "/") {
		if step == "" {
			continue
		}
		at, _ = at[step].(map[string]any)
	}
	return at
}

// typeOf returns the first type that is not null, in lower case. A schema that
// names none may still show it.
func typeOf(schema map[string]any) string {
	switch t := schema["type"].(type) {
	case string:
		return strings.ToLower(t)
	case []any:
		for _, one := range t {
			if name, _ := one.(string); !strings.EqualFold(name, "null") {
				return strings.ToLower(name)
			}
		}
	}
	switch {
	case schema["properties"] != nil:
		return "object"
	case schema["items"] != nil:
		return "array"
	}
	return ""
}

func text(schema map[string]any) string {
	var s string
	switch format, _ := schema["format"].(string); format {
	case "date":
		s = "2026-01-01"
	case "date-time":
		s = "2026-01-01T00:00:00Z"
	default:
		s = strings.TrimSpace(Label)
	}
	if short := min(integer(schema["minLength"]), 1<<12) - len(s); short > 0 {
		s += strings.Repeat("-", short)
	}
	if longest, ok := schema["maxLength"]; ok {
		s = head(s, integer(longest))
	}
	return s
}

func integer(v any) int {
	number, _ := v.(json.Number)
	n, _ := number.Int64()
	return int(max(0, min(n, 1<<20)))
}
