package otel

import (
	"strings"
	"testing"
)

func TestANameIsCutBetweenCharactersAndMadeValid(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	for _, test := range []struct{ in, want string }{
		{"", ""}, {"gpt-4o", "gpt-4o"}, {a(256), a(256)}, {a(257), a(256)},
		{a(254) + "ä", a(254) + "ä"}, {a(255) + "ä", a(255)}, {a(254) + "€", a(254)}, {a(253) + "😀", a(253)}, {a(252) + "😀", a(252) + "😀"},
		{"a\xff\xfeb", "a\uFFFDb"}, {a(252) + "\x80\x80\x80\x80\x80", a(252)},
	} {
		if got := name(test.in); got != test.want {
			t.Errorf("%q (%d bytes) became %q (%d bytes)", test.in, len(test.in), got, len(got))
		}
	}
}
