package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is how text looks on a terminal, as SGR parameters (ECMA-48).
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// The width of lines, in characters: a terminal's own within these bounds,
// else the default.
const (
	minWidth     = 40
	maxWidth     = 100
	defaultWidth = 80
)

// screen prints for reading. It has colour on a terminal only, and not when
// NO_COLOR is set (https://no-color.org).
type screen struct {
	w      io.Writer
	width  int
	colour bool
	err    error // the first that writing ended in
}

func newScreen(w io.Writer, getenv func(string) string) *screen {
	s := &screen{w: w, width: defaultWidth}
	f, ok := w.(*os.File)
	if !ok {
		return s
	}
	columns, terminal := terminalWidth(f)
	s.colour = terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		columns = n
	}
	if columns > 0 {
		s.width = min(max(columns, minWidth), maxWidth)
	}
	return s
}

// failure returns why something could not be printed, or nil.
func (s *screen) failure() error {
	if s.err == nil {
		return nil
	}
	return fmt.Errorf("printing: %w", s.err)
}

func (s *screen) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// line prints the parts on a line of their own.
func (s *screen) line(parts ...string) {
	if s.err != nil {
		return
	}
	if _, err := io.WriteString(s.w, strings.Join(parts, "")+"\n"); err != nil {
		s.fail(err)
	}
}

// in returns the text in a style.
func (s *screen) in(look style, text string) string {
	if !s.colour || look == plain || text == "" {
		return text
	}
	return "\x1b[" + string(look) + "m" + text + "\x1b[0m"
}

// text prints a text wrapped to the width, each line behind the indent.
func (s *screen) text(look style, indent, text string) {
	for _, l := range wrap(clean(text), s.width-utf8.RuneCountInString(indent)) {
		if l == "" {
			s.line()
			continue
		}
		s.line(indent, s.in(look, l))
	}
}

// labelWidth is the room for a field's label.
const labelWidth = 10

// field prints a label and, beside it, a value.
func (s *screen) field(label string, look style, value string) {
	for i, l := range wrap(clean(value), s.width-2-labelWidth) {
		if i > 0 {
			label = ""
		}
		s.line("  ", s.in(dim, fmt.Sprintf("%-*s", labelWidth, label)), s.in(look, l))
	}
}

// clean takes out what could steer the terminal: what a provider wrote, and
// the name of a file, are printed as they come.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
}

// wrap breaks the lines of a text at spaces, to at most width characters. An
// indented line stays indented, and a longer word than fits is cut.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		words := strings.TrimLeft(paragraph, " ")
		indent := strings.Repeat(" ", min(len(paragraph)-len(words), width/2))
		current := indent
		for word := range strings.FieldsSeq(words) {
			if current != indent && utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > width {
				lines = append(lines, current)
				current = indent
			}
			if current != indent {
				current += " "
			}
			current += word
			for room := []rune(current); len(room) > width; room = []rune(current) {
				lines = append(lines, string(room[:width]))
				current = indent + string(room[width:])
			}
		}
		lines = append(lines, strings.TrimRight(current, " "))
	}
	return lines
}

// shorten returns at most width characters of the first line of a text.
func shorten(text string, width int) string {
	text, _, cut := strings.Cut(clean(text), "\n")
	letters := []rune(text)
	if len(letters) > width {
		letters, cut = letters[:width-1], true
	}
	if cut {
		return strings.TrimRight(string(letters), " .,") + "…"
	}
	return text
}

// count returns the number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
