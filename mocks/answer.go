package mocks

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/finbrain/ai"
)

// Answer is what a Server answers to one call for a text, an image analysis or
// an image, in place of an emulation. What is left zero is emulated:
//
//	s.Answer(mocks.Answer{Text: "Net debt fell.", Chunks: 3})
//	s.Answer(mocks.Answer{ToolCalls: []ai.ToolCall{{Name: "price", Arguments: json.RawMessage(`{"isin":"…"}`)}}})
type Answer struct {
	// Text is the answer's text. The call's token limit and stop texts do not
	// change it.
	Text string
	// ToolCalls are what the model wants called. An empty ID is made up, except
	// by Gemini, which may send none. State is sent as Gemini's
	// thoughtSignature; in the Responses API it is the encrypted content of a
	// reasoning item before the call.
	ToolCalls []ai.ToolCall
	// Images answer a call for image generation only.
	Images []ai.GeneratedImage
	// Chunks is how many pieces a stream makes of the text, and of the arguments
	// of each tool call (Gemini sends a call in one piece); 0 is a piece for each
	// word. There are never more than characters.
	Chunks int
	// FinishReason is, when it is empty, FinishToolCalls with ToolCalls, FinishLength
	// when the token limit cut an emulation, else FinishStop. Chat completions
	// and Gemini send one that is not this SDK's as it is written here.
	FinishReason ai.FinishReason
	// Usage is estimated when it is zero.
	Usage ai.Usage
}

// scripted reports whether the answer says itself what is answered.
func (a *Answer) scripted() bool { return a.Text != "" || len(a.ToolCalls)+len(a.Images) > 0 }

// suits reports whether the answer is for calls of the kind.
func (a *Answer) suits(kind ai.Kind) bool {
	switch kind {
	case ai.KindText, ai.KindImage:
		return len(a.Images) == 0
	case ai.KindImageGeneration:
		return len(a.Images) > 0 || !a.scripted()
	default:
		return false
	}
}

func (a Answer) clone() Answer {
	r := (&ai.Response{ToolCalls: a.ToolCalls, Images: a.Images}).Clone()
	a.ToolCalls, a.Images = r.ToolCalls, r.Images
	return a
}

// answers are the answers to come. It is safe for concurrent use.
type answers struct {
	mu       sync.Mutex
	script   []Answer
	standing *Answer
}

func (q *answers) stand(a Answer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.standing = new(a.clone())
}

func (q *answers) add(script []Answer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, a := range script {
		q.script = append(q.script, a.clone())
	}
}

// next takes the first answer for a kind, else the one that stands; the zero
// Answer when there is none.
func (q *answers) next(kind ai.Kind) Answer {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, a := range q.script {
		if a.suits(kind) {
			q.script = slices.Delete(q.script, i, i+1)
			return a
		}
	}
	if q.standing != nil && q.standing.suits(kind) {
		return *q.standing
	}
	return Answer{}
}

func (q *answers) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.script, q.standing = nil, nil
}

// pieces cuts a text into n pieces of about the same length, or into its words
// when n is 0. Put together they are the text; no piece is empty.
func pieces(text string, n int) []string {
	if n <= 0 {
		return wordPieces(text)
	}
	runes := utf8.RuneCountInString(text)
	n = min(n, runes)
	cut := make([]string, 0, n)
	for i := range n {
		end, take := 0, (i+1)*runes/n-i*runes/n
		for ; take > 0; take-- {
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
		}
		cut = append(cut, text[:end])
		text = text[end:]
	}
	return cut
}

// wordPieces cuts a text before the white space of each word, as tokens are.
func wordPieces(text string) []string {
	var cut []string
	for text != "" {
		word := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) })
		end := len(text)
		if word >= 0 {
			if space := strings.IndexFunc(text[word:], unicode.IsSpace); space > 0 {
				end = word + space
			}
		}
		cut = append(cut, text[:end])
		text = text[end:]
	}
	return cut
}

// argumentPieces cuts the JSON of arguments, which has few words.
func argumentPieces(arguments string, n int) []string {
	const length = 8 // about what the services send at a time
	if n <= 0 {
		n = (utf8.RuneCountInString(arguments) + length - 1) / length
	}
	return pieces(arguments, n)
}
