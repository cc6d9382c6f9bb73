package otel

import (
	"strings"
	"sync"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

const (
	// nameBytes is how long a name may be: that of a model may come from a
	// user.
	nameBytes = 256
	// nameCount is how many names a label may have.
	nameCount = 100
)

// text makes a string fit for export: one that is not valid UTF-8 loses an
// exporter, whose messages are protobufs, everything it sends along with it.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// name is text of a bounded length.
func name(s string) string {
	if len(s) > nameBytes {
		end := nameBytes
		for end > nameBytes-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = strings.Clone(s[:end])
	}
	return text(s)
}

// named is an attribute whose value is a name.
func named(key attribute.Key, s string) attribute.KeyValue { return key.String(name(s)) }

// names are the values that a label has had: the first nameCount of them are
// shown, further ones are all "_OTHER".
type names struct {
	mu    sync.Mutex
	known map[string]bool
}

// label is how s is shown. If it is new, it takes a place only when admit is
// true.
func (n *names) label(s string, admit bool) string {
	if s == "" {
		return ""
	}
	s = name(s)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.known[s]:
		return s
	case !admit, len(n.known) == nameCount:
		return otherValue
	}
	if n.known == nil {
		n.known = make(map[string]bool)
	}
	n.known[s] = true
	return s
}
