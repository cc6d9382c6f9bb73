package replay_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/finbrain/ai/mocks/replay"
)

// echo records a call whose request and response have the body.
func echo(t *testing.T, config replay.Config, url, body string) (dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	config.Mode = replay.Record
	config.Transport = direct{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })}
	r, err := replay.Open(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	if got := call(t, r, url, body); got.body != body {
		t.Errorf("%+v", got)
	}
	return dir, r.Close()
}

func TestASecretInDisguiseIsNotRecorded(t *testing.T) {
	const own = `Müller\Söhne "AG" 😀`
	disguised := `\u0073` + key[1:]
	for name, body := range map[string]string{
		"JSON":            `{"a":"` + disguised + `"}`,
		"a stream":        "data: {\"a\":\"" + disguised + "\"}\n\n",
		"lines of JSON":   "--b\r\n\r\n{\"n\":1}\n{\"a\":\"" + disguised + "\"}\n--b--",
		"JSON within":     `{"arguments":"{\"a\":\"\\u0073` + key[1:] + `\"}"}`,
		"another's key":   `{"a":"\u0073k-proj-0123456789abcdef"}`,
		"small letters":   "a=%c3%bc%4D" + strings.ReplaceAll(key, "-", "%2d"),
		"upper hex":       `{"a":"M\u00FCller\\S\u00F6hne \"AG\" \uD83D\uDE00"}`,
		"base64":          `{"data":"` + base64.StdEncoding.EncodeToString([]byte("the key is "+key+", Sir")) + `"}`,
		"base64 of a URL": `{"data":"` + base64.URLEncoding.EncodeToString([]byte("\xff\xff\xff"+key)) + `"}`,
		"pieces": "data: {\"choices\":[{\"delta\":{\"content\":\"the key sk-can\"}}]}\n\n: comment\n\n" +
			"data: {\"choices\":[{\"delta\":{\"content\":\"" + key[6:] + "\"}}]}\n\ndata: [DONE]\n\n",
		"pieces of another's": "data: {\"delta\":\"sk-proj-\"}\n\ndata: {\"delta\":\"0123456789abcdef\"}\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := echo(t, replay.Config{Secrets: []string{own}}, chat, body)
			if err == nil || strings.Contains(err.Error(), key) ||
				!strings.Contains(err.Error(), "0001-post-v1-chat-completions.json is not recorded: request: a secret") {
				t.Errorf("%v", err)
			}
			if all := files(t, dir); len(all) != 0 {
				t.Errorf("it is in a file: %v", all)
			}
		})
	}
}

func TestASecretInTheArgumentsOfAToolIsTakenOut(t *testing.T) {
	const own = `Müller & "Söhne" AG`
	for _, ascii := range []bool{true, false} {
		arguments, _ := json.Marshal(map[string]string{"owner": own})
		if ascii {
			arguments = []byte(`{"owner":` + strconv.QuoteToASCII(own) + `}`)
		}
		body, _ := json.Marshal(map[string]string{"arguments": string(arguments)})
		dir, err := echo(t, replay.Config{Secrets: []string{own}}, chat, string(body))
		if err != nil {
			t.Error(err)
		}
		for _, text := range files(t, dir) {
			if strings.Count(text, "scrubbed") != 2 || strings.Contains(text, "hne") {
				t.Error(text)
			}
		}
	}
}

func TestAKeyInAMisshapenAddressIsTakenOut(t *testing.T) {
	const secret = "query-canary/0123"
	for _, address := range []string{
		"http://a.test/v1/x?key=" + secret + ";a=1", "http://a.test/v1/x?a=%zz&key=" + secret,
		"http://a.test/v1/x?access%5Ftoken=" + secret, "http://a.test/v1/query-canary%2f0123/x?key=" + secret,
	} {
		dir, err := echo(t, replay.Config{}, address, `{"echo":"`+secret+`"}`)
		if err != nil {
			t.Error(err)
		}
		for name, text := range files(t, dir) {
			if strings.Contains(name+text, "canary") {
				t.Errorf("%s: %s\n%s", address, name, text)
			}
		}
		if got := call(t, open(t, dir, replay.Config{}), address, `{"echo":"`+secret+`"}`); got.err != nil {
			t.Error(got.err)
		}
	}
}

func TestAHeaderThatIsNamedLikeASecretHoldsOne(t *testing.T) {
	for name, value := range map[string]string{
		"Ocp-Apim-Subscription-Key": "canary-0123", "X-Auth-Token": "canary-0123", "Helicone-Auth": "Bearer canary-0123",
		"Cf-Aig-Authorization": "Bearer canary-0123", "X-Amz-Security-Token": "canary-0123",
	} {
		dir := t.TempDir()
		r := recording(t, dir, replay.Config{}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "no such key: canary-0123") })
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, chat, nil)
		req.Header.Set(name, value)
		resp, err := r.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		for _, text := range files(t, dir) {
			if strings.Contains(text, "canary") || !strings.Contains(text, "no such key: scrubbed") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

func TestAKeyThatIsAddedBelowTheRecorderIsTakenOut(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, replay.Config{Mode: replay.Record, Transport: answering(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer canary-0123")
		return direct{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "wrong key: canary-0123")
		})}.RoundTrip(req)
	})})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, chat, nil)
	resp, err := r.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.Request != req {
		t.Error("the response shows the request with the key")
	}
	for _, text := range files(t, dir) {
		if strings.Contains(text, "canary") || !strings.Contains(text, "wrong key: scrubbed") {
			t.Error(text)
		}
	}
}

func TestACompressedRequestIsRecordedPlain(t *testing.T) {
	dir := t.TempDir()
	body := `{"a":"` + key + `"}`
	ask := func(via http.RoundTripper, body string) error {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, body)
		_ = z.Close()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, chat, &b)
		req.Header = http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "Authorization": {"Bearer " + key}}
		resp, err := via.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	if err := ask(recording(t, dir, replay.Config{}, func(http.ResponseWriter, *http.Request) {}), body); err != nil {
		t.Fatal(err)
	}
	for _, text := range files(t, dir) {
		if !strings.Contains(text, `"a": "scrubbed"`) {
			t.Error(text)
		}
	}
	p := open(t, dir, replay.Config{})
	if err := ask(p, `{"a":"x"}`); err == nil || !strings.HasSuffix(err.Error(), "in its body at a") {
		t.Error(err)
	}
	if err := ask(p, body); err != nil {
		t.Error(err)
	}
}

func TestAConfigShowsNoSecret(t *testing.T) {
	config := replay.Config{Secrets: []string{key}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", config, "pointer", &config)
	data, err := json.Marshal(config)
	shown := fmt.Sprintf("%v %+v %#v %s %q %x %+v", config, config, config, config, config, config, &config) + log.String() + string(data)
	if err != nil || strings.Contains(shown, key) || strings.Contains(shown, fmt.Sprintf("%x", key)) {
		t.Errorf("%s, %v", shown, err)
	}
}
