package openai_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
	"github.com/finbrain/ai/internal/wiretest"
)

// event is the data of an event of the Responses API, given as its fields
// beside the type.
func event(kind, fields string) string {
	return `{"type":` + quote(kind) + `,"sequence_number":1` + strings.TrimSuffix(","+fields, ",") + `}`
}

func delta(text string) string {
	return event("response.output_text.delta", `"item_id":"msg_1","output_index":1,"content_index":0,"logprobs":[],"obfuscation":"x","delta":`+quote(text))
}

func completed(output string) string {
	return event("response.completed", `"response":`+oneLine(responded(output, "")))
}

// answered reads a stream of the Responses API to its end.
func answered(t *testing.T, w http.RoundTripper, req *ai.Request) (list []*ai.Delta, err error) {
	t.Helper()
	for d, failure := range provider(t, w, responses).Stream(t.Context(), req) {
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

func TestAResponseIsToldPieceByPiece(t *testing.T) {
	w := events(
		event("response.created", `"response":`+oneLine(strings.Replace(responded("", ""), "completed", "in_progress", 1))),
		event("response.output_item.added", `"output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}`),
		event("response.reasoning_summary_text.delta", `"delta":"Hm."`),
		event("response.output_item.added", `"output_index":1,"item":{"type":"message","content":[]}`),
		delta("Two "), delta(""), event("tomorrows.event", `"delta":"x"`), event("tomorrows.other", `"delta":{"a":1},"output_index":"x"`), delta("covenants."),
		event("response.output_text.done", `"text":"Two covenants."`),
		event("response.output_item.done", `"output_index":1,"item":`+said("Two covenants.")),
		completed(said("Two covenants.")),
	)
	list, err := answered(t, w, ai.Text("x"))
	if err != nil {
		t.Fatal(err)
	}
	usage := ai.Usage{InputTokens: 7, OutputTokens: 3, TotalTokens: 10, CachedTokens: 4, ReasoningTokens: 2}
	want := []*ai.Delta{
		{Text: "Two "}, {Text: "covenants."}, {FinishReason: ai.FinishStop}, {Usage: &usage},
		{Response: &ai.Response{
			Source: ai.SourceProvider, Provider: "openai", Model: "gpt-5.5-2026-04-01", RequestID: "req_1", FinishReason: ai.FinishStop, Usage: usage,
		}},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got  %s\nwant %s", show(list), show(want))
	}
	sent, body := w.Only(t)
	if sent.Header.Get("Accept") != "text/event-stream" || body["stream"] != true ||
		!reflect.DeepEqual(body["stream_options"], map[string]any{"include_obfuscation": false}) {
		t.Errorf("sent %v, %v", sent.Header, body)
	}
}

func TestACallIsToldPieceByPieceWithWhatWasThought(t *testing.T) {
	call := func(n int, kind, fields string) string {
		return event(kind, fmt.Sprintf(`"output_index":%d,`, n)+fields)
	}
	arguments := func(n int, part string) string {
		return call(n, "response.function_call_arguments.delta", `"delta":`+quote(part))
	}
	added := func(n int, id string) string {
		return call(n, "response.output_item.added", `"item":{"type":"function_call","call_id":"`+id+`","name":"f","arguments":""}`)
	}
	done := func(n int, id, text string) string {
		return call(n, "response.output_item.done", `"item":{"type":"function_call","call_id":"`+id+`","name":"f","arguments":`+quote(text)+`}`)
	}
	end := completed(thought + "," + calling + "," + strings.Replace(calling, "call_1", "call_2", 1))
	whole := `{"n":9007199254740993}`
	for name, list := range map[string][]string{
		"in turn": {call(0, "response.output_item.done", `"item":`+thought),
			added(1, "call_1"), arguments(1, `{"n":`), arguments(1, `9007199254740993}`), done(1, "call_1", whole),
			added(2, "call_2"), arguments(2, whole), done(2, "call_2", whole), end},
		"mixed": {call(0, "response.output_item.done", `"item":`+thought), added(1, "call_1"), added(2, "call_2"),
			arguments(2, `{"n":`), arguments(1, whole), arguments(2, `9007199254740993}`), done(1, "call_1", whole), done(2, "call_2", whole), end},
		"without pieces": {call(0, "response.output_item.done", `"item":`+thought), done(1, "call_1", whole), done(2, "call_2", whole), end},
		"only the end":   {end},
		"no numbers": {event("response.output_item.done", `"item":`+thought),
			strings.Replace(added(0, "call_1"), `"output_index":0,`, "", 1), arguments(0, whole), done(0, "call_1", whole),
			added(0, "call_2"), arguments(0, whole), done(0, "call_2", whole), end},
	} {
		req := &ai.Request{Prompt: "x", Tools: tools}
		got, err := ai.Collect(provider(t, events(list...), responses).Stream(t.Context(), req))
		unary, _ := provider(t, wiretest.Answering(200, responded(thought+","+calling+","+strings.Replace(calling, "call_1", "call_2", 1), ""), "X-Request-Id", "req_1"), responses).
			Analyze(t.Context(), req)
		if err != nil || !reflect.DeepEqual(got, unary) {
			t.Errorf("%s: got %s, %v\nwant %s", name, show(got), err, show(unary))
		}
	}
}

func TestAResponseThatSaysNothingBeforeItsEndIsRead(t *testing.T) {
	list, err := answered(t, events(completed(thought+","+said("x"))), ai.Text("x"))
	if err != nil || len(list) == 0 || list[0].Text != "x" {
		t.Errorf("%s, %v", show(list), err)
	}
	cut := strings.NewReplacer("response.completed", "response.incomplete", `"status":"completed","error":null,`, `"status":"incomplete",`,
		`"incomplete_details":null`, `"incomplete_details":{"reason":"max_output_tokens"}`).Replace(completed(""))
	got, err := ai.Collect(provider(t, events(delta("half"), cut), responses).Stream(t.Context(), ai.Text("x")))
	if err != nil || got.Text != "half" || got.FinishReason != ai.FinishLength {
		t.Errorf("%s, %v", show(got), err)
	}
}

// Servers that write a call at once send none of its pieces, and not always all
// of the events about it.
func TestTheArgumentsOfACallAreReadWhereverTheyStand(t *testing.T) {
	added := event("response.output_item.added", `"output_index":0,"item":{"type":"function_call","call_id":"a","name":"f","arguments":""}`)
	whole := event("response.function_call_arguments.done", `"output_index":0,"arguments":"{\"n\":1}"`)
	piece := event("response.function_call_arguments.delta", `"output_index":0,"delta":"{\"n\":1}"`)
	done := event("response.output_item.done", `"output_index":0,"item":{"type":"function_call","call_id":"a","name":"f","arguments":"{\"n\":1}"}`)
	for name, data := range map[string][]string{
		"as documented": {added, piece, whole, done}, "no pieces": {added, whole, done}, "no item": {added, whole},
		"only pieces": {added, piece}, "only the item": {done}, "item unannounced": {whole, done},
	} {
		got, err := ai.Collect(provider(t, events(append(data, completed(calling))...), responses).Stream(t.Context(), &ai.Request{Prompt: "x", Tools: tools}))
		if err != nil || len(got.ToolCalls) != 1 || got.ToolCalls[0].ID != "a" || string(got.ToolCalls[0].Arguments) != `{"n":1}` {
			t.Errorf("%s: %s, %v", name, show(got), err)
		}
	}
}

func TestAStreamedResponseThatDoesNotEndWellIsAnError(t *testing.T) {
	failed := func(failure string) string {
		return event("response.failed", `"response":{"status":"failed","error":`+failure+`,"output":[]}`)
	}
	incomplete := func(reason string) string {
		return event("response.incomplete", `"response":{"status":"incomplete","incomplete_details":{"reason":`+quote(reason)+`},"output":[]}`)
	}
	for name, c := range map[string]struct {
		data []string
		code ai.Code
		wait time.Duration
	}{
		"nothing":         {nil, ai.CodeBadResponse, 0},
		"cut":             {[]string{delta("x")}, ai.CodeBadResponse, 0},
		"terminated":      {[]string{delta("x"), "[DONE]"}, ai.CodeBadResponse, 0},
		"empty":           {[]string{completed("")}, ai.CodeBadResponse, 0},
		"end of no shape": {[]string{delta("x"), event("response.completed", `"response":7`)}, "", 0},
		"no end":          {[]string{event("response.completed", "")}, ai.CodeBadResponse, 0},
		"no JSON":         {[]string{"{x"}, ai.CodeBadResponse, 0},
		"refusal":         {[]string{event("response.refusal.delta", `"delta":"I"`)}, ai.CodeContentFiltered, 0},
		"refusal, late":   {[]string{event("response.output_item.done", `"item":{"type":"message","content":[{"type":"refusal","refusal":"No."}]}`)}, ai.CodeContentFiltered, 0},
		"refusal at last": {[]string{completed(`{"type":"message","content":[{"type":"refusal","refusal":"No."}]}`)}, ai.CodeContentFiltered, 0},
		"failed":          {[]string{delta("x"), failed(`{"code":"server_error","message":"x"}`)}, ai.CodeUnavailable, 0},
		"failed, rate":    {[]string{failed(`{"code":"rate_limit_exceeded","message":"Please try again in 2s."}`)}, ai.CodeRateLimited, 2 * time.Second},
		"failed, no word": {[]string{failed(`null`)}, ai.CodeBadResponse, 0},
		"error":           {[]string{delta("x"), event("error", `"code":"server_error","message":"x","param":null`)}, ai.CodeUnavailable, 0},
		"error, rate":     {[]string{event("error", `"code":"rate_limit_exceeded","message":"x","param":null`)}, ai.CodeRateLimited, 0},
		"error, within":   {[]string{event("error", `"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"x"}`)}, ai.CodeQuotaExhausted, 0},
		"error, no type":  {[]string{`{"error":{"message":"x","type":"server_error"}}`}, ai.CodeUnavailable, 0},
		"error, no word":  {[]string{event("error", "")}, ai.CodeBadResponse, 0},
		"filtered":        {[]string{delta("x"), incomplete("content_filter")}, ai.CodeContentFiltered, 0},
		"limit, no text":  {[]string{incomplete("max_output_tokens")}, ai.CodeMaxTokens, 0},
		"tool unknown":    {[]string{completed(calling)}, ai.CodeModelFailed, 0},
	} {
		list, err := answered(t, events(c.data...), ai.Text("x"))
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		e := asError(t, err)
		if e.Code != c.code || e.Status != 200 || e.RequestID != "req_1" || e.RetryAfter != c.wait || e.Model != "gpt-5.5" {
			t.Errorf("%s: %#v after %s, want %s", name, e, show(list), c.code)
		}
	}
}

func TestAStreamOfResponsesThatIsRefusedHasItsCode(t *testing.T) {
	w := wiretest.Answering(429, refused("x", "tokens", `"rate_limit_exceeded"`), "Retry-After", "3")
	_, err := answered(t, w, ai.Text("x"))
	if e := asError(t, err); e.Code != ai.CodeRateLimited || e.Status != 429 || e.RetryAfter != 3*time.Second {
		t.Errorf("%#v", e)
	}
	_, err = answered(t, wiretest.Answering(200, responded(said("x"), "")), ai.Text("x"))
	if e := asError(t, err); e.Code != ai.CodeBadResponse {
		t.Errorf("a whole answer: %#v", e)
	}
}

func TestTheCallsOfAStreamedResponseAreLimited(t *testing.T) {
	var many []string
	for i := range 300 {
		many = append(many, event("response.output_item.added", fmt.Sprintf(`"output_index":%d,"item":{"type":"function_call","call_id":"c%d","name":"f"}`, i, i)))
	}
	long := []string{event("response.output_item.added", `"output_index":0,"item":{"type":"function_call","call_id":"c","name":"f"}`)}
	for range 5 {
		long = append(long, event("response.function_call_arguments.delta", `"output_index":0,"delta":"`+strings.Repeat("x", transport.MaxEventBytes/4)+`"`))
	}
	for name, data := range map[string][]string{"many": many, "long": long} {
		_, err := answered(t, events(data...), &ai.Request{Prompt: "x", Tools: tools})
		if e := asError(t, err); e.Code != ai.CodeBadResponse {
			t.Errorf("%s: %#v", name, e)
		}
	}
}

func TestLeavingAStreamOfResponsesFreesIt(t *testing.T) {
	closed := false
	for range provider(t, open("data: "+delta("x")+"\n\n", &closed), responses).Stream(t.Context(), ai.Text("x")) {
		break
	}
	if !closed {
		t.Error("the body is open")
	}
}

// The end of the answer is the end of the stream, whether or not the connection
// ends with it.
func TestAWholeResponseIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
			text := strings.NewReader("data: " + delta("x") + "\n\ndata: " + completed(said("x")) + "\n\n")
			resp := wiretest.Stream(200, io.MultiReader(text, hangingBody{req.Context()}), "Content-Type", "text/event-stream")
			resp.ProtoMajor = 2
			return resp, nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		got, err := ai.Collect(provider(t, w, responses).Stream(ctx, ai.Text("x")))
		if took := time.Since(began); err != nil || got.Text != "x" || took != 0 {
			t.Errorf("%s, %v after %v", show(got), err, took)
		}
	})
}
