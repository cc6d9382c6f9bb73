package emulate

import (
	"iter"
	"strings"
	"unicode"
)

// words yields the words and figures of a text, in lower case. A figure keeps
// the points and commas between its digits.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		runes := []rune(text)
		for i := 0; i < len(runes); {
			if !wordRune(runes[i]) {
				i++
				continue
			}
			start := i
			for i < len(runes) && (wordRune(runes[i]) || innerRune(runes, i)) {
				i++
			}
			if !yield(strings.ToLower(string(runes[start:i]))) {
				return
			}
		}
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// innerRune reports whether the rune at i joins a figure (2.1) or a
// contraction (company's).
func innerRune(runes []rune, i int) bool {
	if i == 0 || i+1 >= len(runes) {
		return false
	}
	previous, next := runes[i-1], runes[i+1]
	switch runes[i] {
	case '.', ',':
		return unicode.IsDigit(previous) && unicode.IsDigit(next)
	case '\'', '’':
		return unicode.IsLetter(previous) && unicode.IsLetter(next)
	}
	return false
}

// stem takes the commonest English endings off, so that "covenants" meets
// "covenant" and "falling" meets "falls".
func stem(word string) string {
	word = strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "’s")
	for _, ending := range [...]string{"ings", "ing", "ies", "ed", "es", "s"} {
		if len(word) >= len(ending)+4 && strings.HasSuffix(word, ending) {
			return strings.TrimSuffix(word, ending)
		}
	}
	return word
}

// stopWord reports whether a word says nothing about its text's subject.
func stopWord(word string) bool {
	switch word {
	case "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "before",
		"between", "both", "but", "by", "can", "could", "did", "do", "does", "during", "each", "for", "from",
		"had", "has", "have", "he", "her", "his", "how", "if", "in", "into", "is", "it", "its", "may", "more",
		"most", "no", "not", "of", "on", "only", "or", "other", "our", "out", "over", "own", "put", "she",
		"should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these",
		"they", "this", "those", "to", "under", "up", "us", "was", "we", "were", "what", "when", "where",
		"which", "while", "who", "why", "will", "with", "would", "you", "your":
		return true
	}
	return false
}

// terms yields the stems of the words that carry meaning.
func terms(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for w := range words(text) {
			if !stopWord(w) && !yield(stem(w)) {
				return
			}
		}
	}
}
