package replay_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/finbrain/ai/mocks/replay"
)

// canaries are secrets as they may stand anywhere.
var canaries = map[string]string{
	"bearer": key, "google": "AIzaSyCanary0123456789abcdefghijklmnopq", "api key": "0123456789abcdefcanary",
	"query": "query/canary+key=", "cookie": "cookie-canary-value", "set-cookie": "setcookie-canary-value",
	"organisation": "org-canary0123456789", "project": "proj_canary0123456789", "request": "req_canary0123456789",
	"own": "Müller \"Canary\" Ltd", "other key": "sk-proj-canary_of-another-account", "ray": "9c1e5d-CANARY-ray",
	"user project": "canary-project-123",
}

func TestNoFileHoldsASecret(t *testing.T) {
	dir := t.TempDir()
	var everything strings.Builder
	for name, secret := range canaries {
		fmt.Fprintf(&everything, "%s %s %s %s\n", name, secret, url.QueryEscape(secret), url.PathEscape(secret))
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session="+canaries["set-cookie"]+"; Path=/")
		w.Header().Set("Openai-Organization", canaries["organisation"])
		w.Header().Set("X-Request-Id", canaries["request"])
		w.Header().Set("Cf-Ray", canaries["ray"])
		w.Header().Set("X-Ratelimit-Remaining-Requests", "12")
		w.Header().Set("Content-Type", r.Header.Get("Accept"))
		if r.Header.Get("Accept") == "application/gzip-json" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.Copy(z, r.Body)
			_ = z.Close()
			return
		}
		_, _ = io.Copy(w, r.Body)
	}
	r, err := replay.Open(dir, replay.Config{
		Mode: replay.Record, Transport: direct{http.HandlerFunc(handler)}, Secrets: []string{canaries["own"]},
	})
	if err != nil {
		t.Fatal(err)
	}
	quoted := strings.Trim(fmt.Sprintf("%+q", everything.String()), "'")
	bodies := map[string]string{
		"text/plain":            everything.String(),
		"application/json":      `{"prompt":` + quoted + `,"organization_id":"canary","error":{"request_id" : "canary\"canary","api_key":"canary"}}`,
		"text/event-stream":     "data: {\"a\":\"" + key + "\"}\n\ndata: {\"b\":\"" + canaries["organisation"] + "\"}\n\n",
		"application/octet":     "\xff\xfe" + everything.String(),
		"application/gzip-json": `{"a":"` + key + `"}`,
	}
	for accept, body := range bodies {
		path := "http://a.test/v1/" + key + "/x?key=" + url.QueryEscape(canaries["query"]) + "&alt=sse&note=" + url.QueryEscape(canaries["own"])
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{
			"Authorization": {"Bearer " + key}, "X-Goog-Api-Key": {canaries["google"]}, "Api-Key": {canaries["api key"]},
			"Openai-Project": {canaries["project"]}, "Cookie": {"a=" + canaries["cookie"]}, "Accept": {accept},
			"Content-Type": {accept}, "X-Goog-User-Project": {canaries["user project"]}, "Accept-Encoding": {"gzip"},
		}
		resp, err := r.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	all := files(t, dir)
	if len(all) != len(bodies) {
		t.Fatalf("%d files of %d exchanges", len(all), len(bodies))
	}
	for name, text := range all {
		if i := strings.Index(text, `"base64": "`); i >= 0 {
			for _, encoded := range strings.Split(text, `"base64": "`)[1:] {
				data, err := base64.StdEncoding.DecodeString(encoded[:strings.IndexByte(encoded, '"')])
				if err != nil {
					t.Fatal(err)
				}
				text += string(data)
			}
		}
		for what, secret := range canaries {
			for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
				if strings.Contains(name+text, form) {
					t.Errorf("%s holds the %s, %q:\n%s", name, what, form, text)
				}
			}
		}
		if i := strings.Index(strings.ToLower(text), "canary"); i >= 0 {
			t.Errorf("%s holds …%q…", name, text[max(0, i-60):min(len(text), i+60)])
		}
		for _, kept := range []string{`"alt=sse`, "X-Ratelimit-Remaining-Requests", `"X-Request-Id": [`} {
			if !strings.Contains(text, kept) {
				t.Errorf("%s lacks %s", name, kept)
			}
		}
	}
}

func TestASecretInDisguiseIsNotRecorded(t *testing.T) {
	dir := t.TempDir()
	disguised := `\u0073` + key[1:]
	for _, body := range []string{`{"a":"` + disguised + `"}`, "data: {\"a\":\"" + disguised + "\"}\n\n"} {
		r, err := replay.Open(dir, replay.Config{Mode: replay.Record, Transport: direct{http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })}})
		if err != nil {
			t.Fatal(err)
		}
		if got := call(t, r, chat, body); got.body != body {
			t.Errorf("%+v", got)
		}
		err = r.Close()
		if err == nil || !strings.Contains(err.Error(), "0001-post-v1-chat-completions.json is not recorded: request: a secret") || strings.Contains(err.Error(), key) {
			t.Errorf("%v", err)
		}
		if len(files(t, dir)) != 0 {
			t.Error("it is in a file")
		}
	}
}

func TestAReplayNeedsNoKey(t *testing.T) {
	dir := t.TempDir()
	r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") })
	call(t, r, chat, `{"prompt":"my key is `+key+`"}`)
	for _, body := range []string{`{"prompt":"my key is ` + key + `"}`, `{"prompt":"my key is sk-quite-another-one"}`} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, chat, strings.NewReader(body))
		resp, err := open(t, dir, replay.Config{}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}

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
	for _, name := range []string{"0007-post-v1-chat.json", "notes.json", "0001-readme.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	recording(t, dir, replay.Config{}, nil)
	all := files(t, dir)
	if _, there := all["0007-post-v1-chat.json"]; there || len(all) != 2 {
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
