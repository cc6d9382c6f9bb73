package openai_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// streamed returns a wire that answers with these events, given by their data,
// and the terminator.
func streamed(data ...string) *wiretest.Wire { return events(append(data, "[DONE]")...) }

// events returns a wire that answers with these events and nothing after them.
func events(data ...string) *wiretest.Wire {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\n\n")
	}
	return wiretest.Answering(200, b.String(), "Content-Type", "text/event-stream; charset=utf-8", "X-Request-Id", "req_1")
}

// chunk is the data of one event: the fields of its delta, and its finish
// reason in JSON.
func chunk(delta, finish string) string {
	return `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5.5-2026-04-01","choices":[{"index":0,"delta":{` +
		delta + `},"logprobs":null,"finish_reason":` + finish + `}],"usage":null,"obfuscation":"x"}`
}

const (
	opening = `"role":"assistant","content":"","refusal":null`
	counts  = `{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,
		"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}`
)

// oneLine takes the line breaks out of JSON.
func oneLine(data string) string { return strings.ReplaceAll(data, "\n", "") }

// deltas reads a stream to its end.
func deltas(t *testing.T, w http.RoundTripper, req *ai.Request) (list []*ai.Delta, err error) {
	t.Helper()
	for d, failure := range provider(t, w).Stream(t.Context(), req) {
		if err != nil || len(list) > 0 && list[len(list)-1].Response != nil {
			t.Errorf("after the end came %+v, %v", d, failure)
		}
		if failure != nil {
			err = failure
		} else {
			list = append(list, d)
		}
	}
	return list, err
}

