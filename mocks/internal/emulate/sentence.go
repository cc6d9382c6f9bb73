package emulate

import (
	"slices"
	"strings"
	"unicode"
)

// sentences splits a text into sentences. A blank line and a list item end one
// as well; other line breaks are white space.
func sentences(text string) []string {
	var found []string
	var block strings.Builder
	flush := func() {
		found = append(found, splitBlock(block.String())...)
		block.Reset()
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		item, isItem := listItem(line)
		if line == "" || isItem {
			flush()
		}
		if block.Len() > 0 {
			block.WriteByte(' ')
		}
		block.WriteString(item)
	}
	flush()
	return found
}

// listItem returns the line without its bullet or heading mark.
func listItem(line string) (text string, is bool) {
	for _, mark := range [...]string{"- ", "* ", "• ", "– "} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return strings.TrimSpace(rest), true
		}
	}
	if rest := strings.TrimLeft(line, "#"); rest != line && strings.HasPrefix(rest, " ") {
		return strings.TrimSpace(rest), true
	}
	return line, false
}

// splitBlock cuts after a full stop, question mark or exclamation mark behind
// which something new begins.
func splitBlock(block string) []string {
	var found []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			found = append(found, s)
		}
	}
	start := 0
	for i := 0; i < len(block); i++ {
		if c := block[i]; c != '.' && c != '?' && c != '!' {
			continue
		}
		end := i + 1
		for end < len(block) && strings.IndexByte(`.?!"')]`, block[end]) >= 0 {
			end++
		}
		if end < len(block) && (block[end] != ' ' || !opensSentence(block[end+1:]) || abbreviation(block[start:i])) {
			continue
		}
		add(block[start:end])
		start, i = end, end-1
	}
	add(block[start:])
	return found
}

func opensSentence(rest string) bool {
	for _, r := range rest {
		if r == ' ' || r == '"' || r == '\'' || r == '(' || r == '[' || r == '“' || r == '‘' {
			continue
		}
		return !unicode.IsLower(r)
	}
	return true
}

var abbreviations = []string{
	"approx", "cf", "co", "corp", "dr", "e.g", "etc", "fig", "i.e", "inc", "ltd", "mr", "mrs", "ms", "no",
	"nos", "p", "pp", "st", "u.k", "u.s", "vs",
}

// abbreviation reports whether what stands before a full stop is one.
func abbreviation(before string) bool {
	word := strings.ToLower(strings.TrimLeft(before[strings.LastIndexByte(before, ' ')+1:], `("[`))
	return len(word) == 1 && unicode.IsLetter(rune(word[0])) || slices.Contains(abbreviations, word)
}
