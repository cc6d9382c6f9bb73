package transport_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/finbrain/ai/internal/transport"
)

// read returns the data of all events of a body, and what ended them.
func read(body io.Reader) (data []string, done bool, err error) {
	events := transport.NewEvents(body)
	for {
		event, err := events.Next()
		if err == io.EOF {
			return data, events.Done(), nil
		}
		if err != nil {
			return data, events.Done(), err
		}
		data = append(data, string(event.Data))
	}
}

func TestEventsAreReadWhateverStandsAroundThem(t *testing.T) {
	for name, body := range map[string]string{
		"as documented":        "data: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n",
		"no space":             "data:{\"a\":1}\n\ndata:{\"b\":2}\n\ndata:[DONE]\n\n",
		"CR LF":                "data: {\"a\":1}\r\n\r\ndata: {\"b\":2}\r\n\r\ndata: [DONE]\r\n\r\n",
		"CR":                   "data: {\"a\":1}\r\rdata: {\"b\":2}\r\rdata: [DONE]\r\r",
		"no empty lines":       "data: {\"a\":1}\ndata: {\"b\":2}\ndata: [DONE]",
		"comments":             ": hello\n\n: PROCESSING\ndata: {\"a\":1}\n: in the midst\n\n:\n\ndata: {\"b\":2}\n\n:\ndata: [DONE]\n\n",
		"other fields":         "retry: 10\nid: 1\nevent: chunk\ndata: {\"a\":1}\n\nid\nfoo: bar\ndata: {\"b\":2}\nevent: late\n\ndata: [DONE]\n\n",
		"a flood":              strings.Repeat("\n", 1e6) + "data: {\"a\":1}\n\n" + strings.Repeat(": x\n", 1e5) + "data: {\"b\":2}\n\ndata: [DONE]\n\n",
		"empty data":           "data:\n\ndata: \n\ndata: {\"a\":1}\n\ndata:\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n",
		"a byte order mark":    "\ufeffdata: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n",
		"more after the end":   "data: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\ndata: {\"c\":3}\n\n<html>",
		"a plain line between": "data: {\"a\":1}\n\nhello\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n",
	} {
		for reading, r := range map[string]io.Reader{
			"at once": strings.NewReader(body), "in bytes": iotest.OneByteReader(strings.NewReader(body)),
			"with its end": iotest.DataErrReader(strings.NewReader(body)),
		} {
			data, done, err := read(r)
			if err != nil || !done || strings.Join(data, " ") != `{"a":1} {"b":2}` {
				t.Errorf("%s, %s: %q, done %v, %v", name, reading, data, done, err)
			}
		}
	}
}

func TestAnEventInSeveralLinesIsOne(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		body := strings.ReplaceAll("event: x\ndata: {\ndata:   \"a\": 1\ndata: }\n\ndata: {\"b\":\ndata: 2}", "\n", end)
		data, done, err := read(strings.NewReader(body))
		if err != nil || done || strings.Join(data, "|") != `{ "a": 1 }|{"b": 2}` {
			t.Errorf("%q: %q, done %v, %v", end, data, done, err)
		}
	}
}

func TestAnEventHasItsOwnTypeOnly(t *testing.T) {
	events := transport.NewEvents(strings.NewReader("event: error\ndata: {}\n\ndata: {}\n\nevent: lost\n\ndata: {}\nevent: x\ndata: {\"e\":1}\n\n"))
	for _, want := range []string{"error", "", "", "x"} {
		event, err := events.Next()
		if err != nil || string(event.Type) != want {
			t.Errorf("type %q, want %q, %v", event.Type, want, err)
		}
	}
}

// An event must not wait for what comes after it.
func TestAnEventIsReadAsSoonAsItsJSONIsWhole(t *testing.T) {
	for _, line := range []string{"data: {\"a\":1}\n", "data: {\"a\":1}\r", "{\"error\":1}\n"} {
		r, w := io.Pipe()
		go func() { _, _ = io.WriteString(w, line) }()
		if event, err := transport.NewEvents(r).Next(); err != nil || len(event.Data) == 0 {
			t.Errorf("%q: %q, %v", line, event.Data, err)
		}
	}
}

func TestAStreamThatIsCutIsNoEnd(t *testing.T) {
	for _, body := range []string{"", "data: {\"a\":1}\n\n", "data: {\"a\":", "data: {\"a\":1}", "{\"a\":\n"} {
		cut := io.MultiReader(strings.NewReader(body), iotest.ErrReader(transport.ErrCutShort))
		if _, done, err := read(cut); done || !errors.Is(err, transport.ErrCutShort) {
			t.Errorf("%q: done %v, %v", body, done, err)
		}
	}
	if _, done, err := read(strings.NewReader("data: {\"a\":1}\n\n")); done || err != nil {
		t.Errorf("an end without terminator: done %v, %v", done, err)
	}
}

