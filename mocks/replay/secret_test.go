package replay_test

import (
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
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
		if r.Header.Get("Accept-Encoding") != "" {
			t.Error("an encoding was asked for that the transport does not undo")
		}
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

func TestASecretThatBeginsWithAnotherLeavesNoTail(t *testing.T) {
	dir := t.TempDir()
	config := replay.Config{Secrets: []string{"Müller & Co", "Müller & Co KG Frankfurt"}}
	r := recording(t, dir, config, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	call(t, r, chat, "Müller & Co KG Frankfurt owes Müller & Co")
	for _, text := range files(t, dir) {
		if strings.Count(text, "scrubbed owes scrubbed") != 2 {
			t.Error(text)
		}
	}
}

func TestAReplayNeedsNoKey(t *testing.T) {
	dir := t.TempDir()
	const plain = "a key that looks like none"
	ask := func(via http.RoundTripper, key, prompt string) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, chat, strings.NewReader(prompt))
		if err != nil {
			t.Fatal(err)
		}
		if key != "" {
			req.Header.Set("Authorization", "Bearer "+key)
		}
		resp, err := via.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") })
	for _, prompt := range []string{"x", "my key is " + plain} {
		if err := ask(r, plain, prompt); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, dir, replay.Config{})
	if err := ask(p, "", "x"); err != nil {
		t.Errorf("without a key: %v", err)
	}
	if err := ask(p, plain, "my key is "+plain); err != nil {
		t.Errorf("with the key that was recorded: %v", err)
	}
	if err := ask(open(t, dir, replay.Config{}), "my key is", "my key is scrubbed"); err != nil {
		t.Errorf("with a key that stands in the prompt by chance: %v", err)
	}
}

func TestWhatLooksLikeASecretIsTakenOut(t *testing.T) {
	dir := t.TempDir()
	tests := map[string]string{
		"sk-proj-AbC_123-456def":                                "scrubbed",
		"a key AIzaSyA0123456789abcdefghijklmnopqrstuv.":        "a key scrubbed.",
		"AQ.Ab8RN6IAbCdEfGhIjKlMnOpQrStUvWxYz0123":              "scrubbed",
		"ya29.a0AfH6SMBabcdef":                                  "scrubbed",
		"ghp_0123456789abcdefghij":                              "scrubbed",
		"eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl":        "scrubbed",
		"Authorization: bearer abcdefgh":                        "Authorization: scrubbed",
		"Bearer 0123456789abcdefghij":                           "scrubbed",
		"the bearer securities, bearer participation":           "the bearer securities, bearer participation",
		"gsk_0123456789abcdefghij xai-0123456789abcdef":         "scrubbed scrubbed",
		`"keys:\nsk-proj-AbC_123-456def\\torg-AbCd1234E"`:       `"keys:\nscrubbed\\torg-scrubbed"`,
		"Incorrect API key provided: my-ke*****4567. Yo":        "Incorrect API key provided: scrubbed Yo",
		"visit https://h/overview?project=fin-bank-12 x":        "visit https://h/overview?project=scrubbed x",
		`{"containerInfo":"1234567","project_number":12345678}`: `{"containerInfo":"scrubbed","project_number":"scrubbed"}`,
		"in organization org-AbCd1234EfGh on tokens":            "in organization org-scrubbed on tokens",
		"proj_AbCd1234EfGh":                                     "proj_scrubbed",
		"req_0123abcd":                                          "req_scrubbed",
		"the request ID 5b43c8a5-0f in your":                    "the request ID scrubbed in your",
		"projects/123456789012/x":                               "projects/scrubbed/x",
		"project 123456789012 is":                               "project scrubbed is",
		"project_number:123456789012":                           "project scrubbed",
		`{"organization_id":"o","projectId" : "p\"q","consumer":"c","request_id":"r","password":"w"}`: `{"organization_id":"scrubbed","projectId" : "scrubbed","consumer":"scrubbed","request_id":"scrubbed","password":"scrubbed"}`,
		"task-oriented risk-0123456789abc, a project 12, sk-short":                                    "task-oriented risk-0123456789abc, a project 12, sk-short",
		`{"id":"chatcmpl-AbCdEfGh12345678","fingerprint":"fp_1234567890","file":"file-AbCdEfGh1234"}`: `{"id":"chatcmpl-AbCdEfGh12345678","fingerprint":"fp_1234567890","file":"file-AbCdEfGh1234"}`,
	}
	for text, want := range tests {
		r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		call(t, r, chat, text)
		_ = r.Close()
		resp := call(t, open(t, dir, replay.Config{}), chat, text)
		if resp.body != want || resp.err != nil {
			t.Errorf("%s\n got %s, %v\nwant %s", text, resp.body, resp.err, want)
		}
	}
}

func TestAPageTokenIsNoKey(t *testing.T) {
	dir := t.TempDir()
	r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.RawQuery) })
	const list = "http://a.test/v1/files?pageToken="
	call(t, r, list+"one", "")
	call(t, r, list+"two", "")
	p := open(t, dir, replay.Config{})
	for _, page := range []string{"two", "one"} {
		if got := call(t, p, list+page, ""); got.body != "pageToken="+page {
			t.Errorf("%+v", got)
		}
	}
}

func TestABodyOverTheLimitIsNotRecorded(t *testing.T) {
	dir := t.TempDir()
	long := make([]byte, 1<<20)
	r, err := replay.Open(dir, replay.Config{Mode: replay.Record, Transport: direct{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range replay.MaxBodyBytes/len(long) + 1 {
			_, _ = w.Write(long)
		}
	})}})
	if err != nil {
		t.Fatal(err)
	}
	if got := call(t, r, chat, "{}"); len(got.body) != replay.MaxBodyBytes+len(long) || got.err != nil {
		t.Errorf("%d bytes, %v", len(got.body), got.err)
	}
	if err := r.Close(); err == nil || !strings.HasSuffix(err.Error(), "is not recorded: a body is over the limit") || len(files(t, dir)) != 0 {
		t.Errorf("%v", err)
	}
	if got := call(t, r, chat, strings.Repeat(" ", replay.MaxBodyBytes+1)); got.err == nil || !strings.Contains(got.err.Error(), "over the limit") {
		t.Errorf("%v", got.err)
	}
}
