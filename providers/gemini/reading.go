package gemini

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// maxCalls is how many tool calls one answer may have.
const maxCalls = 1000

// reading is what has been read of an answer: of one response, or of those of
// a stream one after the other.
type reading struct {
	req   *ai.Request
	asked string // the model

	begun  bool // a candidate has come
	text   bool // so has text
	calls  []ai.ToolCall
	finish genai.FinishReason
	usage  ai.Usage
	model  string
	id     string
}

// take reads one response and returns its text, without the model's thoughts,
// and its tool calls. Body is the response's JSON, wanted when the request has
// tools. It returns why there is no answer when the response says so: genai
// returns no error for a blocked prompt.
func (r *reading) take(answer *genai.GenerateContentResponse, body []byte) (text string, calls []ai.ToolCall, problem *ai.Error) {
	if answer.UsageMetadata != nil {
		r.usage = usage(answer.UsageMetadata)
	}
	if answer.ModelVersion != "" {
		r.model = modelName(answer.ModelVersion)
	}
	if answer.ResponseID != "" {
		r.id = answer.ResponseID
	}
	if f := answer.PromptFeedback; f != nil && f.BlockReason != "" && !strings.HasSuffix(string(f.BlockReason), "_UNSPECIFIED") {
		return "", nil, &ai.Error{Code: ai.CodeContentFiltered, Detail: "the prompt was blocked"}
	}
	if len(answer.Candidates) == 0 || answer.Candidates[0] == nil {
		return "", nil, nil
	}
	r.begun = true
	candidate := answer.Candidates[0]
	if reason := candidate.FinishReason; reason != "" && reason != genai.FinishReasonUnspecified {
		r.finish = reason
	}
	if candidate.Content == nil {
		return "", nil, nil
	}
	before := len(r.calls)
	if text, problem = r.parts(candidate.Content.Parts, body); problem != nil {
		return "", nil, problem
	}
	return text, r.calls[before:], nil
}

func (r *reading) parts(parts []*genai.Part, body []byte) (string, *ai.Error) {
	var text string
	var joined strings.Builder // of more than one part
	var exact []json.RawMessage
	for i, part := range parts {
		switch {
		case part == nil || part.Thought:
		case part.FunctionCall != nil:
			if exact == nil {
				exact = arguments(body, len(parts))
			}
			if problem := r.call(part, exact[i]); problem != nil {
				return "", problem
			}
		case part.Text == "":
		case text == "":
			text = part.Text
		default:
			if joined.Len() == 0 {
				joined.WriteString(text)
			}
			joined.WriteString(part.Text)
		}
	}
	if joined.Len() > 0 {
		text = joined.String()
	}
	r.text = r.text || text != ""
	return text, nil
}

// call adds the tool call of a part; exact is what the service wrote as its
// arguments.
func (r *reading) call(part *genai.Part, exact json.RawMessage) *ai.Error {
	call := part.FunctionCall
	if !slices.ContainsFunc(r.req.Tools, func(t ai.Tool) bool { return t.Name == call.Name }) {
		return &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool that the request does not have"}
	}
	if len(r.calls) == maxCalls {
		return &ai.Error{Code: ai.CodeBadResponse, Detail: "the answer has too many tool calls"}
	}
	r.calls = append(r.calls, ai.ToolCall{
		ID: r.callID(call.ID), Name: call.Name, Arguments: exact, State: state(part.ThoughtSignature, r.asked),
	})
	return nil
}

// callID returns an ID that no other call of the conversation has. Models
// before Gemini 3 give none.
func (r *reading) callID(given string) string {
	for given == "" || r.req.ToolCall(given) != nil ||
		slices.ContainsFunc(r.calls, func(c ai.ToolCall) bool { return c.ID == given }) {
		given = "call_" + rand.Text()
	}
	return given
}

// arguments reads the arguments of the calls among the parts of an answer from
// its JSON, because genai reads numbers as float64. There is an entry, an
// object, for each of so many parts.
func arguments(body []byte, parts int) []json.RawMessage {
	var answer struct {
		Candidates []struct {
			Content struct {
				Parts []struct {
					FunctionCall struct{ Args json.RawMessage }
				}
			}
		}
	}
	list := make([]json.RawMessage, parts)
	_ = json.Unmarshal(body, &answer) // it was valid JSON to genai; what is missing is an empty object
	for i := range list {
		list[i] = json.RawMessage("{}")
		if len(answer.Candidates) == 0 || i >= len(answer.Candidates[0].Content.Parts) {
			continue
		}
		args := answer.Candidates[0].Content.Parts[i].FunctionCall.Args
		var compact bytes.Buffer
		if json.Compact(&compact, args) == nil && bytes.HasPrefix(compact.Bytes(), []byte("{")) {
			list[i] = compact.Bytes()
		}
	}
	return list
}

// end is the answer, without its text, or why it is none.
func (r *reading) end(exchange *transport.Exchange) (*ai.Response, *ai.Error) {
	reason, problem := finish(r.finish, r.text, len(r.calls) > 0)
	if problem != nil {
		return nil, problem
	}
	if r.model == "" {
		r.model = r.asked
	}
	return &ai.Response{
		ToolCalls:    r.calls,
		Usage:        r.usage,
		FinishReason: reason,
		Source:       ai.SourceProvider,
		Provider:     providerName,
		Model:        r.model,
		RequestID:    requestID(r.id, exchange),
	}, nil
}

// locate completes an error with where it happened.
func (r *reading) locate(e *ai.Error, exchange *transport.Exchange) *ai.Error {
	e.RequestID = requestID(r.id, exchange)
	return locate(e, exchange, r.asked)
}
