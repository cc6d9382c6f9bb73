package openai_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

func TestEveryRecordedResponseIsRead(t *testing.T) {
	for _, read := range []func(string, string) (map[string]*wiretest.Exchange, string, error){wiretest.Recorded, wiretest.RecordedStreams} {
		recordings, folder, err := read(os.Getenv("AI_RECORDED"), "openai")
		if err != nil {
			t.Fatal(err)
		}
		for name, x := range recordings {
			if !strings.HasPrefix(x.Operation, "responses") || !strings.HasSuffix(strings.TrimRight(x.Request.Path, "/"), "/responses") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				req := declared(x)
				p := provider(t, x.Wire(), responses)
				got, err := p.Analyze(t.Context(), req)
				whole := x.Response.Body
				if !json.Valid([]byte(whole)) && strings.Contains(whole, "data:") {
					got, err = ai.Collect(p.Stream(t.Context(), req))
					whole = lastResponse(whole)
				}
				if x.Response.Status >= 400 {
					checkRefusal(t, x, err)
					return
				}
				checkResponse(t, req, whole, got, err)
				checkRequestID(t, x, got)
			})
		}
		if len(recordings) == 0 {
			t.Logf("no recordings in %s: set AI_RECORDED to their folder", folder)
		}
	}
}

// declared is a request with the functions that were declared.
func declared(x *wiretest.Exchange) *ai.Request {
	var sent struct{ Tools []struct{ Type, Name string } }
	_ = json.Unmarshal([]byte(x.Request.Body), &sent)
	req := ai.Text("x")
	for _, tool := range sent.Tools {
		if tool.Type == "function" {
			req.Tools = append(req.Tools, ai.Tool{Name: tool.Name})
		}
	}
	return req
}

// lastResponse is what the last event of a stream says of the whole.
func lastResponse(body string) string {
	whole := ""
	for line := range strings.Lines(body) {
		var event struct {
			Type     string
			Response json.RawMessage
		}
		data, ok := strings.CutPrefix(line, "data:")
		if ok && json.Unmarshal([]byte(data), &event) == nil && len(event.Response) > 0 {
			whole = string(event.Response)
		}
	}
	return whole
}

