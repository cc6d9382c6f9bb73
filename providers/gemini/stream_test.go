package gemini_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

func TestAStreamIsReadPieceByPiece(t *testing.T) {
	const head = `"modelVersion":"models/gemini-3.8-flash-001","responseId":"r-42"`
	w := streaming(sse(
		`{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"It "}]}}],"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},`+head+`}`,
		`{"candidates":[{"content":{"parts":[{"text":"is "},{"text":"so"}]},"finishReason":"FINISH_REASON_UNSPECIFIED"}],`+head+`}`,
		`{"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"thoughtsTokenCount":5,"cachedContentTokenCount":2,"totalTokenCount":15},`+head+`}`,
		`{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}]}`,
	))
	list, err := deltas(t, provider(t, w).Stream(t.Context(), ai.Text("How is it?")))
	if err != nil {
		t.Fatal(err)
	}
	whole := ai.Usage{InputTokens: 7, OutputTokens: 8, TotalTokens: 15, CachedTokens: 2, ReasoningTokens: 5}
	want := []*ai.Delta{
		{Text: "It ", Usage: &ai.Usage{InputTokens: 7, TotalTokens: 7}},
		{Text: "is so"},
		{Usage: &whole},
		{FinishReason: ai.FinishStop, Response: &ai.Response{
			Usage: whole, FinishReason: ai.FinishStop, Source: ai.SourceProvider,
			Provider: "gemini", Model: "gemini-3.8-flash-001", RequestID: "r-42"}},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got  %+v\nwant %+v", list, want)
	}
	if sent, _ := w.Only(t); sent.URL != "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse" {
		t.Errorf("sent to %s", sent.URL)
	}
}

