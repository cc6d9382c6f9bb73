package providers_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers"
	"github.com/finbrain/ai/providers/openai"
)

// aimock is a server that others wrote, which plays OpenAI and Gemini
// (https://aimock.copilotkit.dev). "bash .ci/run independent" starts one, puts
// its address into AI_AIMOCK and its key into AIMOCK_API_KEYS; without, the
// tests named after it are skipped. They wait for what it does, a minute at the
// most.
type aimock struct {
	address string
	key     string
	scope   string // this run's of the test: what it tells the server is for its own calls
	played  string // the interface that is asked, as open names it
	http    *http.Client
}

func connect(t *testing.T) *aimock {
	t.Helper()
	address := os.Getenv("AI_AIMOCK")
	if address == "" {
		t.Skip("AI_AIMOCK names no server: bash .ci/run independent")
	}
	a := &aimock{address: address, key: cmp.Or(os.Getenv("AIMOCK_API_KEYS"), "sk-none"), scope: t.Name() + " " + rand.Text()}
	carrier := &http.Transport{MaxIdleConnsPerHost: 64}
	a.http = &http.Client{Transport: scoped{carrier, a.scope}}
	t.Cleanup(carrier.CloseIdleConnections)
	return a
}

// scoped marks calls as the test's.
type scoped struct {
	carrier http.RoundTripper
	scope   string
}

func (s scoped) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("X-Aimock-Context", s.scope)
	req.Header.Set("X-Test-Id", s.scope)
	return s.carrier.RoundTrip(req)
}

// bounded is the test's context, with a limit that a working server never
// reaches.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// plays has the server answer the test's calls: the first fixture that matches
// is played.
func (a *aimock) plays(t *testing.T, fixtures ...string) {
	t.Helper()
	list := make([]map[string]any, len(fixtures))
	for i, fixture := range fixtures {
		if err := json.Unmarshal([]byte(fixture), &list[i]); err != nil {
			t.Fatalf("%s: %v", fixture, err)
		}
		match, _ := list[i]["match"].(map[string]any)
		if match == nil {
			match = make(map[string]any)
		}
		match["context"], list[i]["match"] = a.scope, match
	}
	body, err := json.Marshal(map[string]any{"fixtures": list})
	if err != nil {
		t.Fatal(err)
	}
	a.control(t, http.MethodPost, "/__aimock/fixtures", body)
}

// fails has the server answer the next call with an error, once.
func (a *aimock) fails(t *testing.T, body string) {
	t.Helper()
	a.control(t, http.MethodPost, "/__aimock/error", []byte(body))
}

func (a *aimock) control(t *testing.T, method, path string, body []byte) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(bounded(t), method, a.address+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.key)
	resp, err := a.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s: %v", path, resp.Status, answer, err)
	}
	return answer
}

