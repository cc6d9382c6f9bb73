package providers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers"
)

// asked notes what is sent, and answers nothing of use.
type asked struct {
	method, url, key, body string
}

func (a *asked) RoundTrip(req *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(req.Body)
	a.method, a.url, a.body = req.Method, req.URL.String(), string(body)
	for _, name := range []string{"Authorization", "Api-Key", "X-Goog-Api-Key"} {
		a.key += req.Header.Get(name)
	}
	return &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil)), Request: req}, nil
}

func opener(env map[string]string, client *http.Client) providers.Opener {
	return providers.Opener{
		LookupEnv:  func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		HTTPClient: client,
	}
}

var keys = map[string]string{
	"OPENAI_API_KEY": "sk-openai", "GEMINI_API_KEY": "g-key", "AZURE_OPENAI_API_KEY": "az-key", "OTHER_KEY": "sk-other",
	"AZURE_OPENAI_ENDPOINT": "https://finbrain.openai.azure.com",
}

func TestAListSaysWhoIsAskedWhereAndForWhat(t *testing.T) {
	embedding := ai.Embedding("x")
	fast := &ai.Request{Prompt: "q", Model: "fast"}
	for _, test := range []struct {
		list  string
		req   *ai.Request
		url   string
		key   string
		model string // in the body or the address
	}{
		{"openai", ai.Text("q"), "https://api.openai.com/v1/chat/completions", "Bearer sk-openai", ""},
		{"openai:gpt-5.5", ai.Text("q"), "https://api.openai.com/v1/chat/completions", "Bearer sk-openai", `"gpt-5.5"`},
		{" openai:gpt-5.5 , gemini", ai.Text("q"), "https://api.openai.com/v1/chat/completions", "Bearer sk-openai", `"gpt-5.5"`},
		{"openai:gpt-5.5?text=gpt-x", ai.Text("q"), "https://api.openai.com/v1/chat/completions", "Bearer sk-openai", `"gpt-x"`},
		{"openai?key=OTHER_KEY", ai.Text("q"), "https://api.openai.com/v1/chat/completions", "Bearer sk-other", ""},
		{"openai?embedding=text-embedding-3-large", embedding, "https://api.openai.com/v1/embeddings", "Bearer sk-openai", `"text-embedding-3-large"`},
		{"openai?alias.fast=gpt-5.5-mini", fast, "https://api.openai.com/v1/chat/completions", "Bearer sk-openai", `"gpt-5.5-mini"`},
		{"openai?image_generation=gpt-image-x", ai.ImageGeneration("q"), "https://api.openai.com/v1/images/generations", "Bearer sk-openai", `"gpt-image-x"`},
		{"gemini:gemini-3-flash", ai.Text("q"), "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash:generateContent", "g-key", ""},
		{"gemini:gemini-3-flash?version=v1", ai.Text("q"), "https://generativelanguage.googleapis.com/v1/models/gemini-3-flash:generateContent", "g-key", ""},
		{"ollama:llama3.2:3b", ai.Text("q"), "http://localhost:11434/v1/chat/completions", "", `"llama3.2:3b"`},
		{"ollama:llava?url=http://gpu1:8000/v1", ai.Text("q"), "http://gpu1:8000/v1/chat/completions", "", `"llava"`},
		{"ollama?embedding=bge-m3", embedding, "http://localhost:11434/v1/embeddings", "", `"bge-m3"`},
		{"compatible:mistral/large?url=https://api.example.com/v1&key=OTHER_KEY", ai.Text("q"), "https://api.example.com/v1/chat/completions", "Bearer sk-other", `"mistral/large"`},
		{"openai?api=responses", ai.Text("q"), "https://api.openai.com/v1/responses", "Bearer sk-openai", ""},
		{"openai:o1-pro?api=chat", ai.Text("q"), "https://api.openai.com/v1/chat/completions", "Bearer sk-openai", `"o1-pro"`},
		{"compatible:m?url=http://h/v1&api=responses", ai.Text("q"), "http://h/v1/responses", "", `"m"`},
		{"ollama:m?api=responses", ai.Text("q"), "http://localhost:11434/v1/responses", "", `"m"`},
		{"azure:d?api=responses", ai.Text("q"), "https://finbrain.openai.azure.com/openai/v1/responses", "Bearer az-key", `"d"`},
		{"azure:my-deployment", ai.Text("q"), "https://finbrain.openai.azure.com/openai/v1/chat/completions", "Bearer az-key", `"my-deployment"`},
		{"azure:dep?version=2024-10-21", ai.Text("q"), "https://finbrain.openai.azure.com/openai/deployments/dep/chat/completions?api-version=2024-10-21", "az-key", ""},
	} {
		t.Run(test.list, func(t *testing.T) {
			var sent asked
			list, err := opener(keys, &http.Client{Transport: &sent}).Open(test.list)
			if err != nil {
				t.Fatal(err)
			}
			_, err = list[0].Analyzer.Analyze(t.Context(), test.req)
			if ai.CodeOf(err) != ai.CodeUnavailable {
				t.Fatal(err)
			}
			if sent.method != "POST" || sent.url != test.url || sent.key != test.key || !strings.Contains(sent.body, test.model) {
				t.Errorf("%+v", sent)
			}
		})
	}
}

