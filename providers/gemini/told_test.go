package gemini_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/finbrain/ai"
)

// told is what recorded responses say, read without genai: one of them, or
// those of a stream.
type told struct {
	text, model, id, finish, blocked string
	calls                            []toldCall
	usage                            toldUsage
	failed                           bool // an error event
}

type toldCall struct {
	ID, Name string
	Args     json.RawMessage
}

type toldUsage struct {
	PromptTokenCount, ToolUsePromptTokenCount, CandidatesTokenCount, ThoughtsTokenCount, TotalTokenCount, CachedContentTokenCount int
}

func readTold(t *testing.T, bodies ...string) *told {
	all := new(told)
	for _, text := range bodies {
		var body struct {
			Candidates []struct {
				FinishReason string
				Content      struct {
					Parts []struct {
						Text         string
						Thought      bool
						FunctionCall *toldCall
					}
				}
			}
			PromptFeedback           struct{ BlockReason string }
			UsageMetadata            *toldUsage
			ModelVersion, ResponseID string
			Error                    json.RawMessage
		}
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatal(err)
		}
		if body.UsageMetadata != nil {
			all.usage = *body.UsageMetadata
		}
		if body.ModelVersion != "" {
			all.model = body.ModelVersion
		}
		if body.ResponseID != "" {
			all.id = body.ResponseID
		}
		all.failed = all.failed || body.Error != nil
		all.blocked += body.PromptFeedback.BlockReason
		if len(body.Candidates) == 0 {
			continue
		}
		if r := body.Candidates[0].FinishReason; r != "" {
			all.finish = r
		}
		for _, part := range body.Candidates[0].Content.Parts {
			switch {
			case part.Thought:
			case part.FunctionCall != nil:
				all.calls = append(all.calls, *part.FunctionCall)
			default:
				all.text += part.Text
			}
		}
	}
	return all
}

// code is what the adapter must say, empty for an answer.
func (w *told) code(req *ai.Request) ai.Code {
	for _, call := range w.calls {
		if !slices.ContainsFunc(req.Tools, func(tool ai.Tool) bool { return tool.Name == call.Name }) {
			return ai.CodeModelFailed
		}
	}
	something := w.text != "" || len(w.calls) > 0
	switch w.finish {
	case "STOP", "":
		if !something {
			return ai.CodeBadResponse
		}
		return ""
	case "MAX_TOKENS":
		if !something {
			return ai.CodeMaxTokens
		}
		return ""
	case "SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "MODEL_ARMOR":
		return ai.CodeContentFiltered
	}
	return ai.CodeModelFailed
}

func (w *told) check(t *testing.T, req *ai.Request, got *ai.Response, err error) {
	code := w.code(req)
	switch {
	case w.blocked != "":
		code = ai.CodeContentFiltered
	case w.failed:
		if e := asError(t, err); e.Code == ai.CodeCanceled {
			t.Errorf("error = %#v", e)
		}
		return
	}
	if code != "" {
		if e := asError(t, err); e.Code != code {
			t.Errorf("error = %#v, want %s", e, code)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	finish := map[string]ai.FinishReason{"STOP": ai.FinishStop, "": ai.FinishStop, "MAX_TOKENS": ai.FinishLength}[w.finish]
	if finish == ai.FinishStop && len(w.calls) > 0 {
		finish = ai.FinishToolCalls
	}
	if got.Text != w.text || got.FinishReason != finish || got.Model != w.model || got.RequestID != w.id {
		t.Errorf("got  %+v\nwant %+v", got, w)
	}
	u := w.usage
	if want := (ai.Usage{
		InputTokens: u.PromptTokenCount + u.ToolUsePromptTokenCount, OutputTokens: u.CandidatesTokenCount + u.ThoughtsTokenCount,
		TotalTokens: u.TotalTokenCount, CachedTokens: u.CachedContentTokenCount, ReasoningTokens: u.ThoughtsTokenCount,
	}); got.Usage != want {
		t.Errorf("usage %+v, want %+v", got.Usage, want)
	}
	if len(got.ToolCalls) != len(w.calls) {
		t.Fatalf("calls %+v, want %+v", got.ToolCalls, w.calls)
	}
	for i, call := range got.ToolCalls {
		var args bytes.Buffer
		args.WriteString("{}")
		if len(w.calls[i].Args) > 0 {
			args.Reset()
			_ = json.Compact(&args, w.calls[i].Args)
		}
		if call.Name != w.calls[i].Name || call.ID == "" || (w.calls[i].ID != "" && call.ID != w.calls[i].ID) || string(call.Arguments) != args.String() {
			t.Errorf("call %+v, want %+v", call, w.calls[i])
		}
	}
}