// checkResponse compares an answer with the recorded JSON, read without the
// adapter.
func checkResponse(t *testing.T, req *ai.Request, body string, got *ai.Response, err error) {
	t.Helper()
	var told struct {
		Status, Model string
		Details       struct{ Reason string } `json:"incomplete_details"`
		Output        []struct {
			Type, Name, Arguments string
			CallID                string `json:"call_id"`
			Content               []struct{ Type, Text, Refusal string }
		}
		Usage struct {
			Input  int `json:"input_tokens"`
			Output int `json:"output_tokens"`
			Total  int `json:"total_tokens"`
			In     struct {
				Cached int `json:"cached_tokens"`
			} `json:"input_tokens_details"`
			Out struct {
				Reasoning int `json:"reasoning_tokens"`
			} `json:"output_tokens_details"`
		}
	}
	if json.Unmarshal([]byte(body), &told) != nil {
		asError(t, err)
		return
	}
	var text, refusal string
	var calls []ai.ToolCall
	for _, item := range told.Output {
		for _, part := range item.Content {
			if item.Type == "message" {
				text, refusal = text+part.Text, refusal+part.Refusal
			}
		}
		if item.Type == "function_call" {
			calls = append(calls, ai.ToolCall{ID: item.CallID, Name: item.Name, Arguments: json.RawMessage(item.Arguments)})
		}
	}
	code, finish := ai.Code(""), ai.FinishStop
	switch {
	case refusal != "" || told.Details.Reason == "content_filter":
		code = ai.CodeContentFiltered
	case told.Status == "incomplete" && (text == "" || len(calls) > 0):
		code = ai.CodeMaxTokens
	case told.Status == "incomplete":
		finish = ai.FinishLength
	case told.Status != "completed":
		asError(t, err)
		return
	case len(calls) > 0 && len(req.Tools) == 0:
		code = ai.CodeModelFailed
	case len(calls) > 0:
		finish = ai.FinishToolCalls
	case text == "":
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
	u := told.Usage
	usage := ai.Usage{InputTokens: u.Input, OutputTokens: u.Output, TotalTokens: u.Total, CachedTokens: u.In.Cached, ReasoningTokens: u.Out.Reasoning}
	if got.Text != text || got.FinishReason != finish || got.Model != told.Model || got.Usage != usage || len(got.ToolCalls) != len(calls) {
		t.Fatalf("got %s\nfrom %s", show(got), body)
	}
	for i, want := range calls {
		if c := got.ToolCalls[i]; c.ID != want.ID || c.Name != want.Name || string(c.Arguments) != string(want.Arguments) {
			t.Errorf("call %s, recorded %s", show(c), show(want))
		}
	}
}

func TestEveryRecordedJobIsRead(t *testing.T) {
	recordings, folder, err := wiretest.Recorded(os.Getenv("AI_RECORDED"), "openai")
	if err != nil {
		t.Fatal(err)
	}
	if len(recordings) == 0 {
		t.Skipf("no recorded exchanges in %s: set AI_RECORDED to their folder", folder)
	}
	for name, x := range recordings {
		if !strings.Contains(x.Request.Path, "/fine_tuning/jobs") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			p := provider(t, x.Wire())
			var told struct {
				ID, Status, Model string
				Data              []struct{ ID string }
				TrainedTokens     int64  `json:"trained_tokens"`
				CreatedAt         int64  `json:"created_at"`
				FineTunedModel    string `json:"fine_tuned_model"`
			}
			_ = json.Unmarshal([]byte(x.Response.Body), &told)
			path, _, _ := strings.Cut(x.Request.Path, "?")
			switch {
			case x.Response.Status >= 400:
				_, err := p.FineTune(t.Context(), "x")
				checkRefusal(t, x, err)
			case strings.HasSuffix(path, "/checkpoints") || strings.Contains(path, "/permissions"):
			case strings.HasSuffix(path, "/events"):
				page, err := p.FineTuneEvents(t.Context(), "x", ai.Cursor{})
				if err != nil || len(page.Items) != len(told.Data) {
					t.Fatalf("%+v, %v", page, err)
				}
				for i, event := range page.Items {
					if event.ID != told.Data[i].ID || event.Time.IsZero() {
						t.Errorf("%+v", event)
					}
				}
			case told.ID == "":
				page, err := p.FineTunes(t.Context(), ai.Cursor{})
				if err != nil || len(page.Items) != len(told.Data) {
					t.Fatalf("%+v, %v", page, err)
				}
			default:
				job, err := p.FineTune(t.Context(), "x")
				if err != nil {
					t.Fatal(err)
				}
				if job.ID != told.ID || string(job.Status) != told.Status || job.Model != told.Model || job.CreatedAt.Unix() != told.CreatedAt ||
					job.FineTunedModel != told.FineTunedModel || job.TrainedTokens != told.TrainedTokens {
					t.Errorf("got %s\nfrom %s", show(job), x.Response.Body)
				}
			}
		})
	}
}

func TestEveryRecordedFileAndImageIsRead(t *testing.T) {
	recordings, _, err := wiretest.Recorded(os.Getenv("AI_RECORDED"), "openai")
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range recordings {
		var told struct {
			ID, Object, Filename string
			Bytes                int64
			Data                 []struct {
				B64 string `json:"b64_json"`
			}
		}
		path, _, _ := strings.Cut(x.Request.Path, "?")
		generation := strings.HasSuffix(path, "/images/generations")
		if x.Response.Status >= 400 || !generation && !strings.HasSuffix(path, "/files") || json.Unmarshal([]byte(x.Response.Body), &told) != nil {
			continue
		}
		p := provider(t, x.Wire())
		switch {
		case generation && len(told.Data) > 0 && told.Data[0].B64 != "":
			if got, err := p.Analyze(t.Context(), ai.ImageGeneration("x")); err != nil || len(got.Images) != len(told.Data) {
				t.Errorf("%s: %v", name, err)
			}
		case generation: // an address: never asked for, and not fetched
			_, err := p.Analyze(t.Context(), ai.ImageGeneration("x"))
			asError(t, err)
		case told.Object == "file":
			got, err := p.UploadFile(t.Context(), &ai.FileUpload{Name: "x", Content: strings.NewReader("x"), Size: 1})
			if err != nil || got.ID != told.ID || got.Name != told.Filename || got.Size != told.Bytes {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}
