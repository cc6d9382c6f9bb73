package replay

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

var errHidden = errors.New("a secret stands in it in a form that cannot be taken out")

// body takes secrets out of a body, and fails when one can still be read in it:
// escaped in a way of its own, in base64, or in pieces from the events of a
// stream.
func (s *scrubber) body(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return body, nil
	}
	clean := s.text(string(body))
	plain := unquoted(clean)
	if s.shows(plain) {
		return nil, errHidden
	}
	for _, run := range inBase64.FindAllString(plain, -1) {
		if s.holds(unbase(run)) {
			return nil, errHidden
		}
	}
	for _, text := range streamed(clean) {
		if s.shows(unquoted(text.String())) {
			return nil, errHidden
		}
	}
	return []byte(clean), nil
}

// shows reports whether a secret, or what looks like a key, can be read in a
// text that is unquoted.
func (s *scrubber) shows(plain string) bool {
	return s.holds(plain) || keyLook.in(strings.ToLower(plain)) && keyLook.like.MatchString(plain)
}

// holds reports whether one of the secrets stands in a text that is unquoted.
func (s *scrubber) holds(plain string) bool {
	return slices.ContainsFunc(s.secrets, func(secret string) bool { return strings.Contains(plain, unquoted(secret)) })
}

// quotedRun is what JSON, at any depth of JSON within JSON, and URLs write in
// place of characters.
var quotedRun = regexp.MustCompile(`(?:\\+u[0-9a-fA-F]{4})+|\\+["\\/bfnrt]?|%[0-9a-fA-F]{2}`)

// unquoted undoes all quoting in a text, for secrets to be found in it. What it
// makes of a backslash that quotes nothing is the same in every text.
func unquoted(text string) string {
	return quotedRun.ReplaceAllStringFunc(text, func(run string) string {
		if run[0] == '%' {
			b, _ := strconv.ParseUint(run[1:], 16, 8)
			return string([]byte{byte(b)})
		}
		rest := strings.TrimLeft(run, `\`)
		switch {
		case rest == "":
			return `\`
		case rest[0] != 'u':
			return whitespace.Replace(rest)
		}
		var units []uint16
		for unit := range strings.FieldsFuncSeq(run, func(r rune) bool { return r == '\\' || r == 'u' }) {
			u, _ := strconv.ParseUint(unit, 16, 16)
			units = append(units, uint16(u))
		}
		return string(utf16.Decode(units))
	})
}

var whitespace = strings.NewReplacer("b", "\b", "f", "\f", "n", "\n", "r", "\r", "t", "\t")

// inBase64 is what may be bytes in base64 that hold a secret.
var inBase64 = regexp.MustCompile(`[A-Za-z0-9+/_-]{11,}`)

var standard = strings.NewReplacer("-", "+", "_", "/")

// unbase returns the bytes of base64 in either alphabet, up to what is none.
func unbase(run string) string {
	data, _ := base64.RawStdEncoding.DecodeString(standard.Replace(run))
	return string(data)
}

// streamed returns the texts of an event stream's data, put together over the
// events by the places where they stand.
func streamed(body string) map[string]*strings.Builder {
	texts := map[string]*strings.Builder{}
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(line, "data:")
		if !ok {
			continue
		}
		var value any
		d := json.NewDecoder(bytes.NewReader([]byte(data)))
		d.UseNumber()
		if d.Decode(&value) == nil {
			gather(texts, "", value)
		}
	}
	return texts
}

// gather adds the texts of a value to those of its place.
func gather(texts map[string]*strings.Builder, place string, value any) {
	switch v := value.(type) {
	case string:
		if texts[place] == nil {
			texts[place] = new(strings.Builder)
		}
		_, _ = texts[place].WriteString(v)
	case []any:
		for i, element := range v {
			gather(texts, place+"["+strconv.Itoa(i)+"]", element)
		}
	case map[string]any:
		for name, field := range v {
			gather(texts, place+"."+name, field)
		}
	}
}
