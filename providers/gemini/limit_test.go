package gemini_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// repeating is a reader of the text some n times over.
func repeating(text string, n int) io.Reader {
	times := min(n, 1+1<<16/len(text))
	return &repeated{text: strings.Repeat(text, times), left: n / times}
}

type repeated struct {
	text string
	at   int
	left int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for r.left > 0 && n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n += c
		if r.at += c; r.at == len(r.text) {
			r.at, r.left = 0, r.left-1
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestWhateverHasNoEndIsABadResponse(t *testing.T) {
	logged := captureLog(t)
	start := `{"candidates":[{"content":{"parts":[{"text":"`
	for name, body := range map[string]func() io.Reader{
		"text": func() io.Reader {
			return io.MultiReader(strings.NewReader(start), repeating("x", 1<<30))
		},
		"candidates": func() io.Reader { return io.MultiReader(strings.NewReader(`{"candidates":[`), repeating("{},", 1<<30)) },
		"members":    func() io.Reader { return io.MultiReader(strings.NewReader(`{"a":1`), repeating(`,"a":1`, 1<<30)) },
		"nesting":    func() io.Reader { return repeating(`[`, 1<<30) },
		"escapes": func() io.Reader {
			return io.MultiReader(strings.NewReader(start), repeating(`\"`, 1<<20), strings.NewReader(`"`), repeating(",[]", 1<<30))
		},
		"stream of white space": func() io.Reader { return repeating("\n", 1<<30) },
		"stream of comments":    func() io.Reader { return repeating(": x\n\n", 1<<30) },
		"stream of one line":    func() io.Reader { return io.MultiReader(strings.NewReader("data: "+start), repeating("x", 1<<30)) },
		"brackets": func() io.Reader {
			return io.MultiReader(strings.NewReader(`data: {"a":[`), repeating("[],", 1<<20), strings.NewReader("1]}\n\n"))
		},
		"deep event": func() io.Reader {
			return strings.NewReader("data: " + strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300) + "\n\n")
		},
		"error events": func() io.Reader { return repeating("data: {\"error\":{}}\n\n", 1<<30) },
	} {
		t.Run(name, func(t *testing.T) {
			w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
				return wiretest.Stream(200, body()), nil
			}}
			if !strings.HasPrefix(name, "stream") {
				_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
				if e := asError(t, err); e.Code != ai.CodeBadResponse {
					t.Errorf("whole: %#v, want bad_response", e)
				}
			}
			_, err := ai.Collect(provider(t, w).Stream(t.Context(), ai.Text("x")))
			if e := asError(t, err); e.Code != ai.CodeBadResponse && name != "error events" {
				t.Errorf("streamed: %#v, want bad_response", e)
			}
		})
	}
	if logged.Len() != 0 {
		t.Errorf("logged %q", logged)
	}
}

func TestARefusalWithoutEndIsStillARefusal(t *testing.T) {
	w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
		return wiretest.Stream(503, repeating("[", 1<<30)), nil
	}}
	for range 2 {
		_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.Code != ai.CodeUnavailable || e.Status != 503 {
			t.Errorf("error = %#v, want unavailable", e)
		}
	}
}

func TestTheLimitOfValuesIsThatOfOneEvent(t *testing.T) {
	padded := func(values int, finish string) string {
		return strings.Replace(saying("a", finish), `{"cand`, `{"unknown":[`+strings.TrimSuffix(strings.Repeat("0,", values), ",")+`],"cand`, 1)
	}
	for values, ok := range map[int]bool{300_000: true, 524_288: false} {
		got, err := ai.Collect(provider(t, streaming(sse(padded(values, ""), padded(values, "STOP")))).Stream(t.Context(), ai.Text("x")))
		if ok && (err != nil || got.Text != "aa") || !ok && ai.CodeOf(err) != ai.CodeBadResponse {
			t.Errorf("%d values: %v", values, err)
		}
	}
}

func TestWhatStandsInTextsIsNotCounted(t *testing.T) {
	text := `a \" \\` + strings.Repeat("[{,", 300_000)
	got, err := provider(t, wiretest.Answering(200, answer(text))).Analyze(t.Context(), ai.Text("x"))
	if err != nil || got.Text != text {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestTheLimitPassedIsNamed(t *testing.T) {
	logged := captureLog(t)
	for name, body := range map[string]string{
		"depth":             strings.Repeat("[", 257) + strings.Repeat("]", 257),
		"values":            "[" + strings.Repeat("0,", 1<<19) + "0]",
		"after a backslash": `["\\",` + strings.Repeat("[", 257),
	} {
		both(t, `{"a":`+body+`}`, ai.Text("x"), func(t *testing.T, _ *ai.Response, err error) {
			if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Detail != "too many values in the response" {
				t.Errorf("%s: %#v", name, e)
			}
		})
	}
	both(t, strings.Replace(saying("fine", "STOP"), "{", `{"a":`+strings.Repeat("[", 255)+strings.Repeat("]", 255)+`,`, 1), ai.Text("x"),
		func(t *testing.T, got *ai.Response, err error) {
			if err != nil {
				t.Errorf("256 levels: %v", err)
			}
		})
	if logged.Len() != 0 {
		t.Errorf("logged %q", logged)
	}
}

func TestALongAnswerInManyPartsIsPutTogetherOnce(t *testing.T) {
	part := `{"text":"0123456789"}`
	body := fmt.Sprintf(`{"candidates":[{"content":{"parts":[%s%s]},"finishReason":"STOP"}]}`, strings.Repeat(part+",", 100_000), part)
	got, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.Text("x"))
	if err != nil || len(got.Text) != 1_000_010 {
		t.Errorf("%d bytes, %v", len(got.Text), err)
	}
}
