package gemini

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxSchemaDepth is how deep a schema is rewritten; what lies deeper is sent as
// it is.
const maxSchemaDepth = 64

// dialect writes a JSON Schema as the API reads it. Of the keywords it does not
// know, which it passes over, const becomes an enum; what stands beside a $ref,
// which it refuses, is left out; and models before Gemini 2.5, which do not keep
// the order of properties, are told it by propertyOrdering
// (https://ai.google.dev/gemini-api/docs/structured-output#json_schema_support).
// Everything else keeps its bytes and its order.
func dialect(schema json.RawMessage, model string) json.RawMessage {
	return rewrite(schema, generationOf(model) < gemini25, maxSchemaDepth)
}

// member is one of a JSON object's.
type member struct {
	name  string
	value json.RawMessage
}

// members are those of an object in their order, nil if it is something else.
func members(object json.RawMessage) []member {
	in := json.NewDecoder(bytes.NewReader(object))
	if token, err := in.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	var list []member
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil
		}
		m := member{name: name.(string)}
		if err := in.Decode(&m.value); err != nil {
			return nil
		}
		list = append(list, m)
	}
	return list
}

// write is the object of the members.
func write(list []member) json.RawMessage {
	out := []byte{'{'}
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		name, _ := json.Marshal(m.name)
		out = append(append(append(out, name...), ':'), m.value...)
	}
	return append(out, '}')
}

func rewrite(schema json.RawMessage, ordered bool, depth int) json.RawMessage {
	list := members(schema)
	if depth == 0 || list == nil {
		return schema
	}
	has := make(map[string]bool, len(list))
	for _, m := range list {
		has[m.name] = true
	}
	kept := list[:0]
	for _, m := range list {
		if has["$ref"] && !strings.HasPrefix(m.name, "$") {
			continue
		}
		switch m.name {
		case "properties", "$defs":
			parts := members(m.value)
			if m.name == "properties" && ordered && !has["propertyOrdering"] && len(parts) > 1 {
				kept = append(kept, member{"propertyOrdering", names(parts)})
			}
			m.value = within(m.value, parts, ordered, depth)
		case "items", "additionalProperties":
			m.value = rewrite(m.value, ordered, depth-1)
		case "anyOf", "oneOf", "prefixItems":
			m.value = each(m.value, ordered, depth)
		case "const":
			if !has["enum"] {
				m = member{"enum", append(append([]byte{'['}, m.value...), ']')}
			}
		}
		kept = append(kept, m)
	}
	return write(kept)
}

// within rewrites the schemas that are the parts of object.
func within(object json.RawMessage, parts []member, ordered bool, depth int) json.RawMessage {
	if parts == nil {
		return object
	}
	for i := range parts {
		parts[i].value = rewrite(parts[i].value, ordered, depth-1)
	}
	return write(parts)
}

// each rewrites a list of schemas.
func each(list json.RawMessage, ordered bool, depth int) json.RawMessage {
	var schemas []json.RawMessage
	if json.Unmarshal(list, &schemas) != nil {
		return list
	}
	for i := range schemas {
		schemas[i] = rewrite(schemas[i], ordered, depth-1)
	}
	written, err := json.Marshal(schemas)
	if err != nil {
		return list
	}
	return written
}

func names(list []member) json.RawMessage {
	all := make([]string, len(list))
	for i := range list {
		all[i] = list[i].name
	}
	written, _ := json.Marshal(all)
	return written
}
