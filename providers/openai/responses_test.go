package openai_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	library "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

// either lets the adapter choose the interface, responses chooses the Responses
// API.
func either(c *openai.Config)    { c.API = "" }
func responses(c *openai.Config) { c.API = "responses" }

// responded is the body of an answer of the Responses API, given as its output
// items and further fields in JSON.
func responded(output, more string) string {
	return `{"id":"resp_1","object":"response","created_at":1,"status":"completed","error":null,"incomplete_details":null,
		"model":"gpt-5.5-2026-04-01","output":[` + output + `],
		"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":4},
			"output_tokens":3,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":10}` + more + `}`
}

func said(text string) string {
	return `{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":` + quote(text) + `,"annotations":[]}]}`
}

const (
	thought = `{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm."}],"encrypted_content":"gAAA=="}`
	calling = `{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{\"n\":9007199254740993}","status":"completed"}`
)

var (
	strictParameters = json.RawMessage(`{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}`)
	tools            = []ai.Tool{{Name: "f", Description: "Does f.", Parameters: strictParameters}, {Name: "g"}}
)

func TestTheInterfaceIsTheOneThatWillDo(t *testing.T) {
	document := []ai.Document{{URL: "https://example.com/10-k.pdf"}}
	for name, c := range map[string]struct {
		change func(*openai.Config)
		req    *ai.Request
		want   string
	}{
		"text":                     {nil, &ai.Request{}, "/v1/chat/completions"},
		"tools, thinking":          {nil, &ai.Request{Tools: tools}, "/v1/responses"},
		"tools, thinking newer":    {nil, &ai.Request{Tools: tools, Model: "gpt-6-sol", Effort: ai.EffortLow}, "/v1/responses"},
		"tools, not thinking":      {nil, &ai.Request{Tools: tools, Model: "gpt-4.1"}, "/v1/chat/completions"},
		"tools, no effort":         {nil, &ai.Request{Tools: tools, Effort: ai.EffortNone}, "/v1/chat/completions"},
		"tools, stop texts":        {nil, &ai.Request{Tools: tools, Stop: []string{"END"}}, "/v1/chat/completions"},
		"tools, unknown":           {nil, &ai.Request{Tools: tools, Model: "mystery"}, "/v1/chat/completions"},
		"document by URL":          {nil, &ai.Request{Documents: document, Model: "gpt-4.1"}, "/v1/responses"},
		"document in history":      {nil, &ai.Request{History: []ai.Message{{Role: ai.RoleUser, Documents: document}}}, "/v1/responses"},
		"document":                 {nil, &ai.Request{Documents: []ai.Document{{Data: []byte("%PDF-1.7")}}}, "/v1/chat/completions"},
		"only there":               {nil, &ai.Request{Model: "gpt-5.4-pro"}, "/v1/responses"},
		"only there too":           {nil, &ai.Request{Model: "gpt-5-codex"}, "/v1/responses"},
		"tuned, a misleading name": {nil, &ai.Request{Model: "ft:gpt-4.1:acme:codex-labels:x", Stop: []string{"END"}}, "/v1/chat/completions"},
		"tuned, thinking":          {nil, &ai.Request{Tools: tools, Model: "ft:o4-mini-2025-04-16:acme::x"}, "/v1/responses"},
		"chat":                     {func(c *openai.Config) { c.API = "chat" }, &ai.Request{Tools: tools}, "/v1/chat/completions"},
		"responses":                {responses, &ai.Request{}, "/v1/responses"},
		"another server":           {func(c *openai.Config) { c.BaseURL = "https://example.com/v1" }, &ai.Request{Tools: tools}, "/v1/chat/completions"},
		"another, responses":       {func(c *openai.Config) { c.BaseURL, c.API = "https://example.com/v1", "responses" }, &ai.Request{}, "/v1/responses"},
		"Azure": {func(c *openai.Config) {
			c.BaseURL, c.APIVersion, c.API = "https://name.openai.azure.com", "2025-04-01-preview", "responses"
		}, &ai.Request{}, "/openai/responses?api-version=2025-04-01-preview"},
	} {
		w := wiretest.Answering(500, "")
		change := c.change
		if change == nil {
			change = func(*openai.Config) {}
		}
		c.req.Prompt = "x"
		_, err := provider(t, w, either, change).Analyze(t.Context(), c.req)
		if sent := w.Requests(); len(sent) != 1 || !strings.HasSuffix(sent[0].URL, c.want) {
			t.Errorf("%s: sent %v, %v; want %s", name, sent, err, c.want)
		}
	}
}

