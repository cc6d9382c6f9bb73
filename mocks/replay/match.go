package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// key is what a request is known by.
type key struct {
	method, path, query string
	body                string // JSON with its keys in order, else as it is
	isJSON              bool
}

func (k key) equal(other key) bool { return k == other }

func keyOf(s *scrubber, method, path, query string, body []byte, contentType string) key {
	body, _ = normalBoundary(body, contentType)
	k := key{method: method, path: s.path(path), query: s.query(query)}
	k.body, k.isJSON = normalJSON(s.text(string(body)))
	return k
}

// normalPath writes a path in one of the ways in which it can be escaped.
func normalPath(path string) string {
	steps := strings.Split(path, "/")
	for i, step := range steps {
		if plain, err := url.PathUnescape(step); err == nil {
			steps[i] = url.PathEscape(plain)
		}
	}
	return strings.Join(steps, "/")
}

// normalJSON writes JSON with its keys in order and without white space.
func normalJSON(text string) (string, bool) {
	value, ok := parse(text)
	if !ok {
		return text, false
	}
	data, err := json.Marshal(value)
	if err != nil {
		return text, false
	}
	return string(data), true
}

// parse reads one JSON value. Numbers stay as they are written.
func parse(text string) (value any, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil || d.More() {
		return nil, false
	}
	return value, true
}

// boundary takes the place of the random one in a multipart form.
const boundary = "boundary"

// normalBoundary replaces the boundary of a multipart body, and in its content
// type.
func normalBoundary(body []byte, contentType string) (normal []byte, normalType string) {
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(mediaType, "multipart/") || params["boundary"] == "" {
		return body, contentType
	}
	body = bytes.ReplaceAll(body, []byte("--"+params["boundary"]), []byte("--"+boundary))
	params["boundary"] = boundary
	return body, mime.FormatMediaType(mediaType, params)
}

// MissError is the error of a request that was not recorded. It tells what
// differs, and nothing of what either request says.
type MissError struct {
	// Method and Path are the request's.
	Method, Path string
	// Closest is the file whose request is most like it; empty when there is no
	// file.
	Closest string
	// Differs names what is different from the request in that file: "method",
	// "path", "query", "body", or the place within a JSON body, "body at
	// messages[1].content". Empty when the file has been replayed already: the
	// request came more often than it was recorded.
	Differs []string
}

// Error names the request and what differs.
func (e *MissError) Error() string {
	asked := "replay: " + e.Method + " " + e.Path
	switch {
	case e.Closest == "":
		return asked + " was not recorded: there are no recordings"
	case len(e.Differs) == 0:
		return asked + " came more often than it was recorded: " + e.Closest + " has been replayed"
	}
	return asked + " was not recorded: it differs from " + e.Closest + " in its " + strings.Join(e.Differs, " and its ")
}

// miss finds the recording that is most like a request.
func miss(asked key, tapes []*tape) *MissError {
	e := &MissError{Method: asked.method, Path: asked.path}
	best := -1
	for _, t := range tapes {
		likeness := 0
		for weight, same := range [...]bool{
			!t.used, t.key.method == asked.method, t.key.query == asked.query, t.key.path == asked.path, t.key.body == asked.body,
		} {
			if same {
				likeness |= 1 << weight
			}
		}
		if likeness <= best {
			continue
		}
		best, e.Closest, e.Differs = likeness, t.name, differences(t.key, asked)
	}
	return e
}

func differences(recorded, asked key) []string {
	var all []string
	if recorded.method != asked.method {
		all = append(all, "method")
	}
	if recorded.path != asked.path {
		all = append(all, "path")
	}
	if recorded.query != asked.query {
		all = append(all, "query")
	}
	switch {
	case recorded.body == asked.body:
	case recorded.isJSON && asked.isJSON:
		was, _ := parse(recorded.body)
		is, _ := parse(asked.body)
		all = append(all, strings.TrimSuffix("body at "+place(was, is, ""), " at "))
	default:
		all = append(all, "body")
	}
	return all
}

// place returns the path of the first difference of two JSON values, "" when
// it is the whole value.
func place(was, is any, path string) string {
	switch a := was.(type) {
	case map[string]any:
		b, ok := is.(map[string]any)
		if !ok {
			return path
		}
		keys := maps.Clone(a)
		maps.Copy(keys, b)
		for _, name := range slices.Sorted(maps.Keys(keys)) {
			x, inA := a[name]
			y, inB := b[name]
			within := strings.TrimPrefix(path+"."+name, ".")
			if inA != inB {
				return within
			}
			if !same(x, y) {
				return place(x, y, within)
			}
		}
	case []any:
		b, ok := is.([]any)
		if !ok {
			return path
		}
		for i := range max(len(a), len(b)) {
			within := fmt.Sprintf("%s[%d]", path, i)
			if i >= len(a) || i >= len(b) {
				return within
			}
			if !same(a[i], b[i]) {
				return place(a[i], b[i], within)
			}
		}
	}
	return path
}

func same(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}