// call is one that the server has heard, as it understood it: in OpenAI's
// terms, whichever API it was made to.
type call struct {
	Path string
	Body struct {
		Model    string
		Messages []struct {
			Role       string
			Content    json.RawMessage
			ToolCallID string `json:"tool_call_id"`
			ToolCalls  []struct {
				ID       string
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		Temperature *float64
		Tools       []struct {
			Function struct {
				Name, Description string
				Parameters        json.RawMessage
			}
		}
		MaxTokens           int             `json:"max_tokens"`
		MaxCompletionTokens int             `json:"max_completion_tokens"`
		ToolChoice          json.RawMessage `json:"tool_choice"`
		ResponseFormat      json.RawMessage `json:"response_format"`
	}
	Response struct {
		Status      int
		Interrupted bool
	}
}

// roles are those of the turns, in order. Of Responses the server makes a turn
// of each call.
func (c *call) roles() string {
	var list []string
	for i := range c.Body.Messages {
		role := c.Body.Messages[i].Role
		if n := len(list); n == 0 || role != "assistant" || list[n-1] != role {
			list = append(list, role)
		}
	}
	return strings.Join(list, " ")
}

// heard are the test's calls to the providers' interfaces, oldest first.
func (a *aimock) heard(t *testing.T) []call {
	t.Helper()
	var list []call
	answer := a.control(t, http.MethodGet, "/__aimock/journal?testId="+url.QueryEscape(a.scope), nil)
	if err := json.Unmarshal(answer, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// last is the call heard last.
func (a *aimock) last(t *testing.T) call {
	t.Helper()
	list := a.heard(t)
	if len(list) == 0 {
		t.Fatal("the server has heard nothing")
	}
	return list[len(list)-1]
}

// provider is an adapter with all that these tests ask of one.
type provider interface {
	ai.Analyzer
	ai.Streamer
	ai.Planner
}

// opens returns the list's providers, at the server.
func (a *aimock) opens(t *testing.T, list string) providers.List {
	t.Helper()
	opener := providers.Opener{
		LookupEnv:  func(name string) (string, bool) { return a.key, strings.HasSuffix(name, "_API_KEY") },
		HTTPClient: a.http,
	}
	opened, err := opener.Open(strings.ReplaceAll(list, "AIMOCK", url.QueryEscape(a.address)))
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// Providers at the server, as providers.Open takes them.
const (
	openaiThere = "openai:gpt-4.1?url=AIMOCK/v1&image_generation=gpt-image-2"
	geminiThere = "gemini:gemini-3-flash?url=AIMOCK"
)

// open returns the adapter to one of the interfaces that the server plays:
// "openai" is its chat completions, "responses" its Responses API.
func (a *aimock) open(t *testing.T, name string) provider {
	t.Helper()
	switch name {
	case "openai":
		return a.opens(t, openaiThere)[0].Analyzer.(provider)
	case "gemini":
		return a.opens(t, geminiThere)[0].Analyzer.(provider)
	}
	p, err := openai.New(openai.Config{
		APIKey: a.key, BaseURL: a.address + "/v1", HTTPClient: a.http, API: name, Models: openai.Models{Text: "gpt-5.5", Image: "gpt-5.5"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// each runs a test once for each of the interfaces.
func each(t *testing.T, test func(t *testing.T, a *aimock, p provider)) {
	connect(t)
	for _, name := range []string{"openai", "responses", "gemini"} {
		t.Run(name, func(t *testing.T) {
			a := connect(t)
			a.played = name
			test(t, a, a.open(t, name))
		})
	}
}

// way is one to ask a provider.
type way struct {
	name string
	ask  func(ctx context.Context, p provider, req *ai.Request) (*ai.Response, error)
}

// ways are the unary call and the stream.
var ways = []way{
	{"analyze", func(ctx context.Context, p provider, req *ai.Request) (*ai.Response, error) {
		return p.Analyze(ctx, req)
	}},
	{"stream", func(ctx context.Context, p provider, req *ai.Request) (*ai.Response, error) {
		return ai.Collect(p.Stream(ctx, req))
	}},
}

// wantError checks the failure's Code and that it shows neither key nor prompt.
func (a *aimock) wantError(t *testing.T, err error, code ai.Code) *ai.Error {
	t.Helper()
	failed, ok := err.(*ai.Error)
	if !ok || failed.Code != code {
		t.Fatalf("%v, want %s", err, code)
	}
	if text := fmt.Sprintf("%v %+v %#v", failed, failed, failed); strings.Contains(text, a.key) || strings.Contains(text, question) {
		t.Errorf("the error tells a secret: %s", text)
	}
	return failed
}

// ended skips the test of how an answer ended where the server does not say so
// in OpenAI's words: a response that is incomplete has a reason.
func (a *aimock) ended(t *testing.T) {
	t.Helper()
	if a.played == "responses" {
		t.Skip("aimock does not say why a response is incomplete")
	}
}

// question is what the tests ask.
const question = "Which covenants does this filing put at risk?"
