package mocks

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
)

// said is an answer to a call for a text, an image analysis or an image,
// before it is written as a provider would.
type said struct {
	text    string
	refusal string // in place of a text
	calls   []ai.ToolCall
	images  []ai.GeneratedImage
	finish  ai.FinishReason
	usage   ai.Usage
	chunks  int
	code    ai.Code // of an answer that holds no text; "" of one that does
}

// respond returns what is answered: what the script says or what is emulated.
func (q question) respond() (said, error) {
	a, script := said{chunks: q.scripted.Chunks, finish: ai.FinishStop}, q.scripted
	switch {
	case script.scripted():
		a.text, a.calls, a.images = script.Text, script.ToolCalls, script.Images
	case q.kind == ai.KindImageGeneration:
		a.images = q.picture.paint()
	case q.forced != nil:
		a.calls = []ai.ToolCall{{Name: q.forced.name, Arguments: emulate.Instance(q.forced.parameters)}}
	case q.schema != nil:
		a.text = string(emulate.Instance(q.schema))
	default:
		emulated, err := q.ask.Answer()
		if err != nil {
			return said{}, err
		}
		a.text = emulated.Text
		if emulated.Truncated {
			a.finish = ai.FinishLength
		}
	}
	if len(a.calls) > 0 {
		a.finish = ai.FinishToolCalls
	}
	a.finish = cmp.Or(script.FinishReason, a.finish)
	a.usage = q.usageOf(a)
	if script.Usage != (ai.Usage{}) {
		a.usage = script.Usage
		a.usage.TotalTokens = cmp.Or(a.usage.TotalTokens, a.usage.InputTokens+a.usage.OutputTokens)
	}
	return a, nil
}

// imageTokens is what an emulated image costs.
const imageTokens = 1024

// usageOf estimates the tokens of the question and the answer.
func (q question) usageOf(a said) ai.Usage {
	u := ai.Usage{InputTokens: q.ask.InputTokens() + emulate.Tokens(q.picture.prompt)}
	u.OutputTokens = emulate.Tokens(a.text) + imageTokens*len(a.images)
	for _, c := range a.calls {
		u.OutputTokens += emulate.Tokens(c.Name) + emulate.Tokens(string(c.Arguments))
	}
	u.TotalTokens = u.InputTokens + u.OutputTokens
	return u
}

// silent returns the answers with status 200 that hold no text.
func (q question) silent(p *problem) (said, bool) {
	if p.status != 0 || q.kind != ai.KindText && q.kind != ai.KindImage {
		return said{}, false
	}
	a := said{code: p.code, finish: ai.FinishStop}
	a.usage.InputTokens = q.ask.InputTokens()
	switch p.code {
	case ai.CodeContentFiltered:
		a.refusal = "I cannot help with that."
	case ai.CodeMaxTokens:
		a.finish = ai.FinishLength
		a.usage.ReasoningTokens = cmp.Or(q.ask.MaxTokens, 256)
		a.usage.OutputTokens = a.usage.ReasoningTokens
	case ai.CodeModelFailed:
		a.finish = ai.FinishToolCalls
		a.calls = []ai.ToolCall{{Name: "emulated", Arguments: json.RawMessage("{}")}}
	default:
		return said{}, false
	}
	a.usage.TotalTokens = a.usage.InputTokens + a.usage.OutputTokens
	return a, true
}

// paint makes the images asked for.
func (p picture) paint() []ai.GeneratedImage {
	images := make([]ai.GeneratedImage, max(1, p.count))
	for i := range images {
		data := emulate.Paint(p.prompt, i, p.width, p.height, p.mediaType)
		images[i] = ai.GeneratedImage{Data: data, MediaType: http.DetectContentType(data)}
	}
	return images
}

// arguments returns the call's arguments, "{}" when it has none.
func arguments(c ai.ToolCall) json.RawMessage {
	if len(c.Arguments) == 0 {
		return json.RawMessage("{}")
	}
	return c.Arguments
}
