package emulate

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxText is how much of a prompt is read, in bytes; what follows does not
// change the answer.
const maxText = 1 << 20

// Summary returns the two to four sentences of the prompt that say most about
// its subject, in their original order; as many as the prompt asks for, if it
// does ("in three sentences"). Sentences that share words with the question
// asked come first, then those with the text's commonest terms, with figures,
// and near the beginning.
func Summary(prompt string) string {
	if len(prompt) > maxText {
		prompt = strings.ToValidUTF8(prompt[:maxText], "")
	}
	question, body := divide(sentences(prompt))
	if len(body) == 0 {
		return "There is no text to analyse beside the question: " + strings.Join(question, " ")
	}
	scored := score(question, body)
	slices.SortStableFunc(scored, func(a, b scoredSentence) int { return cmp.Compare(b.score, a.score) })
	picked := pick(scored, wanted(question, len(body)))
	slices.SortFunc(picked, func(a, b scoredSentence) int { return cmp.Compare(a.index, b.index) })
	texts := make([]string, len(picked))
	for i, s := range picked {
		texts[i] = s.text
	}
	return strings.Join(texts, " ")
}

// questionEdge is how many sentences at either end of a prompt are taken for
// the question when they end in a question mark: those further in belong to
// the text.
const questionEdge = 2

// divide tells the question from the text it is about.
func divide(all []string) (question, body []string) {
	for i, s := range all {
		edge := i < questionEdge || i >= len(all)-questionEdge
		switch {
		case edge && strings.HasSuffix(s, "?"), i == 0 && instructs(s), i > 0 && edge && strings.HasPrefix(s, "Answer "):
			question = append(question, s)
		default:
			body = append(body, s)
		}
	}
	return question, body
}

// instructs reports whether a sentence tells what to do with the text.
func instructs(sentence string) bool {
	if strings.HasSuffix(sentence, ":") {
		return true
	}
	for first := range words(sentence) {
		switch first {
		case "analyse", "analyze", "assess", "compare", "describe", "explain", "extract", "find", "give",
			"list", "name", "outline", "please", "read", "review", "say", "summarise", "summarize", "tell", "write":
			return true
		}
		break
	}
	return false
}

type scoredSentence struct {
	index int
	text  string
	terms map[string]bool
	score float64
}

// The weights were set by reading summaries of company filings: what answers
// the question beats what is frequent, and a sentence with figures beats one
// without.
const (
	questionWeight = 1.5
	figureWeight   = 0.25
	maxFigures     = 3
	openingWeight  = 0.4
)

func score(question, body []string) []scoredSentence {
	asked := set(strings.Join(question, " "))
	scored := make([]scoredSentence, len(body))
	frequency := map[string]int{}
	for i, text := range body {
		scored[i] = scoredSentence{index: i, text: text, terms: set(text)}
		for t := range scored[i].terms {
			frequency[t]++
		}
	}
	for i := range scored {
		s := &scored[i]
		common, shared := 0, 0
		for t := range s.terms {
			common += frequency[t] - 1
			if asked[t] {
				shared++
			}
		}
		s.score = math.Log1p(float64(common)) / math.Sqrt(float64(len(s.terms)+1))
		s.score += questionWeight * float64(min(shared, 3))
		s.score += figureWeight * float64(min(figures(s.text), maxFigures))
		s.score += openingWeight / float64(i+1)
		if len(s.terms) < 4 || !strings.ContainsAny(s.text[len(s.text)-1:], `.!?"')]`) {
			s.score /= 4 // a heading, or a scrap
		}
	}
	return scored
}

func set(text string) map[string]bool {
	m := map[string]bool{}
	for t := range terms(text) {
		m[t] = true
	}
	return m
}

// figures counts the words that begin with a digit.
func figures(text string) int {
	n := 0
	for w := range words(text) {
		if unicode.IsDigit(rune(w[0])) {
			n++
		}
	}
	return n
}

// pick takes the n best of the sorted sentences, passing over those that
// repeat one already taken.
func pick(sorted []scoredSentence, n int) []scoredSentence {
	var picked []scoredSentence
	for _, s := range sorted {
		if len(picked) == n {
			break
		}
		if !slices.ContainsFunc(picked, s.repeats) {
			picked = append(picked, s)
		}
	}
	return picked
}

// repeats reports whether two thirds of the sentence's terms stand in other.
func (s scoredSentence) repeats(other scoredSentence) bool {
	shared := 0
	for t := range s.terms {
		if other.terms[t] {
			shared++
		}
	}
	return 3*shared >= 2*len(s.terms)
}

var numberOfSentences = regexp.MustCompile(`(?i)\b(one|a single|two|three|four|five|[1-9]) (short )?(sentence|point|bullet|line)`)

// wanted is how many sentences to pick out of so many.
func wanted(question []string, of int) int {
	n := min(max(2, (of+4)/5+1), 4)
	if m := numberOfSentences.FindStringSubmatch(strings.Join(question, " ")); m != nil {
		switch number := strings.ToLower(m[1]); number {
		case "one", "a single":
			n = 1
		case "two", "three", "four", "five":
			n = 2 + slices.Index([]string{"two", "three", "four", "five"}, number)
		default:
			n = int(number[0] - '0')
		}
	}
	return n
}
