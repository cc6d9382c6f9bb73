package openai_test

import (
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// Whatever a server sends, the outcome is an answer or an error, never both,
// never neither, and never a panic.
func FuzzAnyResponseIsSurvived(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, `"x"`, answer("x"), vectors(floats(0, 1, 2)), vectors(packed(0, 1, 2)),
		choice(`,"content":null,"refusal":"no"`, `"stop"`), refused("x", "tokens", `"rate_limit_exceeded"`),
		refused("Please try again in 1.78s.", "tokens", `429`), `{"error":"x"}`, `[{"error":{"code":400}}]`,
		`{"choices":[{"message":{"content":[{"text":"x"}]}}]}`, `{"data":[{"embedding":"AAAA"}]}`,
	} {
		for _, status := range []int{200, 400, 429, 500} {
			f.Add(status, body, "1")
		}
	}
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		if status < 200 || status > 599 {
			return
		}
		p := provider(t, wiretest.Answering(status, body, "Retry-After", after))
		for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
			got, err := p.Analyze(t.Context(), req)
			if (got == nil) == (err == nil) {
				t.Fatalf("response %v and error %v", got, err)
			}
			if err != nil {
				e := asError(t, err)
				if e.Status != status || e.RetryAfter < 0 || len(body) > 12 && strings.Contains(wiretest.EveryForm(e), body) {
					t.Errorf("%#v", e)
				}
			} else if got.Text == "" && len(got.Embeddings) != 1 {
				t.Errorf("empty answer %+v", got)
			}
		}
	})
}

// Whatever arrives as a stream, it ends in one answer or one error, passes on
// nothing after that, and tells what Collect and the limits rely on.
func FuzzAnyStreamIsSurvived(f *testing.F) {
	call := `"tool_calls":[{"index":0,"id":"a","function":{"name":"rate","arguments":"{}"}}]`
	for _, data := range [][]string{
		{}, {chunk(opening, "null"), chunk(`"content":"x"`, "null"), chunk("", `"stop"`), oneLine(counts), "[DONE]"},
		{chunk(call, `"tool_calls"`)}, {piece(`"function":{"name":"rate"}`), chunk("", `"stop"`)}, {chunk(`"refusal":"no"`, "null")},
		{refused("x", "server_error", "null")}, {`{ "error": 7 }`}, {chunk(`"content":[{"text":"x"}]`, `"length"`)}, {`{"choices":[null],"usage":{}}`},
	} {
		var b strings.Builder
		for _, d := range data {
			b.WriteString("data: " + d + "\n\n")
		}
		f.Add(b.String())
		f.Add(": x\r\nid: 1\r\n" + strings.ReplaceAll(b.String(), "\n", "\r\n"))
		f.Add(strings.TrimRight(b.String(), "}\n"))
	}
	f.Add("<html>")
	f.Add(answer("x"))
	f.Add("event: error\ndata: {}\n\n")
	f.Fuzz(func(t *testing.T, said string) {
		list, err := deltas(t, wiretest.Answering(200, said), asking())
		whole := len(list) > 0 && list[len(list)-1].Response != nil
		if whole == (err != nil) {
			t.Fatalf("%s and %v", show(list), err)
		}
		if err != nil {
			if e := asError(t, err); e.Status != 200 || len(said) > 12 && strings.Contains(wiretest.EveryForm(e), said) {
				t.Errorf("%#v", e)
			}
			return
		}
		got, err := ai.Collect(provider(t, wiretest.Answering(200, said)).Stream(t.Context(), asking()))
		if err != nil || got.FinishReason == "" || got.Text == "" && len(got.ToolCalls) == 0 {
			t.Fatalf("%s, %v", show(got), err)
		}
		req := asking()
		req.History = []ai.Message{{Role: ai.RoleAssistant, Text: "x", ToolCalls: got.ToolCalls}}
		for _, c := range got.ToolCalls {
			if c.ID == "" || c.Name == "" {
				t.Errorf("%s", show(got))
			}
		}
		if err := req.Validate(); err != nil && !strings.Contains(err.Error(), "Name") {
			t.Errorf("the answer cannot go into the history: %v", err)
		}
	})
}