func TestRoutesAreNamedAfterTheirServicesUnlessTheListSaysOtherwise(t *testing.T) {
	list, err := opener(keys, nil).Open("openai,spare=openai?key=OTHER_KEY,gemini")
	if err != nil {
		t.Fatal(err)
	}
	client, err := ai.New(list.Option())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for _, route := range []string{"openai", "spare", "gemini"} {
		if client.Breaker(route, ai.KindText) == nil {
			t.Errorf("no route %s", route)
		}
	}
}

func TestAServerIsNotAskedForModelsItWasNotToldOf(t *testing.T) {
	list, err := opener(keys, nil).Open("ollama:llama3,openai?kinds=text+embedding")
	if err != nil {
		t.Fatal(err)
	}
	for i, req := range []*ai.Request{ai.Embedding("x"), ai.ImageAnalysis("q", ai.ImageURL("https://example.com/a.png"))} {
		if _, err := list[i].Analyzer.Analyze(t.Context(), req); ai.CodeOf(err) != ai.CodeUnsupported {
			t.Errorf("%s: %v", list[i].Route, err)
		}
	}
}

func TestFromEnvReadsTheListOrElseTheKeys(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"AI_PROVIDERS": "ollama:llama3", "OPENAI_API_KEY": "k"}, "ollama"},
		{map[string]string{"GOOGLE_API_KEY": "k", "OPENAI_API_KEY": "k"}, "openai gemini"},
		{map[string]string{"GOOGLE_API_KEY": "k"}, "gemini"},
		{map[string]string{"OPENAI_API_KEY": "k", "GEMINI_API_KEY": ""}, "openai"},
	} {
		list, err := opener(test.env, nil).FromEnv()
		if err != nil {
			t.Fatal(err)
		}
		var routes []string
		for _, p := range list {
			routes = append(routes, p.Route)
		}
		if got := strings.Join(routes, " "); got != test.want {
			t.Errorf("%v: %s", test.env, got)
		}
	}
	_, err := opener(nil, nil).FromEnv()
	wantWrong(t, err, "AI_PROVIDERS", "OPENAI_API_KEY")
}

