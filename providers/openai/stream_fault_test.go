package openai_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
	"github.com/finbrain/ai/internal/wiretest"
)

func TestAStreamThatDoesNotEndWellIsAnError(t *testing.T) {
	half := chunk(`"content":"half"`, "null")
	for name, c := range map[string]struct {
		w      *wiretest.Wire
		code   ai.Code
		pieces int
	}{
		"nothing":               {events(), ai.CodeBadResponse, 0},
		"only the end":          {streamed(), ai.CodeBadResponse, 0},
		"cut":                   {events(half), ai.CodeBadResponse, 1},
		"no finish reason":      {streamed(half), ai.CodeBadResponse, 1},
		"cut in an event":       {wiretest.Answering(200, "data: "+half+"\n\ndata: {\"choices\":[{"), ai.CodeBadResponse, 1},
		"HTML":                  {wiretest.Answering(200, "<!DOCTYPE html>\n<html>"), ai.CodeBadResponse, 0},
		"a whole answer":        {wiretest.Answering(200, answer("x")), ai.CodeBadResponse, 0},
		"an error, no stream":   {wiretest.Answering(200, refused("x", "insufficient_quota", `"insufficient_quota"`)), ai.CodeQuotaExhausted, 0},
		"not JSON":              {streamed(half, `{"choices":[{"delta"`), ai.CodeBadResponse, 1},
		"error event":           {streamed(half, refused("x", "server_error", "null")), ai.CodeUnavailable, 1},
		"error event first":     {streamed(refused("x", "tokens", `"rate_limit_exceeded"`)), ai.CodeRateLimited, 0},
		"error with a space":    {streamed(half, `{ "error" : { "type" : "server_error" } }`), ai.CodeUnavailable, 1},
		"error not first":       {streamed(half, `{"id":"1","choices":[{"delta":{"content":"more"},"finish_reason":"error"}],"error":{"code":502,"message":"x"}}`), ai.CodeUnavailable, 1},
		"error by its type":     {wiretest.Answering(200, "event: error\ndata: {\"code\":\"server_error\",\"message\":\"x\"}\n\n"), ai.CodeUnavailable, 0},
		"error of vLLM":         {streamed(half, `{"object":"error","message":"x","type":"BadRequestError","code":400}`), ai.CodeInvalidRequest, 1},
		"error as text":         {streamed(half, `{"error":"x"}`), ai.CodeBadResponse, 1},
		"error outside":         {wiretest.Answering(200, "data: "+half+"\n\n{\"error\":{\"code\":503}}\n"), ai.CodeUnavailable, 1},
		"error after a comment": {wiretest.Answering(200, ": x\nevent: x\nid: 1\ndata: "+refused("x", "server_error", "null")+"\n\n"), ai.CodeUnavailable, 0},
		"refusal":               {streamed(chunk(`"role":"assistant","content":null,"refusal":""`, "null"), chunk(`"refusal":"I"`, "null"), chunk("", `"stop"`)), ai.CodeContentFiltered, 0},
		"filtered":              {streamed(half, chunk("", `"content_filter"`)), ai.CodeContentFiltered, 1},
		"limit, no text":        {streamed(chunk(opening, "null"), chunk("", `"length"`)), ai.CodeMaxTokens, 0},
		"empty":                 {streamed(chunk(opening, "null"), chunk("", `"stop"`)), ai.CodeBadResponse, 0},
		"unknown reason":        {streamed(half, chunk("", `"tired"`)), ai.CodeModelFailed, 1},
		"broken off":            {streamed(half, chunk("", `"insufficient_system_resource"`)), ai.CodeUnavailable, 1},
		"a tool it has not":     {streamed(chunk(`"tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{}"}}]`, "null"), chunk("", `"tool_calls"`)), ai.CodeModelFailed, 0},
		"refused":               {wiretest.Answering(429, refused("x", "insufficient_quota", `"insufficient_quota"`), "Retry-After", "7"), ai.CodeQuotaExhausted, 0},
		"out of order":          {wiretest.Answering(503, "<html>"), ai.CodeUnavailable, 0},
	} {
		got, err := deltas(t, c.w, ai.Text("x"))
		e := asError(t, err)
		if e.Code != c.code || len(got) != c.pieces || e.Model != "gpt-5.5" || e.Status == 0 {
			t.Errorf("%s: %s, then %#v, want %q", name, show(got), e, c.code)
		}
		if strings.Contains(e.Error(), "x\"") {
			t.Errorf("%s: %v", name, e)
		}
		if e.Status == 429 && e.RetryAfter != 7*time.Second {
			t.Errorf("%s: retry after %v", name, e.RetryAfter)
		}
	}
}

// body returns a wire that answers with a body of unknown length.
func body(r io.Reader) *wiretest.Wire {
	return &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) { return wiretest.Stream(200, r), nil }}
}

func TestACutStreamIsNoAnswer(t *testing.T) {
	half := "data: " + chunk(`"content":"half"`, "null") + "\n\n"
	got, err := deltas(t, body(io.MultiReader(strings.NewReader(half), iotest.ErrReader(io.ErrUnexpectedEOF))), ai.Text("x"))
	if e := asError(t, err); e.Code != ai.CodeBadResponse || len(got) != 1 {
		t.Errorf("%s, %#v", show(got), e)
	}
}

// The answer is whole with its finish reason; what is lost is the usage.
func TestAStreamCutAfterItsFinishReasonIsAnAnswer(t *testing.T) {
	whole := "data: " + chunk(`"content":"x"`, `"stop"`) + "\n\n"
	got, err := ai.Collect(provider(t, body(io.MultiReader(strings.NewReader(whole), iotest.ErrReader(io.ErrUnexpectedEOF)))).Stream(t.Context(), ai.Text("x")))
	if err != nil || got.Text != "x" || got.FinishReason != ai.FinishStop {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatAStreamMayHoldIsLimited(t *testing.T) {
	tools := &ai.Request{Prompt: "x", Tools: []ai.Tool{{Name: "f"}}}
	call := func(index, arguments string) string {
		return "data: " + chunk(`"tool_calls":[{"index":`+index+`,"id":"c`+index+`","function":{"name":"f","arguments":"`+arguments+`"}}]`, "null") + "\n\n"
	}
	for detail, r := range map[string]io.Reader{
		"response body over the limit":                   strings.NewReader("data: " + strings.Repeat("x", transport.MaxEventBytes)),
		"the arguments of tool calls are over the limit": strings.NewReader(strings.Repeat(call("0", strings.Repeat(" ", 1<<20)), 9)),
		"the answer has too many tool calls":             &manyCalls{call: call},
		"the stream holds something that is not JSON":    strings.NewReader("data: " + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + "\n\n"),
	} {
		_, err := deltas(t, body(r), tools)
		if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Detail != detail {
			t.Errorf("%s: %#v", detail, e)
		}
	}
}

// manyCalls is a stream that goes on to call tools.
type manyCalls struct {
	call func(index, arguments string) string
	n    int
	left string
}

func (m *manyCalls) Read(p []byte) (int, error) {
	if m.left == "" {
		m.left = m.call(strconv.Itoa(m.n), "{}")
		m.n++
	}
	n := copy(p, m.left)
	m.left = m.left[n:]
	return n, nil
}