func TestAStreamAsksForWhatAnalyzeAsks(t *testing.T) {
	req := &ai.Request{
		Instruction: "Be brief.", Prompt: "x", MaxTokens: 9, Temperature: new(0.0), Effort: ai.EffortLow,
		Tools: []ai.Tool{{Name: "f"}}, ToolChoice: "f", Schema: []byte(`{"type":"object"}`), Documents: []ai.Document{ai.DocumentBytes(pdf)},
	}
	unary, streamed := wiretest.Answering(200, answer("x")), streaming(sse(saying("x", "STOP")))
	if _, err := provider(t, unary).Analyze(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if _, err := ai.Collect(provider(t, streamed).Stream(t.Context(), req)); err != nil {
		t.Fatal(err)
	}
	_, want := unary.Only(t)
	if _, got := streamed.Only(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestAStreamAsksOnlyWhenItIsRangedOver(t *testing.T) {
	w := streaming(sse(saying("x", "STOP")))
	stream := provider(t, w).Stream(t.Context(), ai.Text("x"))
	if n := len(w.Requests()); n != 0 {
		t.Errorf("%d requests were sent before", n)
	}
	if _, err := ai.Collect(stream); err != nil || len(w.Requests()) != 1 {
		t.Errorf("%d requests, %v", len(w.Requests()), err)
	}
}

func TestOtherKindsAreStreamedInOnePiece(t *testing.T) {
	list, err := deltas(t, provider(t, wiretest.Answering(200, vectors([]float64{3, 4}))).Stream(t.Context(), ai.Embedding("a")))
	if err != nil || len(list) != 1 || len(list[0].Response.Embeddings) != 1 {
		t.Errorf("got %+v, %v", list, err)
	}
	_, err = deltas(t, provider(t, wiretest.Answering(503, "")).Stream(t.Context(), ai.Embedding("a")))
	if e := asError(t, err); e.Code != ai.CodeUnavailable {
		t.Errorf("error = %v, want unavailable", err)
	}
}

// held is a body that is open until it is closed, and then fails.
type held struct {
	io.Reader
	closed chan struct{}
}

func holding(body string) *held {
	h := &held{closed: make(chan struct{})}
	h.Reader = io.MultiReader(strings.NewReader(body), readerFunc(func([]byte) (int, error) {
		<-h.closed
		return 0, errors.New("closed")
	}))
	return h
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (h *held) Close() error { close(h.closed); return errors.New("a complaint for the log") }

func (h *held) wire() *wiretest.Wire {
	return &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
		resp := wiretest.Stream(200, nil, "Content-Type", "text/event-stream")
		resp.Body = h
		return resp, nil
	}}
}

func TestLeavingTheLoopFreesTheConnection(t *testing.T) {
	logged := captureLog(t)
	h := holding(sse(saying("a", ""), saying("b", "")))
	for d, err := range provider(t, h.wire()).Stream(t.Context(), ai.Text("x")) {
		if err != nil || d.Text != "a" {
			t.Errorf("got %+v, %v", d, err)
		}
		break
	}
	select {
	case <-h.closed:
	default:
		t.Error("the body is still open")
	}
	if logged.Len() != 0 {
		t.Errorf("logged %q", logged)
	}
}

func TestAFilteredStreamEndsAtOnce(t *testing.T) {
	h := holding(sse(saying("half", ""), `{"candidates":[{"finishReason":"SAFETY"}]}`))
	list, err := deltas(t, provider(t, h.wire()).Stream(t.Context(), ai.Text("x")))
	if e := asError(t, err); e.Code != ai.CodeContentFiltered || len(list) != 1 {
		t.Errorf("error = %v after %d deltas, want content_filtered", err, len(list))
	}
}

func TestAPanicOfTheCallersLoopIsItsOwn(t *testing.T) {
	h := holding(sse(saying("a", "")))
	defer func() {
		if r := recover(); r != "mine" {
			t.Errorf("recovered %v", r)
		}
		select {
		case <-h.closed:
		default:
			t.Error("the body is still open")
		}
	}()
	for range provider(t, h.wire()).Stream(t.Context(), ai.Text("x")) {
		panic("mine")
	}
}

func TestWhatIsNoDataDoesNotBreakAStream(t *testing.T) {
	one, two := saying("a", ""), saying("b", "STOP")
	for name, body := range map[string]string{
		"comments":      ": hello\n\n" + sse(one) + ": ping\n" + sse(two) + ": bye\n\n",
		"fields":        "event: message\nid: 1\nretry: 10\n" + sse(one) + "id: 2\nunknown: x\n" + sse(two),
		"LF":            strings.ReplaceAll(sse(one, two), "\r\n", "\n"),
		"no space":      strings.ReplaceAll(sse(one, two), "data: ", "data:"),
		"no last line":  strings.TrimSpace(sse(one, two)),
		"many empty":    sse(one) + strings.Repeat("\n", 1_000_000) + sse(two),
		"a terminator":  sse(one, two, "[DONE]"),
		"several lines": sse(one) + "data: " + strings.Replace(two, ",", ",\ndata: ", 1) + "\n\n",
		"a mark":        "\ufeff" + sse(one, two),
	} {
		got, err := ai.Collect(provider(t, streaming(body)).Stream(t.Context(), ai.Text("x")))
		if err != nil || got.Text != "ab" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestAnErrorWithinAStreamIsItsReason(t *testing.T) {
	tail := "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"overloaded\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n"
	const perDay = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
	for _, c := range []struct {
		name, event string
		code        ai.Code
		retryAfter  time.Duration
	}{
		{"event", sse(refusal(503, "UNAVAILABLE", "overloaded", "")), ai.CodeUnavailable, 0},
		{"event of that type", "event: error\n" + sse(refusal(500, "INTERNAL", "x", "")), ai.CodeUnavailable, 0},
		{"event of that type, bare", "event: error\n" + sse(`{"code":429,"status":"RESOURCE_EXHAUSTED"}`), ai.CodeRateLimited, 0},
		{"no event", tail, ai.CodeUnavailable, 0},
		{"rate limit", sse(refusal(429, "RESOURCE_EXHAUSTED", "x", retryIn("7s"))), ai.CodeRateLimited, 7 * time.Second},
		{"daily quota", sse(refusal(429, "RESOURCE_EXHAUSTED", "x", quota(perDay)+","+retryIn("22s"))), ai.CodeQuotaExhausted, 0},
		{"key", sse(refusal(400, "INVALID_ARGUMENT", "x", because("API_KEY_INVALID"))), ai.CodeAuthentication, 0},
		{"no code", sse(`{"error":{"status":"DEADLINE_EXCEEDED"}}`), ai.CodeTimeout, 0},
		{"no code but a name", sse(`{"error":{"status":"RESOURCE_EXHAUSTED"}}`), ai.CodeRateLimited, 0},
		{"a text", sse(`{"error":"x"}`), ai.CodeUnavailable, 0},
		{"an empty object", sse(`{"error":{}}`), ai.CodeUnavailable, 0},
		{"spaces and order", sse(`{ "candidates" : [] , "error" : {"code":504} }`), ai.CodeTimeout, 0},
		{"absurd code", sse(`{"error":{"code":200,"status":"NOT_FOUND"}}`), ai.CodeNotAvailable, 0},
		{"absurd code above", sse(`{"error":{"code":600,"status":"NOT_FOUND"}}`), ai.CodeNotAvailable, 0},
		{"least code", sse(`{"error":{"code":400,"status":"UNAVAILABLE"}}`), ai.CodeInvalidRequest, 0},
		{"a conflict", sse(`{"error":{"status":"ABORTED"}}`), ai.CodeUnavailable, 0},
		{"a key by name", sse(`{"error":{"status":"UNAUTHENTICATED"}}`), ai.CodeAuthentication, 0},
		{"no permission", sse(`{"error":{"status":"PERMISSION_DENIED"}}`), ai.CodeNotAvailable, 0},
		{"an argument", sse(`{"error":{"status":"OUT_OF_RANGE"}}`), ai.CodeInvalidRequest, 0},
	} {
		for _, before := range []string{"", sse(saying("half", ""))} {
			h := holding(before + c.event)
			if c.name == "no event" {
				h.Reader = strings.NewReader(before + c.event)
			}
			list, err := deltas(t, provider(t, h.wire()).Stream(t.Context(), ai.Text("x")))
			if e := asError(t, err); e.Code != c.code || e.RetryAfter != c.retryAfter || e.Status != 200 || e.Model != "gemini-3.8-flash" {
				t.Errorf("%s: error = %#v, want %s", c.name, e, c.code)
			}
			if len(list) != strings.Count(before, "data:") {
				t.Errorf("%s: %d deltas before the error", c.name, len(list))
			}
		}
	}
}

func TestAStreamWithoutAReasonToEndIsABadResponse(t *testing.T) {
	for name, body := range map[string]string{
		"cut between events": sse(saying("half", "")),
		"cut in an event":    sse(saying("half", "")) + `data: {"candidates":[{"content":`,
		"terminated":         sse(saying("half", ""), "[DONE]"),
		"unspecified":        sse(saying("half", "FINISH_REASON_UNSPECIFIED")),
		"empty":              "", "html": "<html>hello</html>", "null": sse("null"), "no JSON": sse("hello"), "object": sse("{}"),
		"plain JSON": answer("x"), "array": "[" + answer("x") + "]",
		"panics": sse(`{"candidates":[null]}`), "panics too": sse(`{"candidates":"x"}`), "text is a number": sse(`{"candidates":[{"content":{"parts":[{"text":7}]}}]}`),
		"empty answer": sse(`{"candidates":[{"finishReason":"STOP"}]}`),
	} {
		_, err := deltas(t, provider(t, streaming(body)).Stream(t.Context(), ai.Text("x")))
		if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Status != 200 || e.Model == "" {
			t.Errorf("%s: %#v, want bad_response", name, e)
		}
	}
}

func TestAStreamCutShortIsABadResponseUnlessItWasComplete(t *testing.T) {
	logged := captureLog(t)
	for _, cut := range []error{io.ErrUnexpectedEOF, errors.New(canaryBody)} {
		for finish, complete := range map[string]bool{"": false, "STOP": true} {
			w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
				body := io.MultiReader(strings.NewReader(sse(saying("half", finish))+"data: {"), iotest.ErrReader(cut))
				return wiretest.Stream(200, body, "Content-Type", "text/event-stream"), nil
			}}
			got, err := ai.Collect(provider(t, w).Stream(t.Context(), ai.Text("x")))
			if complete {
				if err != nil || got.Text != "half" {
					t.Errorf("complete: %+v, %v", got, err)
				}
				continue
			}
			if e := asError(t, err); e.Code != ai.CodeBadResponse || errors.Is(cut, io.ErrUnexpectedEOF) != errors.Is(e.Cause, io.ErrUnexpectedEOF) {
				t.Errorf("cut: %#v, want bad_response", e)
			}
		}
	}
	if logged.Len() != 0 {
		t.Errorf("logged %q", logged)
	}
}

func TestAStreamEndsWithTheCallersContext(t *testing.T) {
	for want, end := range map[ai.Code]func(context.Context) (context.Context, context.CancelFunc){
		ai.CodeCanceled: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Second, func() { cancel(errors.New("the user left")) })
			return ctx, func() { cancel(nil) }
		},
		ai.CodeTimeout: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := end(t.Context())
			defer stop()
			w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
				body := io.MultiReader(strings.NewReader(sse(saying("half", ""))), readerFunc(func([]byte) (int, error) {
					<-req.Context().Done()
					return 0, context.Cause(req.Context())
				}))
				return wiretest.Stream(200, body, "Content-Type", "text/event-stream"), nil
			}}
			start := time.Now()
			list, err := deltas(t, provider(t, w).Stream(ctx, ai.Text("x")))
			e := asError(t, err)
			if e.Code != want || len(list) != 1 || time.Since(start) != time.Second || strings.Contains(err.Error(), "left") {
				t.Errorf("error = %#v after %v, want %s", e, time.Since(start), want)
			}
		})
	}
}

