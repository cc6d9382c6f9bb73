package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestWrappingKeepsEveryWordAndTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab £  \n-"))).Draw(t, "text")
		width := rapid.IntRange(3, 20).Draw(t, "width")
		lines := wrap(text, width)
		for _, l := range lines {
			if utf8.RuneCountInString(l) > width {
				t.Fatalf("%q is longer than %d", l, width)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got, want := squeeze(strings.Join(lines, "\n")), squeeze(text); got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

func TestWrappedLinesKeepTheirIndent(t *testing.T) {
	got := strings.Join(wrap("A list:\n  - of several words\n\nEnd", 12), "|")
	if want := "A list:|  - of|  several|  words||End"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNothingPrintedSteersTheTerminal(t *testing.T) {
	var printed strings.Builder
	s := &screen{w: &printed, width: defaultWidth}
	s.text(bold, "", "red\x1b[31m \u202eback\r\x07\u009b2J")
	s.field("label", plain, "\x1b]0;title\x07")
	if strings.ContainsFunc(printed.String(), func(r rune) bool { return r != '\n' && clean(string(r)) == "" }) {
		t.Errorf("printed %q", printed.String())
	}
}

func TestColourIsForTerminalsOnly(t *testing.T) {
	if s := newScreen(&strings.Builder{}, noKeys); s.colour || s.in(bold, "text") != "text" {
		t.Error("a buffer got colour")
	}
	s := &screen{colour: true}
	if got := s.in(bold, "text"); got != "\x1b[1mtext\x1b[0m" {
		t.Errorf("got %q", got)
	}
}

func TestShorteningSaysThatSomethingIsMissing(t *testing.T) {
	tests := map[string]string{"short": "short", "far too long": "far too…", "first\nsecond": "first…", "exactly.": "exactly."}
	for text, want := range tests {
		if got := shorten(text, 8); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