func TestAStreamTellsTheAnswerPieceByPiece(t *testing.T) {
	w := streamed(chunk(opening, "null"), chunk(`"content":"Two "`, "null"), chunk(`"content":"covenants."`, "null"), chunk("", `"stop"`), oneLine(counts))
	got, err := deltas(t, w, ai.Text("Which covenants?"))
	if err != nil {
		t.Fatal(err)
	}
	used := ai.Usage{InputTokens: 7, OutputTokens: 3, TotalTokens: 10, CachedTokens: 4, ReasoningTokens: 2}
	want := []*ai.Delta{
		{Text: "Two "}, {Text: "covenants."}, {FinishReason: ai.FinishStop}, {Usage: &used},
		{Response: &ai.Response{
			FinishReason: ai.FinishStop, Source: ai.SourceProvider, Usage: used,
			Provider: "openai", Model: "gpt-5.5-2026-04-01", RequestID: "req_1",
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", show(got), show(want))
	}
}

func show(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

func TestAStreamIsReadWhateverItsShape(t *testing.T) {
	two := []string{chunk(`"content":"a "`, "null"), chunk(`"content":"b"`, "null")}
	stop := chunk("", `"stop"`)
	for name, c := range map[string]struct {
		w      *wiretest.Wire
		text   string
		finish ai.FinishReason
		total  int
	}{
		"no terminator":     {events(two[0], two[1], stop), "a b", ai.FinishStop, 0},
		"text at the end":   {streamed(two[0], chunk(`"content":"b"`, `"stop"`)), "a b", ai.FinishStop, 0},
		"cut at the limit":  {streamed(two[0], chunk("", `"length"`)), "a ", ai.FinishLength, 0},
		"another reason":    {streamed(two[0], chunk("", `"eos"`)), "a ", ai.FinishStop, 0},
		"null as a text":    {streamed(chunk(`"content":"a"`, `"null"`), chunk(`"content":"b"`, `"stop"`)), "ab", ai.FinishStop, 0},
		"in parts":          {streamed(chunk(`"content":[{"type":"text","text":"a"}]`, `"stop"`)), "a", ai.FinishStop, 0},
		"reasoning aside":   {streamed(chunk(`"reasoning_content":"hm","reasoning":"hm","content":null`, "null"), chunk(`"content":"a"`, `"stop"`)), "a", ai.FinishStop, 0},
		"Azure's preamble":  {streamed(`{"choices":[],"prompt_filter_results":[{"prompt_index":0}],"model":""}`, chunk(`"content":"a"`, `"stop"`)), "a", ai.FinishStop, 0},
		"unknown events":    {streamed(`{"type":"ping"}`, `{}`, `null`, `[]`, `7`, chunk(`"content":"a"`, `"stop"`), `{"choices":[{"delta":{"content":"late"}}]}`), "a", ai.FinishStop, 0},
		"unknown types":     {streamed(`{"id":7,"model":"m","choices":[{"index":"0","delta":{"role":7,"content":"a"},"finish_reason":"stop"}]}`), "a", ai.FinishStop, 0},
		"another choice":    {streamed(chunk(`"content":"a"`, "null"), `{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"stop"},{"index":0,"finish_reason":"stop"}]}`), "a", ai.FinishStop, 0},
		"a null choice":     {streamed(`{"choices":[null]}`, `{"choices":null}`, chunk(`"content":"a"`, `"stop"`)), "a", ai.FinishStop, 0},
		"usage every time":  {streamed(`{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, `{"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`), "ab", ai.FinishStop, 3},
		"usage of Groq":     {streamed(chunk(`"content":"a"`, "null"), `{"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"total_tokens":9}}}`), "a", ai.FinishStop, 9},
		"usage of Moonshot": {streamed(`{"choices":[{"delta":{"content":"a"},"finish_reason":"stop","usage":{"total_tokens":9}}]}`), "a", ai.FinishStop, 9},
		"error null":        {streamed(`{"error":null,"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}`), "a", ai.FinishStop, 0},
		"quotes and quirks": {streamed(chunk(`"content":"\"\u00e9\\ \ud83d\ude00\n"`, `"stop"`)), "\"é\\ 😀\n", ai.FinishStop, 0},
	} {
		got, err := ai.Collect(provider(t, c.w).Stream(t.Context(), ai.Text("x")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Text != c.text || got.FinishReason != c.finish || got.Usage.TotalTokens != c.total || got.Model == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTheSameUsageIsToldOnce(t *testing.T) {
	got, err := deltas(t, streamed(oneLine(counts), chunk(`"content":"x"`, "null"), oneLine(counts), chunk("", `"stop"`), oneLine(counts)), ai.Text("x"))
	if err != nil || len(got) != 4 || got[0].Usage.CachedTokens != 4 {
		t.Errorf("%s, %v", show(got), err)
	}
}

func TestAStreamAsksForTheUsage(t *testing.T) {
	w := streamed(chunk(`"content":"x"`, `"stop"`))
	if _, err := deltas(t, w, ai.Text("x")); err != nil {
		t.Fatal(err)
	}
	sent, body := w.Only(t)
	want := map[string]any{
		"model": "gpt-5.5", "stream": true, "stream_options": map[string]any{"include_usage": true},
		"messages": []any{map[string]any{"role": "user", "content": "x"}},
	}
	if !reflect.DeepEqual(body, want) || sent.Header.Get("Accept") != "text/event-stream" || sent.Header.Get("Authorization") != "Bearer "+testKey {
		t.Errorf("sent %v %v", sent.Header, body)
	}
}

func TestWhatIsNoTextIsStreamedAsOnePiece(t *testing.T) {
	got, err := deltas(t, wiretest.Answering(200, vectors(floats(0, 1, 2))), ai.Embedding("x"))
	if err != nil || len(got) != 1 || len(got[0].Response.Embeddings) != 1 {
		t.Errorf("%s, %v", show(got), err)
	}
}

func TestARequestThatIsNotSentIsOneError(t *testing.T) {
	byURL := []ai.Document{ai.DocumentURL("https://example.com/a.pdf")}
	for req, code := range map[*ai.Request]ai.Code{
		ai.Text(" "):                    ai.CodeInvalidRequest,
		{Prompt: "x", Documents: byURL}: ai.CodeUnsupported,
		{Prompt: "x", History: []ai.Message{{Role: ai.RoleUser, Text: "x", Documents: byURL}}}: ai.CodeUnsupported,
	} {
		w := streamed()
		got, err := deltas(t, w, req)
		if len(got) != 0 || ai.CodeOf(err) != code || len(w.Requests()) != 0 {
			t.Errorf("%s, %v, %d requests", show(got), err, len(w.Requests()))
		}
	}
}