// Whatever the Responses API answers, whole or as a stream, comes to one answer
// or one error.
func FuzzAnyAnswerOfTheResponsesAPIIsSurvived(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, responded(said("x"), ""), responded(thought+","+calling, ""), responded("null,7", `,"error":{"code":"x"}`),
		`{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}`,
		"data: " + delta("x") + "\n\ndata: " + completed(said("x")) + "\n\n",
		"data: " + event("response.output_item.done", `"output_index":0,"item":`+thought) + "\n\ndata: " + completed(calling) + "\n\n",
		"data: " + event("response.function_call_arguments.delta", `"output_index":3,"delta":"{"`) + "\n\ndata: " + completed("") + "\n\n",
		"event: error\ndata: " + event("error", `"code":"server_error","message":"x"`) + "\n\n",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		req := &ai.Request{Prompt: "x", Tools: tools}
		p := provider(t, wiretest.Answering(200, body), responses)
		got, err := p.Analyze(t.Context(), req)
		streamed, failure := ai.Collect(p.Stream(t.Context(), req))
		for _, c := range []struct {
			got *ai.Response
			err error
		}{{got, err}, {streamed, failure}} {
			switch {
			case (c.got == nil) == (c.err == nil):
				t.Fatalf("response %v and error %v", c.got, c.err)
			case c.err != nil:
				if e := asError(t, c.err); e.Status != 200 || len(body) > 12 && strings.Contains(wiretest.EveryForm(e), body) {
					t.Errorf("%#v", e)
				}
			case c.got.Text == "" && len(c.got.ToolCalls) == 0 || c.got.FinishReason == "":
				t.Errorf("empty answer %+v", c.got)
			default:
				next := &ai.Request{Prompt: "x", History: []ai.Message{
					{Role: ai.RoleUser, Text: "x"}, {Role: ai.RoleAssistant, Text: "x", ToolCalls: c.got.ToolCalls}}}
				if err := next.Validate(); err != nil {
					t.Errorf("%+v cannot be sent again: %v", c.got, err)
				}
			}
		}
	})
}

// Whatever is answered to a call for jobs, files or images, the outcome is an
// answer or an error.
func FuzzAnyAnswerAboutJobsFilesAndImagesIsSurvived(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, jobBody, fileBody, `{"data":[` + jobBody + `,null,7],"has_more":true}`, `{"deleted":true}`,
		drawn(png), drawn([]byte("RIFF\x00\x00\x00\x00WEBPVP8X0123456789")), `{"id":7,"created_at":1e300,"result_files":"x"}`,
	} {
		f.Add(200, body)
		f.Add(404, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		p := provider(t, wiretest.Answering(status, body))
		job, err := p.FineTune(t.Context(), "x")
		survived(t, status, job != nil, err)
		jobs, err := p.FineTunes(t.Context(), ai.Cursor{})
		survived(t, status, jobs != nil, err)
		list, err := p.FineTuneEvents(t.Context(), "x", ai.Cursor{})
		survived(t, status, list != nil, err)
		file, err := p.UploadFile(t.Context(), &ai.FileUpload{Name: "x", Content: strings.NewReader("x"), Size: 1})
		survived(t, status, file != nil, err)
		err = p.DeleteFile(t.Context(), "x")
		survived(t, status, err == nil, err)
		made, err := p.Analyze(t.Context(), ai.ImageGeneration("x"))
		survived(t, status, made != nil && len(made.Images) > 0, err)
	})
}

func survived(t *testing.T, status int, answered bool, err error) {
	t.Helper()
	if answered == (err != nil) {
		t.Fatalf("answered: %v, error %v", answered, err)
	}
	if err != nil {
		if e := asError(t, err); e.Status != status {
			t.Errorf("%#v", e)
		}
	}
}