func TestWhatIsNoStreamIsFound(t *testing.T) {
	for _, page := range []string{"<html>", "\n \n<!DOCTYPE html>\n", "data: {}\n\n<p>"} {
		if _, _, err := read(strings.NewReader(page)); err != transport.ErrNotEvents {
			t.Errorf("%q: %v", page, err)
		}
	}
	for body, want := range map[string]string{
		`{"choices":[]}`:                        `{"choices":[]}`,
		"\n{\n \"error\": {\n}\n}\n":            `{  "error": { } }`,
		"[{\n}]":                                `[{ }]`,
		": x\n\n{\"error\":1}\ndata: {}\n\n":    `{"error":1}`,
		"event: x\n{\"error\":\ndata: {}\n\n":   `{"error": data: {} `,
		"{\"id\":1}\n" + strings.Repeat("x", 9): `{"id":1}`,
	} {
		event, err := transport.NewEvents(strings.NewReader(body)).Next()
		if err != nil || !event.Stray || string(event.Data) != want {
			t.Errorf("%q: %q, stray %v, %v", body, event.Data, event.Stray, err)
		}
	}
}

func TestAnEventHasALimit(t *testing.T) {
	const limit = transport.MaxEventBytes
	whole := "data: \"" + strings.Repeat("x", limit-len("data: \"\"\n")) + "\"\n"
	if data, _, err := read(strings.NewReader(whole + whole)); err != nil || len(data) != 2 {
		t.Errorf("%d events at the limit, %v", len(data), err)
	}
	wide := strings.Repeat(" ", 1023) + "\n"
	for name, body := range map[string]string{
		"a line":            "data: \"" + strings.Repeat("x", limit) + "\"\n\n",
		"a byte more":       " " + whole,
		"endless line":      "data: " + strings.Repeat("x", limit+10),
		"many lines":        strings.Repeat("data: ["+wide, limit/1024),
		"nothing but noise": strings.Repeat(": ["+wide, limit/1024) + "data: {}\n\n",
		"empty lines":       strings.Repeat(wide, limit/1023) + "data: {}\n\n",
		"stray lines":       strings.Repeat("{"+wide, limit/1024),
		"a stray line":      "{" + strings.Repeat(" ", limit+10),
	} {
		if data, _, err := read(strings.NewReader(body)); err != transport.ErrTooLarge || len(data) != 0 {
			t.Errorf("%s: %d events, %v", name, len(data), err)
		}
	}
}

func TestABodyThatNeverReturnsAnythingEnds(t *testing.T) {
	if _, _, err := read(idle{}); err != io.ErrNoProgress {
		t.Error(err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestAnErrorEventIsKnownHoweverItIsWritten(t *testing.T) {
	for body, want := range map[string]bool{
		`data: {"error":{"code":1}}`:                       true,
		`data: { "error" : "x" }`:                          true,
		`data: {"id":1,"choices":[],"error":{"code":502}}`: true,
		"event: error\ndata: {\"message\":\"x\"}":          true,
		`{"error":{}}`:                                     true,
		`data: {"error":null,"choices":[]}`:                false,
		`data: {"text":"error"}`:                           false,
		`data: {"choices":[{"error":"x"}]}`:                false,
		`data: "error"`:                                    false,
		`data: {"text":"\"error\""}`:                       false,
	} {
		event, err := transport.NewEvents(strings.NewReader(body)).Next()
		if err != nil || event.Failed() != want {
			t.Errorf("%s: failed %v, %v", body, event.Failed(), err)
		}
	}
}

// What comes out does not depend on how the bytes arrive, and is JSON or was
// not JSON when it came in.
func FuzzAnyStreamIsRead(f *testing.F) {
	for _, body := range []string{
		"data: {\"a\":1}\n\ndata: [DONE]\n\n", ": x\r\n\r\ndata: {\r\ndata: }\r\n\r\n", "\ufeff\rdata:1\r\r", "{\n}", "<", "event: error\ndata: {}",
		"data: {\"a\":1}\ndata: {\"b\":2}", "data:\ndata: x\n\n", "[\n]\n{", "data: {} ",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		at, done, err := read(strings.NewReader(body))
		slow, slowDone, slowErr := read(iotest.OneByteReader(strings.NewReader(body)))
		if done != slowDone || err != slowErr || strings.Join(at, "\x00") != strings.Join(slow, "\x00") {
			t.Errorf("%q, %v, %v\nbyte by byte %q, %v, %v", at, done, err, slow, slowDone, slowErr)
		}
	})
}