func TestTheProcessEnvironmentIsTheDefault(t *testing.T) {
	t.Setenv("AI_PROVIDERS", "mine=openai")
	t.Setenv("OPENAI_API_KEY", "k")
	if list, err := providers.FromEnv(); err != nil || len(list) != 1 || list[0].Route != "mine" {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := providers.Open("openai"); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

const secret = "sk-proj-canary"

func TestAWrongListIsRefusedByThePartThatIsWrong(t *testing.T) {
	for list, field := range map[string]string{
		"":                             "providers[0]",
		"openai,":                      "providers[1]",
		"claude":                       "providers[0].service",
		secret:                         "providers[0].service",
		"openai:":                      "providers[0].model",
		"openai,openai":                "providers[1].route",
		"a/b=openai":                   "providers[0].route",
		"=openai":                      "providers[0].route",
		"openai?%zz":                   "providers[0].settings",
		"openai?a;b":                   "providers[0].settings",
		"openai?" + secret:             "providers[0].settings",
		"openai?apikey=" + secret:      "providers[0].settings",
		"openai?key=" + secret:         "providers[0].key",
		"openai?key=":                  "providers[0].key",
		"openai?key=A&key=B":           "providers[0].key",
		"openai?alias.=x":              "providers[0].alias",
		"openai?alias." + secret + "=": "providers[0].alias",
		"openai?alias." + secret + "=a&alias." + secret + "=b": "providers[0].alias",
		"openai?kinds=text+" + secret:                          "providers[0].kinds",
		"openai?kinds=+":                                       "providers[0].kinds",
		"openai?api=" + secret:                                 "providers[0].api",
		"gemini?api=chat":                                      "providers[0].api",
		"openai?version=v1":                                    "providers[0].version",
		"compatible:m?url=http://h/v1&version=2024-10-21":      "providers[0].version",
		"openai?url=" + secret:                                 "providers[0].url",
		"openai?url=https://u:" + secret + "@host/v1":          "providers[0].url",
		"openai?url=https://api.openai.com":                    "providers[0].url",
		"ollama":                                               "providers[0].model",
		"ollama:llama3?kinds=text+embedding":                   "providers[0].embedding",
		"compatible:m":                                         "providers[0].url",
		"gemini:a b":                                           "providers[0].model",
		"gemini?alias.fast=a b":                                "providers[0].alias",
		"gemini?embedding=../x":                                "providers[0].embedding",
		"gemini?image_generation=../x":                         "providers[0].image_generation",
		"gemini?version=a/b":                                   "providers[0].version",
		strings.Repeat("openai,", 64):                          "providers",
	} {
		t.Run(list, func(t *testing.T) {
			_, err := opener(keys, nil).Open(list)
			wantWrong(t, err, field, "")
		})
	}
	for list, variable := range map[string]string{
		"openai": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY or GOOGLE_API_KEY", "azure:d?url=https://h": "AZURE_OPENAI_API_KEY",
	} {
		_, err := opener(nil, nil).Open(list)
		wantWrong(t, err, "providers[0].key", variable)
	}
	_, err := opener(map[string]string{"AZURE_OPENAI_API_KEY": "k"}, nil).Open("azure:d")
	wantWrong(t, err, "providers[0].url", "AZURE_OPENAI_ENDPOINT")
	_, err = opener(map[string]string{"OPENAI_API_KEY": secret + "\n"}, nil).Open("openai")
	wantWrong(t, err, "providers[0].key", "header")
}

func TestAListShowsNoKey(t *testing.T) {
	env := map[string]string{"OPENAI_API_KEY": secret, "GEMINI_API_KEY": secret, "AZURE_OPENAI_API_KEY": secret}
	list, err := opener(env, nil).Open("openai,gemini,azure:d?url=https://h&version=2024-10-21")
	if err != nil {
		t.Fatal(err)
	}
	data, _ := json.Marshal(list)
	shown := string(data)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		shown += fmt.Sprintf(verb, list)
		for _, p := range list {
			shown += fmt.Sprintf(verb, p) + fmt.Sprintf(verb, p.Analyzer)
		}
	}
	if strings.Contains(shown, secret) || strings.Contains(shown, fmt.Sprintf("%x", secret)) {
		t.Error(shown)
	}
}

func wantWrong(t *testing.T, err error, field, detail string) {
	t.Helper()
	failed, ok := err.(*ai.Error)
	if !ok || failed.Code != ai.CodeInvalidRequest || failed.Field != field || !strings.Contains(failed.Detail, detail) {
		t.Errorf("%v, want %s refused", err, field)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
		t.Errorf("the error shows what stands in the list: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, list := range []string{"openai:gpt-5.5,gemini", "a=ollama:m?url=http://h/v1", "azure:d?version=1&kinds=text", "?", "=:?&,"} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		opened, err := opener(keys, nil).Open(list)
		if (err == nil) == (opened == nil) {
			t.Fatalf("%v, %v", opened, err)
		}
		if err != nil {
			if failed, ok := err.(*ai.Error); !ok || failed.Code != ai.CodeInvalidRequest || !strings.HasPrefix(failed.Field, "providers") {
				t.Fatal(err)
			}
		}
	})
}
