package openai_test

import (
	"encoding/json"
	"testing"

	"github.com/finbrain/ai"
)

// told is what a recorded answer says, read without the adapter.
type told struct {
	text, refusal, finish, model string
	calls                        []toldCall
	usage                        ai.Usage
}

type toldCall struct{ id, name, arguments string }

// tell reads the JSON of a whole answer, or of all the pieces of one.
func tell(t *testing.T, bodies ...string) *told {
	t.Helper()
	type function struct{ Name, Arguments string }
	type turn struct {
		Content, Refusal string
		ToolCalls        []struct {
			Index    int
			ID       string
			Function function
		} `json:"tool_calls"`
		FunctionCall *function `json:"function_call"`
	}
	told := new(told)
	add := func(i int, id string, f function) {
		for len(told.calls) <= i {
			told.calls = append(told.calls, toldCall{})
		}
		c := &told.calls[i]
		c.id, c.name, c.arguments = c.id+id, c.name+f.Name, c.arguments+f.Arguments
	}
	for _, body := range bodies {
		var said struct {
			Model   string
			Choices []struct {
				Index          int
				FinishReason   string `json:"finish_reason"`
				Message, Delta turn
			}
			Usage *struct {
				Prompt     int `json:"prompt_tokens"`
				Completion int `json:"completion_tokens"`
				Total      int `json:"total_tokens"`
				In         struct {
					Cached int `json:"cached_tokens"`
				} `json:"prompt_tokens_details"`
				Out struct {
					Reasoning int `json:"reasoning_tokens"`
				} `json:"completion_tokens_details"`
			}
		}
		if err := json.Unmarshal([]byte(body), &said); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		told.model = said.Model
		if u := said.Usage; u != nil {
			told.usage = ai.Usage{InputTokens: u.Prompt, OutputTokens: u.Completion, TotalTokens: u.Total, CachedTokens: u.In.Cached, ReasoningTokens: u.Out.Reasoning}
		}
		for _, choice := range said.Choices {
			if choice.Index != 0 {
				continue // one was asked for
			}
			told.finish += choice.FinishReason
			for _, turn := range []turn{choice.Message, choice.Delta} {
				told.text += turn.Content
				told.refusal += turn.Refusal
				for i, call := range turn.ToolCalls {
					add(max(i, call.Index), call.ID, call.Function)
				}
				if turn.FunctionCall != nil {
					add(0, "", *turn.FunctionCall)
				}
			}
		}
	}
	return told
}

// check compares what the adapter made of the recording.
func (w *told) check(t *testing.T, req *ai.Request, got *ai.Response, err error) {
	t.Helper()
	code, finish := ai.Code(""), ai.FinishStop
	switch {
	case w.refusal != "" || w.finish == "content_filter":
		code = ai.CodeContentFiltered
	case len(w.calls) > 0 && len(req.Tools) == 0:
		code = ai.CodeModelFailed
	case len(w.calls) > 0 && w.finish != "length":
		finish = ai.FinishToolCalls
	case w.finish == "length" && (w.text == "" || len(w.calls) > 0):
		code = ai.CodeMaxTokens
	case w.finish == "length":
		finish = ai.FinishLength
	case w.finish != "stop" || w.text == "":
		code = ai.CodeBadResponse
	}
	if code != "" {
		if e := asError(t, err); e.Code != code {
			t.Errorf("error = %#v, want %q", e, code)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got.Text != w.text || got.FinishReason != finish || got.Model != w.model || got.Usage != w.usage || len(got.ToolCalls) != len(w.calls) {
		t.Errorf("got %+v\nfrom %+v", got, w)
		return
	}
	for i, call := range got.ToolCalls {
		want := w.calls[i]
		if call.Name != want.name || string(call.Arguments) != want.arguments || call.ID == "" || want.id != "" && call.ID != want.id {
			t.Errorf("call %+v, recorded %+v", call, want)
		}
	}
}
