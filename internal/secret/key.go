// Package secret holds values that must never be printed.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what is printed in place of a secret.
const Redacted = "[redacted]"

// Key is a secret that no fmt verb, slog handler or encoder prints, at any
// depth of nesting. It lies behind a function, so that code which walks
// unexported fields by reflection does not find it either. The zero Key is
// empty. A Key is immutable and safe for concurrent use.
type Key struct {
	reveal func() string
}

// New returns a Key that holds value.
func New(value string) Key {
	if value == "" {
		return Key{}
	}
	return Key{reveal: func() string { return value }}
}

// Reveal returns the secret itself, for the header that carries it.
func (k Key) Reveal() string {
	if k.reveal == nil {
		return ""
	}
	return k.reveal()
}

// Empty reports whether there is no secret.
func (k Key) Empty() bool { return k.reveal == nil }

// String returns Redacted, or nothing for an empty Key.
func (k Key) String() string {
	if k.Empty() {
		return ""
	}
	return Redacted
}

// GoString returns what String returns.
func (k Key) GoString() string { return k.String() }

// Format writes what String returns, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is what slog prints.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is what encoders write.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