func TestAResponseHasEveryField(t *testing.T) {
	w := wiretest.Answering(200, responded(thought+","+said("Two ")+","+said("covenants."), ""), "X-Request-Id", "req_1")
	got, err := provider(t, w, responses).Analyze(t.Context(), ai.Text("Which covenants?"))
	if err != nil {
		t.Fatal(err)
	}
	want := &ai.Response{
		Text: "Two covenants.", FinishReason: ai.FinishStop, Source: ai.SourceProvider,
		Provider: "openai", Model: "gpt-5.5-2026-04-01", RequestID: "req_1",
		Usage: ai.Usage{InputTokens: 7, OutputTokens: 3, TotalTokens: 10, CachedTokens: 4, ReasoningTokens: 2},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// What goes on the wire is what the library would send for the same meaning.
func TestAResponsesRequestIsTheLibrarys(t *testing.T) {
	w := wiretest.Answering(200, responded(said("x"), ""))
	req := &ai.Request{
		Instruction: "Be brief.", Prompt: "And now?", Tools: tools, ToolChoice: "f", MaxTokens: 50, Temperature: new(0.0), Effort: ai.EffortLow,
		Images: []ai.Image{ai.ImageURL("https://example.com/x.png")}, Schema: strictParameters, Seed: new(int64(1)),
		Documents: []ai.Document{{URL: "https://example.com/x.pdf", Name: "x.pdf"}, {Data: []byte("%PDF-"), Name: "y.pdf"}},
		History: []ai.Message{
			{Role: ai.RoleUser, Text: "Hello <&>"},
			{Role: ai.RoleAssistant, Text: "Hi", ToolCalls: []ai.ToolCall{{ID: "call_1", Name: "f", Arguments: json.RawMessage(`{"n":9007199254740993}`)}, {ID: "call_2", Name: "g"}}},
			{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "call_1", Content: "1"}, {CallID: "call_2"}}},
		},
	}
	p := provider(t, w, responses, func(c *openai.Config) { c.ImageDetail = "low" })
	if _, err := p.Analyze(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	_, got := w.Only(t)

	tool := func(name, description string, parameters json.RawMessage, strict bool) library.ResponseTool {
		fields := map[string]any{"name": name, "parameters": parameters, "strict": strict}
		if description != "" {
			fields["description"] = description
		}
		return library.ResponseTool{Type: "function", Parameters: fields}
	}
	raw := wiretest.Answering(200, "{}")
	config := library.DefaultConfig(testKey)
	config.HTTPClient = &http.Client{Transport: raw}
	_, err := library.NewClientWithConfig(config).CreateResponse(t.Context(), library.CreateResponseRequest{
		Model: "gpt-5.5", Instructions: "Be brief.", MaxOutputTokens: 50, Temperature: new(float32(0)), Store: new(false),
		Reasoning: &library.ResponseReasoning{Effort: "low"}, Include: []library.ResponseInclude{"reasoning.encrypted_content"},
		Tools: []library.ResponseTool{
			tool("f", "Does f.", strictParameters, true),
			tool("g", "", json.RawMessage(`{"type":"object","properties":{}}`), false),
		},
		ToolChoice: map[string]any{"type": "function", "name": "f"},
		Text:       &library.ResponseTextConfig{Format: &library.ResponseTextFormat{Type: "json_schema", Name: "answer", Schema: strictParameters, Strict: true}},
		Input: []any{
			library.ResponseInputMessage{Type: "message", Role: "user", Content: "Hello <&>"},
			library.ResponseInputMessage{Type: "message", Role: "assistant", Content: "Hi"},
			map[string]any{"type": "function_call", "call_id": "call_1", "name": "f", "arguments": `{"n":9007199254740993}`},
			map[string]any{"type": "function_call", "call_id": "call_2", "name": "g", "arguments": "{}"},
			library.ResponseFunctionCallOutput{Type: "function_call_output", CallID: "call_1", Output: "1"},
			library.ResponseFunctionCallOutput{Type: "function_call_output", CallID: "call_2", Output: ""},
			library.ResponseInputMessage{Type: "message", Role: "user", Content: []any{
				library.ResponseInputFile{Type: "input_file", FileURL: "https://example.com/x.pdf"},
				library.ResponseInputFile{Type: "input_file", Filename: "y.pdf", FileData: "data:application/pdf;base64,JVBERi0="},
				library.ResponseInputText{Type: "input_text", Text: "And now?"},
				library.ResponseInputImage{Type: "input_image", ImageURL: "https://example.com/x.png", Detail: "low"},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, want := raw.Only(t); !reflect.DeepEqual(got, want) {
		t.Errorf("sent\n%v\nwant\n%v", got, want)
	}
}

func TestWhatIsNotAskedOfTheResponsesAPIIsNotSent(t *testing.T) {
	w := wiretest.Answering(200, responded(said("x"), ""))
	if _, err := provider(t, w, responses).Analyze(t.Context(), &ai.Request{Prompt: "x", Model: "gpt-4.1"}); err != nil {
		t.Fatal(err)
	}
	_, body := w.Only(t)
	want := map[string]any{"model": "gpt-4.1", "store": false, "input": []any{map[string]any{"type": "message", "role": "user", "content": "x"}}}
	if !reflect.DeepEqual(body, want) {
		t.Errorf("sent %v\nwant %v", body, want)
	}
}

// The conversation goes on without anything kept at the service.
func TestWhatWasThoughtBeforeACallGoesBackWithIt(t *testing.T) {
	w := wiretest.Answering(200, responded(thought+","+said("One moment.")+","+calling+","+strings.NewReplacer("call_1", "call_2", "fc_1", "fc_2").Replace(calling), ""))
	p := provider(t, w, either)
	req := &ai.Request{Prompt: "x", Tools: tools}
	got, err := p.Analyze(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got.FinishReason != ai.FinishToolCalls || len(got.ToolCalls) != 2 || string(got.ToolCalls[0].Arguments) != `{"n":9007199254740993}` ||
		got.ToolCalls[0].ID != "call_1" || got.ToolCalls[0].Name != "f" || len(got.ToolCalls[0].State) == 0 || len(got.ToolCalls[1].State) != 0 {
		t.Fatalf("%+v", got)
	}
	next := &ai.Request{Tools: tools, History: []ai.Message{
		{Role: ai.RoleUser, Text: "x"},
		{Role: ai.RoleAssistant, Text: got.Text, ToolCalls: got.ToolCalls},
		{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "call_1", Content: "1"}, {CallID: "call_2", Content: "2"}}},
	}}
	types := func(p *openai.Provider, w *wiretest.Wire) string {
		if _, err := p.Analyze(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		sent := w.Requests()
		var body struct {
			Input []struct {
				Type, ID  string
				Summary   []any
				Encrypted string `json:"encrypted_content"`
			}
		}
		if err := json.Unmarshal([]byte(sent[len(sent)-1].Body), &body); err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, item := range body.Input {
			list = append(list, item.Type)
			if item.Type == "reasoning" && (item.Encrypted != "gAAA==" || len(item.Summary) != 1 || item.ID != "") {
				t.Errorf("%+v", item)
			}
		}
		return strings.Join(list, " ")
	}
	if got, want := types(p, w), "message message reasoning function_call function_call function_call_output function_call_output"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	other := wiretest.Answering(200, responded(said("x"), ""))
	apart := func(c *openai.Config) { c.BaseURL, c.API = "https://example.com/v1", "responses" }
	if got, want := types(provider(t, other, apart), other), "message message function_call function_call function_call_output function_call_output"; got != want {
		t.Errorf("another server got %s, want %s", got, want)
	}
	next.History[1].ToolCalls[0].State = []byte("gemini:xyz")
	if got := types(p, w); strings.Contains(got, "reasoning") {
		t.Errorf("another provider's state was sent: %s", got)
	}
}

func TestAResponseThatIsNoAnswerIsAnError(t *testing.T) {
	status := func(status, more string) string {
		return strings.Replace(responded("", more), `"status":"completed","error":null,"incomplete_details":null`, `"status":`+quote(status), 1)
	}
	for name, c := range map[string]struct {
		body string
		code ai.Code
	}{
		"nothing":             {``, ai.CodeBadResponse},
		"null":                {`null`, ai.CodeBadResponse},
		"empty object":        {`{}`, ai.CodeBadResponse},
		"list":                {`[]`, ai.CodeBadResponse},
		"cut JSON":            {`{"output":[{"type":"message"`, ai.CodeBadResponse},
		"other JSON":          {`{"output":"x"}`, ai.CodeBadResponse},
		"null item":           {responded("null", ""), ai.CodeBadResponse},
		"empty text":          {responded(said(""), ""), ai.CodeBadResponse},
		"only thought":        {responded(thought, ""), ai.CodeBadResponse},
		"refusal":             {responded(`{"type":"message","content":[{"type":"refusal","refusal":"No."}]}`, ""), ai.CodeContentFiltered},
		"tool unknown":        {responded(calling, ""), ai.CodeModelFailed},
		"failed":              {status("failed", `,"error":{"code":"server_error","message":"x"}`), ai.CodeUnavailable},
		"failed, quota":       {status("failed", `,"error":{"code":"insufficient_quota","message":"x"}`), ai.CodeQuotaExhausted},
		"failed, rate":        {status("failed", `,"error":{"code":"rate_limit_exceeded","message":"try again in 1.5s."}`), ai.CodeRateLimited},
		"failed, prompt":      {status("failed", `,"error":{"code":"invalid_prompt","message":"x"}`), ai.CodeContentFiltered},
		"failed, image":       {status("failed", `,"error":{"code":"image_too_small","message":"x"}`), ai.CodeInvalidRequest},
		"failed, image mode":  {status("failed", `,"error":{"code":"invalid_image_mode","message":"x"}`), ai.CodeInvalidRequest},
		"failed, no image":    {status("failed", `,"error":{"code":"empty_image_file","message":"x"}`), ai.CodeInvalidRequest},
		"failed, image lost":  {status("failed", `,"error":{"code":"image_file_not_found","message":"x"}`), ai.CodeInvalidRequest},
		"failed, overloaded":  {status("failed", `,"error":{"code":"server_is_overloaded","message":"x"}`), ai.CodeUnavailable},
		"failed, unexplained": {status("failed", `,"error":null`), ai.CodeBadResponse},
		"cancelled":           {status("cancelled", ""), ai.CodeUnavailable},
		"queued":              {status("queued", ""), ai.CodeBadResponse},
		"limit, no text":      {status("incomplete", `,"incomplete_details":{"reason":"max_output_tokens"}`), ai.CodeMaxTokens},
		"filtered":            {status("incomplete", `,"incomplete_details":{"reason":"content_filter"}`), ai.CodeContentFiltered},
		"incomplete":          {status("incomplete", `,"incomplete_details":{"reason":"tired"}`), ai.CodeModelFailed},
		"incomplete, no word": {status("incomplete", ""), ai.CodeModelFailed},
		"error":               {refused("x", "server_error", "null"), ai.CodeUnavailable},
	} {
		_, err := provider(t, wiretest.Answering(200, c.body, "X-Request-Id", "req_1"), responses).Analyze(t.Context(), ai.Text("x"))
		e := asError(t, err)
		if e.Code != c.code || e.Status != 200 || e.RequestID != "req_1" || e.Model != "gpt-5.5" {
			t.Errorf("%s: %#v, want %q", name, e, c.code)
		}
		if (e.Code == ai.CodeRateLimited) != (e.RetryAfter == 1500*time.Millisecond) {
			t.Errorf("%s: retry after %v", name, e.RetryAfter)
		}
	}
}

func TestAResponseIsReadWhateverItsShape(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		text   string
		finish ai.FinishReason
	}{
		"unknown items":  {responded(`{"type":"web_search_call","action":{"type":"search"}},{"type":"tomorrows","content":"x"},5,`+said("x"), `,"later":[1]`), "x", ai.FinishStop},
		"unknown status": {strings.Replace(responded(said("x"), ""), `"completed","error"`, `"splendid","error"`, 1), "x", ai.FinishStop},
		"unknown part":   {responded(`{"type":"message","content":[{"type":"output_smell"},{"type":"output_text","text":"x"}]}`, ""), "x", ai.FinishStop},
		"no usage":       {`{"output":[` + said("x") + `],"usage":null}`, "x", ai.FinishStop},
		"odd numbers":    {`{"output":[` + said("x") + `],"created_at":1.5,"usage":{"input_tokens":"7","output_tokens":3.0}}`, "x", ai.FinishStop},
		"cut": {strings.Replace(responded(said("half"), ""), `"completed","error":null,"incomplete_details":null`,
			`"incomplete","incomplete_details":{"reason":"max_output_tokens"}`, 1), "half", ai.FinishLength},
	} {
		got, err := provider(t, wiretest.Answering(200, c.body), responses).Analyze(t.Context(), ai.Text("x"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got.Text != c.text || got.FinishReason != c.finish {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTheResponsesAPIHasNoStopTexts(t *testing.T) {
	w := wiretest.Answering(200, "")
	_, err := provider(t, w, responses).Analyze(t.Context(), &ai.Request{Prompt: "x", Stop: []string{"END"}})
	if e := asError(t, err); e.Code != ai.CodeUnsupported || len(w.Requests()) != 0 {
		t.Errorf("%#v", e)
	}
}

func TestACallOfTheResponsesAPIHasWhatItNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		item string
		code ai.Code
		args string
	}{
		"no arguments":     {`{"type":"function_call","call_id":"c","name":"g"}`, "", "{}"},
		"as an object":     {`{"type":"function_call","call_id":"c","name":"g","arguments":{"a":1}}`, "", `{"a":1}`},
		"no identifier":    {`{"type":"function_call","name":"g","arguments":""}`, "", "{}"},
		"no name":          {`{"type":"function_call","call_id":"c","arguments":"{}"}`, ai.CodeModelFailed, ""},
		"arguments a list": {`{"type":"function_call","call_id":"c","name":"g","arguments":"[]"}`, ai.CodeModelFailed, ""},
	} {
		got, err := provider(t, wiretest.Answering(200, responded(c.item, "")), responses).Analyze(t.Context(), &ai.Request{Prompt: "x", Tools: tools})
		switch {
		case c.code != "":
			if ai.CodeOf(err) != c.code {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || len(got.ToolCalls) != 1 || got.ToolCalls[0].ID == "" || string(got.ToolCalls[0].Arguments) != c.args:
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	many := strings.Repeat(calling+",", 300) + calling
	_, err := provider(t, wiretest.Answering(200, responded(many, "")), responses).Analyze(t.Context(), &ai.Request{Prompt: "x", Tools: tools})
	if ai.CodeOf(err) != ai.CodeBadResponse {
		t.Error(fmt.Sprint("301 calls: ", err))
	}
}
