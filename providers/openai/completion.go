package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/finbrain/ai"
)

// completion is the service's answer, whole or a piece of it. Compatible
// servers vary it: a field of another type than documented is passed over.
type completion struct {
	Object  string
	Model   string
	Choices []completionChoice
	Usage   *completionUsage
	Error   json.RawMessage
	XGroq   struct{ Usage *completionUsage } `json:"x_groq"` // where Groq has the usage of a stream
}

type completionChoice struct {
	Index        int
	Message      completionTurn   // of a whole answer
	Delta        completionTurn   // of a piece
	FinishReason string           `json:"finish_reason"`
	Usage        *completionUsage // where Moonshot has the usage of a stream
}

type completionTurn struct {
	Content      content
	Refusal      content
	ToolCalls    []completionCall    `json:"tool_calls"`
	FunctionCall *completionFunction `json:"function_call"` // before there were tools
}

type completionCall struct {
	Index    *int
	ID       string
	Function completionFunction
}

type completionFunction struct {
	Name      string
	Arguments arguments
}

type completionUsage struct {
	PromptTokens        number `json:"prompt_tokens"`
	CompletionTokens    number `json:"completion_tokens"`
	TotalTokens         number `json:"total_tokens"`
	PromptTokensDetails struct {
		CachedTokens number `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionTokensDetails struct {
		ReasoningTokens number `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
	PromptCacheHitTokens number `json:"prompt_cache_hit_tokens"` // DeepSeek's cached tokens
}

func (u *completionUsage) counted() ai.Usage {
	if u == nil {
		return ai.Usage{}
	}
	total := u.TotalTokens
	if total == 0 {
		total = u.PromptTokens + u.CompletionTokens
	}
	return ai.Usage{
		InputTokens: int(u.PromptTokens), OutputTokens: int(u.CompletionTokens), TotalTokens: int(total),
		CachedTokens:    int(max(u.PromptTokensDetails.CachedTokens, u.PromptCacheHitTokens)),
		ReasoningTokens: int(u.CompletionTokensDetails.ReasoningTokens),
	}
}

// decode reads an answer. What is of another type than documented stays zero.
func (c *completion) decode(data []byte) error {
	err := json.Unmarshal(data, c)
	if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); mistyped {
		return nil
	}
	return err
}

// choice returns the first choice, nil without any: one was asked for.
func (c *completion) choice() *completionChoice {
	for i := range c.Choices {
		if c.Choices[i].Index == 0 {
			return &c.Choices[i]
		}
	}
	return nil
}

// failed reports whether an error stands in the answer, whatever is beside it:
// a router whose upstream broke off says so.
func (c *completion) failed() bool {
	return len(c.Error) > 0 && string(c.Error) != "null" || c.Object == "error"
}

// usage returns the counts, wherever they are, nil without any.
func (c *completion) usage() *completionUsage {
	switch {
	case c.Usage != nil:
		return c.Usage
	case c.XGroq.Usage != nil:
		return c.XGroq.Usage
	case len(c.Choices) > 0:
		return c.Choices[0].Usage
	}
	return nil
}

// calls returns the tool calls, the one of the old form among them.
func (t *completionTurn) calls() []completionCall {
	if t.FunctionCall != nil && len(t.ToolCalls) == 0 {
		return []completionCall{{Function: *t.FunctionCall}}
	}
	return t.ToolCalls
}

// content is text: a string, or the texts of a list of parts, as some
// compatible servers send it. Anything else is empty.
type content string

func (c *content) UnmarshalJSON(data []byte) error {
	if text, ok := jsonString(data); ok {
		*c = content(text)
		return nil
	}
	var parts []struct{ Text string }
	_ = json.Unmarshal(data, &parts)
	var b strings.Builder
	for i := range parts {
		b.WriteString(parts[i].Text)
	}
	*c = content(b.String())
	return nil
}

// arguments are those of a call: a string that holds JSON, or JSON itself, as
// some compatible servers send it.
type arguments string

func (a *arguments) UnmarshalJSON(data []byte) error {
	if text, ok := jsonString(data); ok {
		*a = arguments(text)
	} else if !bytes.Equal(data, []byte("null")) {
		*a = arguments(data)
	}
	return nil
}

// jsonString reads a JSON string; most hold nothing to unescape.
func jsonString(data []byte) (string, bool) {
	if len(data) < 2 || data[0] != '"' {
		return "", false
	}
	if inner := data[1 : len(data)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	var text string
	return text, json.Unmarshal(data, &text) == nil
}
