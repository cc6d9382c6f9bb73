package openai

import (
	"encoding/json"
	"slices"
	"strings"
)

// The limits of a strict schema as a whole.
const (
	strictDepth      = 10
	strictProperties = 5000
	strictValues     = 1000    // of all enums
	strictText       = 120_000 // bytes of all names and values
	strictLongEnum   = 250     // an enum of more values has a limit of its own
	strictEnumText   = 15_000  // which is this many bytes
)

// strictSchema is what has been seen of a schema.
type strictSchema struct {
	tuned                    bool            // for a model that was fine-tuned
	definitions              map[string]bool // by the references to them
	properties, values, text int
}

// isStrict reports whether a schema is within the part of JSON Schema that the
// service can enforce; it refuses any other that is to be enforced
// (https://platform.openai.com/docs/guides/structured-outputs, "Supported
// schemas"). In doubt a schema is not: then the model is only told of it.
func isStrict(schema json.RawMessage, model string) bool {
	root, ok := members(schema)
	if !ok || !ofObject(schema) || root["anyOf"] != nil {
		return false
	}
	_, tuned := baseModel(model)
	s := &strictSchema{tuned: tuned, definitions: map[string]bool{"#": true}}
	all := []json.RawMessage{}
	for _, place := range [...]string{"$defs", "definitions"} {
		definitions, ok := members(root[place])
		if root[place] != nil && !ok {
			return false
		}
		for name, definition := range definitions {
			s.definitions["#/"+place+"/"+name] = true
			s.text += len(name)
			all = append(all, definition)
		}
		delete(root, place)
	}
	delete(root, "$schema")
	for _, definition := range all {
		if !s.takes(definition, 1) {
			return false
		}
	}
	return s.node(root, 1) && s.properties <= strictProperties && s.values <= strictValues && s.text <= strictText
}

// members returns the members of a JSON object.
func members(object json.RawMessage) (map[string]json.RawMessage, bool) {
	var m map[string]json.RawMessage
	return m, json.Unmarshal(object, &m) == nil && m != nil
}

// takes reports whether a schema within the whole can be enforced.
func (s *strictSchema) takes(schema json.RawMessage, depth int) bool {
	node, ok := members(schema)
	return ok && depth <= strictDepth && s.node(node, depth)
}

func (s *strictSchema) node(node map[string]json.RawMessage, depth int) bool {
	if reference, ok := node["$ref"]; ok { // which stands alone
		var to string
		return len(node) == 1 && json.Unmarshal(reference, &to) == nil && s.definitions[to]
	}
	types := typesOf(node["type"])
	if (len(types) == 0) == (node["anyOf"] == nil) {
		return false
	}
	for keyword, value := range node {
		if s.tuned && isBound(keyword) || !s.keyword(keyword, value, types, depth) {
			return false
		}
	}
	if slices.Contains(types, "array") && node["items"] == nil {
		return false
	}
	return !slices.Contains(types, "object") || s.object(node, depth)
}

// typesOf reads a type, or a list of types; nil is neither.
func typesOf(value json.RawMessage) []string {
	var types []string
	var one string
	if json.Unmarshal(value, &one) == nil {
		types = []string{one}
	} else if json.Unmarshal(value, &types) != nil {
		return nil
	}
	for _, t := range types {
		switch t {
		case "object", "array", "string", "number", "integer", "boolean", "null":
		default:
			return nil
		}
	}
	return types
}

// keyword reports whether a keyword may stand in a schema of these types.
func (s *strictSchema) keyword(name string, value json.RawMessage, types []string, depth int) bool {
	of := func(some ...string) bool {
		return slices.ContainsFunc(some, func(t string) bool { return slices.Contains(types, t) })
	}
	switch name {
	case "type", "title", "description":
		return true
	case "properties", "required", "additionalProperties":
		return of("object")
	case "items":
		return of("array") && s.takes(value, depth+1)
	case "minItems", "maxItems":
		return of("array")
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		return of("number", "integer")
	case "pattern":
		return of("string") && !strings.Contains(string(value), "(?") // it knows no lookaround
	case "format":
		return of("string") && strictFormat(string(value))
	case "const":
		s.text += len(value)
		return true
	case "enum":
		return s.enum(value)
	case "anyOf":
		return s.anyOf(value, depth)
	}
	return false
}

// isBound reports whether a keyword bounds a value, which cannot be enforced on
// a model that was fine-tuned.
func isBound(keyword string) bool {
	switch keyword {
	case "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern", "format":
		return true
	}
	return false
}

func strictFormat(quoted string) bool {
	switch strings.Trim(quoted, `"`) {
	case "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid":
		return true
	}
	return false
}

func (s *strictSchema) enum(value json.RawMessage) bool {
	var values []json.RawMessage
	if json.Unmarshal(value, &values) != nil {
		return false
	}
	text := 0
	for _, v := range values {
		text += len(v)
	}
	s.values += len(values)
	s.text += text
	return len(values) > 0 && (len(values) <= strictLongEnum || text <= strictEnumText)
}

func (s *strictSchema) anyOf(value json.RawMessage, depth int) bool {
	var schemas []json.RawMessage
	if json.Unmarshal(value, &schemas) != nil || len(schemas) == 0 {
		return false
	}
	return !slices.ContainsFunc(schemas, func(schema json.RawMessage) bool { return !s.takes(schema, depth+1) })
}

// object checks that nothing of an object may be left out or added.
func (s *strictSchema) object(node map[string]json.RawMessage, depth int) bool {
	properties, ok := members(node["properties"])
	var required []string
	if !ok || string(node["additionalProperties"]) != "false" || json.Unmarshal(node["required"], &required) != nil {
		return false
	}
	s.properties += len(properties)
	for name, schema := range properties {
		s.text += len(name)
		if !slices.Contains(required, name) || !s.takes(schema, depth+1) {
			return false
		}
	}
	return len(required) == len(properties)
}