func TestACancelWhileTheCallerReadsEndsTheStream(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range provider(t, streaming(sse(saying("a", ""), saying("b", ""), saying("c", "STOP")))).Stream(ctx, ai.Text("x")) {
		cancel()
		last = err
	}
	if e := asError(t, last); e.Code != ai.CodeCanceled {
		t.Errorf("error = %v, want canceled", last)
	}
}

func TestAStreamThatCannotBeginSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := streaming(sse(saying("x", "STOP")))
	_, err := deltas(t, provider(t, w).Stream(ctx, ai.Text("x")))
	if e := asError(t, err); e.Code != ai.CodeCanceled {
		t.Errorf("error = %v, want canceled", err)
	}
	if _, err = deltas(t, provider(t, w).Stream(t.Context(), ai.Text(""))); ai.CodeOf(err) != ai.CodeInvalidRequest {
		t.Errorf("error = %v, want invalid_request", err)
	}
	p := provider(t, w, func(c *gemini.Config) { c.Kinds = []ai.Kind{ai.KindEmbedding} })
	if _, err = deltas(t, p.Stream(t.Context(), ai.Text("x"))); ai.CodeOf(err) != ai.CodeUnsupported {
		t.Errorf("error = %v, want unsupported", err)
	}
	if n := len(w.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
