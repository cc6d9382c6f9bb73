package replay_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/finbrain/ai/mocks/replay"
)

func TestTheFileIsAsDocumented(t *testing.T) {
	dir := t.TempDir()
	r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "req_0123456789abcdef")
		w.Header().Set("Retry-After", "2")
		switch r.URL.Path {
		case "/v1/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, ": hello\ndata: {\"b\":1,\"a\":\"<x>\"}\n\ndata: [DONE]\n\n")
		case "/v1/image":
			_, _ = w.Write([]byte{0x89, 'P', 'N', 'G', 0xff})
		default:
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"z":9007199254740993,"a":"<x>"}`)
		}
	})
	for _, path := range []string{"v1/chat?b=2&a=1&key=secret", "v1/stream", "v1/image"} {
		call(t, r, "http://a.test/"+path, `{"model":"m","prompt":"Grüße, \"x\" & <y>"}`)
	}
	for name, text := range files(t, dir) {
		golden := filepath.Join("testdata", "golden", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(golden), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, []byte(text)) {
			t.Errorf("%s is\n%s\nwant\n%s", name, text, want)
		}
	}
}

func TestRecordingAnewRemovesTheRecordingsBefore(t *testing.T) {
	dir := t.TempDir()
	const request = `"request":{"method":"GET","path":"/"},"response":{"status":200}`
	for name, text := range map[string]string{
		"0007-post-v1-chat.json": `{"format":"exchange/1",` + request + `}`, "notes.json": `{"format":"exchange/1",` + request + `}`,
		"0001-readme.txt": "", "2026-annual-report.json": `{"revenue":1}`, "2025-10-k.json": "{" + request + "}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	recording(t, dir, replay.Config{}, nil)
	all := files(t, dir)
	if _, there := all["0007-post-v1-chat.json"]; there || len(all) != 4 {
		t.Errorf("%d files are left", len(all))
	}
}

func TestAFileThatIsNoRecordingIsNamed(t *testing.T) {
	const response = `"response":{"status":200}`
	tests := map[string]string{
		"{":                       "its JSON cannot be read",
		`{"format":"exchange/9"}`: "format is not exchange/1",
		`{` + response + `}`:      "request.method or request.path is missing",
		`{"request":{"method":"GET","path":"/"}}`: "response.status is not from 100 to 999",
	}
	for text, want := range tests {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := replay.Open(dir, replay.Config{}); err == nil || err.Error() != "replay: a.json is no recording: "+want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := replay.Open(filepath.Join(t.TempDir(), "none"), replay.Config{}); err == nil {
		t.Error("a directory that is not there was opened")
	}
	if _, err := replay.Open(t.TempDir(), replay.Config{Mode: 7}); err == nil || !strings.Contains(err.Error(), "Config.Mode is 7") {
		t.Errorf("%v", err)
	}
	if _, err := replay.Open(t.TempDir(), replay.Config{Secrets: []string{"long enough", "short"}}); err == nil ||
		err.Error() != "replay: Config.Secrets[1] is shorter than 8 bytes" {
		t.Errorf("%v", err)
	}
}

func TestAFileWrittenByHandIsReplayed(t *testing.T) {
	dir := t.TempDir()
	text := `{"request":{"method":"POST","path":"/v1/a?alt=sse","headers":{"content-type":["application/json"]},"body":"{\"a\":1}"},
		"response":{"status":418,"headers":{"retry-after":["3"],"content-encoding":["gzip"],"content-length":["99"]},"body":"short and stout"}}`
	if err := os.WriteFile(filepath.Join(dir, "tea.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := call(t, open(t, dir, replay.Config{}), "http://a.test/v1/a?alt=sse", `{ "a": 1 }`)
	if got.err != nil || got.status != 418 || got.body != "short and stout" || got.header.Get("Retry-After") != "3" || len(got.header) != 1 {
		t.Errorf("%+v", got)
	}
}
