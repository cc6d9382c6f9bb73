package emulate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Label begins every emulated text, so that nobody takes it for a model's.
const Label = "[emulated] "

// Question is what a model would be asked.
type Question struct {
	// Prompt is the text to analyse, with the question about it, or the
	// question about the images.
	Prompt string
	// Images and Documents are described in place of the prompt when there are
	// any.
	Images    []Image
	Documents []Document
	// ContextTokens is the size of what else was sent: instruction and history.
	ContextTokens int
	// MaxTokens cuts the answer; 0 does not.
	MaxTokens int
	// Stop ends the answer before any of these texts.
	Stop []string
}

// Answer is an emulated answer.
type Answer struct {
	Text string
	// Truncated is true when MaxTokens cut the text.
	Truncated    bool
	InputTokens  int
	OutputTokens int
}

// Answer answers the question. Its error, for an image that cannot be read, is
// an *ImageError.
func (q Question) Answer() (Answer, error) {
	a := Answer{InputTokens: q.InputTokens()}
	text := Label
	if len(q.Images)+len(q.Documents) == 0 {
		text += Summary(q.Prompt)
	} else {
		described, err := describeAll(q.Images)
		if err != nil {
			return Answer{}, err
		}
		for _, d := range q.Documents {
			described = append(described, d.describe())
		}
		text += strings.Join(described, " ")
	}
	text = strings.ToValidUTF8(before(text, q.Stop), "") // a stop may be part of a character
	if q.MaxTokens > 0 && Tokens(text) > q.MaxTokens {
		text, a.Truncated = head(text, q.MaxTokens*runesPerToken), true
	}
	a.Text, a.OutputTokens = text, Tokens(text)
	return a, nil
}

// InputTokens estimates the tokens of the whole question.
func (q Question) InputTokens() int {
	return q.ContextTokens + Tokens(q.Prompt) + imageTokens*(len(q.Images)+len(q.Documents))
}

func describeAll(images []Image) ([]string, error) {
	parts := make([]string, len(images))
	for i, m := range images {
		text, err := m.describe()
		if err != nil {
			return nil, &ImageError{Index: i}
		}
		if len(images) > 1 {
			text = fmt.Sprintf("Image %d: %s", i+1, text)
		}
		parts[i] = text
	}
	return parts, nil
}

// before returns what stands before the first of the stop texts.
func before(text string, stop []string) string {
	for _, s := range stop {
		if i := strings.Index(text, s); i >= 0 && s != "" {
			text = text[:i]
		}
	}
	return text
}

const (
	// runesPerToken is the rule of thumb for English text
	// (https://platform.openai.com/tokenizer).
	runesPerToken = 4
	// imageTokens is what Gemini charges for a small image, or a document's page
	// (https://ai.google.dev/gemini-api/docs/tokens).
	imageTokens = 258
)

// Tokens estimates the tokens of a text: one per four characters, rounded up.
func Tokens(text string) int {
	return (utf8.RuneCountInString(text) + runesPerToken - 1) / runesPerToken
}

// head returns the first n characters.
func head(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
