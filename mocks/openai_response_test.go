package mocks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

// output describes the items of a response.
func output(t *testing.T, resp goopenai.CreateResponseResponse) string {
	t.Helper()
	data, err := json.Marshal(resp.Output)
	if err != nil {
		t.Fatal(err)
	}
	var items []struct {
		goopenai.ResponseOutputItem
		Encrypted string `json:"encrypted_content"`
	}
	if err := json.Unmarshal(data, &items); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, item := range items {
		text := item.Type
		for _, part := range item.Content {
			text += " " + part.Type + ":" + part.Text + part.Refusal
		}
		if item.Type == "function_call" {
			text += " " + item.CallID + ":" + item.Name + item.Arguments
		}
		all = append(all, text+item.Encrypted)
	}
	return string(resp.Status) + " " + strings.Join(all, ", ")
}

func TestTheResponsesAPIAnswersInItems(t *testing.T) {
	s, c := newOpenAI(t)
	ask := func(req goopenai.CreateResponseRequest) goopenai.CreateResponseResponse {
		t.Helper()
		req.Model = "gpt-6"
		resp, err := c.CreateResponse(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	call := ai.ToolCall{ID: "call_1", Name: "price", Arguments: json.RawMessage(`{"a":1}`), State: []byte("state")}
	s.Answer(
		mocks.Answer{Text: "Net debt fell.", Usage: ai.Usage{InputTokens: 9, OutputTokens: 4, CachedTokens: 1}},
		mocks.Answer{Text: "fell", FinishReason: ai.FinishLength},
		mocks.Answer{ToolCalls: []ai.ToolCall{call}},
		mocks.Answer{ToolCalls: []ai.ToolCall{call}, Usage: ai.Usage{OutputTokens: 9, ReasoningTokens: 5}},
	)
	resp := ask(goopenai.CreateResponseRequest{Input: "What of debt?", Instructions: "Be brief."})
	if got := output(t, resp); got != "completed message output_text:Net debt fell." || resp.Usage.TotalTokens != 13 || resp.Usage.InputTokensDetails.CachedTokens != 1 {
		t.Errorf("%s %+v", got, resp.Usage)
	}
	resp = ask(goopenai.CreateResponseRequest{Input: "x"})
	if got := output(t, resp); got != "incomplete message output_text:fell" || resp.IncompleteDetails.Reason != "max_output_tokens" {
		t.Errorf("%s %+v", got, resp.IncompleteDetails)
	}
	if got := output(t, ask(goopenai.CreateResponseRequest{Input: "x"})); got != `completed reasoning, function_call call_1:price{"a":1}` {
		t.Error(got)
	}
	encrypted := []goopenai.ResponseInclude{goopenai.ResponseIncludeReasoningEncryptedContent}
	resp = ask(goopenai.CreateResponseRequest{Input: "x", Include: encrypted})
	if got := output(t, resp); got != `completed reasoningc3RhdGU=, function_call call_1:price{"a":1}` || resp.Usage.OutputTokensDetails.ReasoningTokens != 5 {
		t.Error(got)
	}
	for _, tt := range []struct {
		code ai.Code
		want string
	}{
		{ai.CodeContentFiltered, "completed message refusal:I cannot help with that."},
		{ai.CodeMaxTokens, "incomplete reasoning"},
	} {
		s.Script(mocks.Fault{Code: tt.code})
		if got := output(t, ask(goopenai.CreateResponseRequest{Input: "x"})); got != tt.want {
			t.Errorf("%s: %s", tt.code, got)
		}
	}
	schema := json.RawMessage(`{"type":"object","properties":{"risk":{"type":"boolean"}},"required":["risk"],"additionalProperties":false}`)
	resp = ask(goopenai.CreateResponseRequest{Input: "x", Text: &goopenai.ResponseTextConfig{
		Format: &goopenai.ResponseTextFormat{Type: "json_schema", Name: "r", Schema: schema, Strict: true}}})
	if got := output(t, resp); got != `completed message output_text:{"risk":false}` {
		t.Error(got)
	}
	resp = ask(goopenai.CreateResponseRequest{
		Input: "x", ToolChoice: map[string]string{"type": "function", "name": "price"},
		Tools: []goopenai.ResponseTool{goopenai.NewResponseFunctionTool(goopenai.FunctionDefinition{Name: "price", Parameters: schema, Strict: true})},
	})
	if got := output(t, resp); !strings.HasSuffix(got, `:price{"risk":false}`) {
		t.Error(got)
	}
}

func TestTheResponsesAPIReadsItems(t *testing.T) {
	s := mocks.NewOpenAI()
	defer s.Close()
	const user = `{"role":"user","content":[{"type":"input_text","text":"What of debt?"}]}`
	const called = `{"type":"function_call","call_id":"c","name":"price","arguments":"{}"}`
	const result = `{"type":"function_call_output","call_id":"c","output":"Net debt rose to 612."}`
	image := `{"role":"user","content":[{"type":"input_image","image_url":"` + dataURL(flag()) + `"},{"type":"input_file","filename":"a.pdf","file_data":"` + pdf + `"}]}`
	tests := []struct {
		name, input string
		status      int
		says        string
	}{
		{"a text", `"Net debt rose to 612."`, 200, "612"},
		{"a message", user, 200, "no text to analyse"},
		{"results", user + "," + `{"type":"reasoning","id":"r","summary":[],"encrypted_content":"x"},` + called + "," + result, 200, "612"},
		{"an image and a PDF", image, 200, "landscape. Main colours: blue (#2040d0) 67 %, white (#ffffff) 33 %. A PDF document of 9 bytes."},
		{"a PDF by its address", `{"role":"user","content":[{"type":"input_file","file_url":"https://a.test/a.pdf"}]}`, 200, "does not open"},
		{"an unknown item", user + `,{"type":"tomorrow","id":"t"}`, 200, "output_text"},
		{"nothing", "", 400, `"param":"input"`},
		{"no such role", `{"role":"boss","content":"x"}`, 400, `"param":"input[0].role"`},
		{"a result of no call", user + "," + result, 400, "No tool call found"},
		{"a call without a result", user + "," + called, 400, "No tool output found"},
		{"a call without a name", user + `,{"type":"function_call","call_id":"c"}`, 400, "lacks a call_id or a name"},
		{"no such content", `{"role":"user","content":[{"type":"text","text":"x"}]}`, 400, `"param":"input[0].content[0]"`},
	}
	for _, tt := range tests {
		input := tt.input
		if !strings.HasPrefix(input, `"`) {
			input = "[" + input + "]"
		}
		status, body := post(t, s, "/v1/responses", "Authorization", "Bearer any", `{"model":"m","input":`+input+`}`)
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
	}
	for field, value := range map[string]string{"temperature": "3", "max_output_tokens": "15", "tool_choice": `"required"`, "text.format.type": ""} {
		extra := fmt.Sprintf(`%q:%s`, field, value)
		if value == "" {
			extra = `"text":{"format":{"type":"xml"}}`
		}
		status, body := post(t, s, "/v1/responses", "Authorization", "Bearer any", `{"model":"m","input":"x",`+extra+`}`)
		if status != 400 || !strings.Contains(body, `"param":"`+field+`"`) {
			t.Errorf("%s: %d %s", field, status, body)
		}
	}
}

func TestAStreamedResponseTellsItsStory(t *testing.T) {
	s := mocks.NewOpenAI()
	defer s.Close()
	s.Answer(mocks.Answer{Text: "Net debt", ToolCalls: []ai.ToolCall{{Name: "today"}}, Usage: ai.Usage{OutputTokens: 3, ReasoningTokens: 1}})
	var got []string
	for line := range strings.Lines(raw(t, s, streamer{name: "responses"})) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var e struct {
				Type   string `json:"type"`
				Number int    `json:"sequence_number"`
			}
			if err := json.Unmarshal([]byte(data), &e); err != nil || e.Number != len(got) {
				t.Errorf("event %d: %s", len(got), data)
			}
			got = append(got, strings.TrimPrefix(e.Type, "response."))
		}
	}
	want := "created in_progress output_item.added output_item.done " +
		"output_item.added content_part.added output_text.delta output_text.delta output_text.done content_part.done output_item.done " +
		"output_item.added function_call_arguments.delta function_call_arguments.done output_item.done completed"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}
