package ai

import (
	"encoding/json"
	"strconv"
	"strings"
)

// checkReferences refuses a schema that, checked, would never end: one that
// refers back to itself without going deeper into the answer. The library that
// checks answers would follow it until the stack is full. So that this can be
// told, references must be JSON Pointers into the schema itself.
func checkReferences(schema json.RawMessage) error {
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		return invalid("Schema", "is no JSON Schema")
	}
	w := walk{root: root, seen: make(map[string]progress)}
	if !w.everywhere("#", root) {
		return invalid("Schema", `refers to itself without end, or otherwise than by "$ref": "#/…"`)
	}
	return nil
}

// walk follows the references of a schema. Places are named by their pointers.
type walk struct {
	root any
	seen map[string]progress
}

// progress is how far a walk has come with a place.
type progress uint8

const (
	underway progress = iota + 1
	done
)

// everywhere starts at every object of the schema.
func (w *walk) everywhere(at string, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if !w.inPlace(at, v) {
			return false
		}
		for key, value := range v {
			if !w.everywhere(at+"/"+escape(key), value) {
				return false
			}
		}
	case []any:
		for i, value := range v {
			if !w.everywhere(at+"/"+strconv.Itoa(i), value) {
				return false
			}
		}
	}
	return true
}

// inPlace follows what applies to the same part of the answer as the schema at
// a place does, and reports whether that ends.
func (w *walk) inPlace(at string, schema map[string]any) bool {
	switch w.seen[at] {
	case underway:
		return false
	case done:
		return true
	}
	w.seen[at] = underway
	for key, value := range schema {
		if !w.keyword(at, key, value) {
			return false
		}
	}
	w.seen[at] = done
	return true
}

func (w *walk) keyword(at, key string, value any) bool {
	below := at + "/" + escape(key)
	switch key {
	case "$ref":
		target, isText := value.(string)
		return !isText || w.follow(target)
	case "$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor":
		_, isText := value.(string)
		return !isText // else a property of that name
	case "$id":
		_, isText := value.(string)
		return !isText || at == "#"
	case "allOf", "anyOf", "oneOf", "not", "if", "then", "else":
		return w.each(below, value)
	case "dependentSchemas", "dependencies":
		schemas, _ := value.(map[string]any)
		for name, s := range schemas {
			if !w.each(below+"/"+escape(name), s) {
				return false
			}
		}
	}
	return true
}

// each follows a schema, or a list of them.
func (w *walk) each(at string, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return w.inPlace(at, v)
	case []any:
		for i, s := range v {
			if !w.each(at+"/"+strconv.Itoa(i), s) {
				return false
			}
		}
	}
	return true
}

// follow goes to where a reference points. One that points nowhere is refused
// when the schema is resolved.
func (w *walk) follow(reference string) bool {
	pointer, ok := strings.CutPrefix(reference, "#")
	if !ok || strings.ContainsRune(pointer, '%') || (pointer != "" && pointer[0] != '/') {
		return false
	}
	at, v := "#", w.root
	if pointer != "" {
		for part := range strings.SplitSeq(pointer[1:], "/") {
			part = unescape(part)
			switch in := v.(type) {
			case map[string]any:
				v = in[part]
			case []any:
				i, err := strconv.Atoi(part)
				if err != nil || i < 0 || i >= len(in) {
					return false
				}
				part, v = strconv.Itoa(i), in[i]
			default:
				return false
			}
			at += "/" + escape(part)
		}
	}
	return w.each(at, v)
}

// escape writes a key as a part of a JSON Pointer (RFC 6901).
func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

func unescape(part string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(part) }
