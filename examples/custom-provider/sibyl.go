package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/finbrain/ai"
)

// Sibyl answers text requests with the service of that name, which this example
// makes up: POST /ask takes a conversation as JSON and answers in JSON, or in
// lines of JSON when asked for a stream.
//
// It is an ai.Analyzer, an ai.Streamer and an ai.Planner, and safe for
// concurrent use. A response may have 8 MiB, a stream 64 MiB.
type Sibyl struct {
	http *http.Client
	url  string
	key  func() string // what prints a Sibyl does not print the key
}

// The compiler says which obligations there are; providertest whether they are
// met.
var (
	_ ai.Analyzer = (*Sibyl)(nil)
	_ ai.Streamer = (*Sibyl)(nil)
	_ ai.Planner  = (*Sibyl)(nil)
)

// NewSibyl returns a provider for the service at baseURL.
func NewSibyl(baseURL, key string, client *http.Client) *Sibyl {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // net/http would take the key along to another host
	}
	return &Sibyl{http: &own, url: baseURL + "/ask", key: func() string { return key }}
}

const (
	name         = "sibyl"
	defaultModel = "delphi-2"
	maxBody      = 8 << 20
)

// Plan refuses what the service cannot do, so that a Client goes to the next
// route at once. Stop, Seed and Effort are passed over.
func (s *Sibyl) Plan(req *ai.Request) (ai.Plan, error) {
	unsupported := req.ResolvedKind() != ai.KindText || len(req.Documents)+len(req.Tools)+len(req.Schema) > 0
	for _, turn := range req.History {
		unsupported = unsupported || turn.Role == ai.RoleTool || len(turn.Documents)+len(turn.ToolCalls) > 0
	}
	if unsupported {
		return ai.Plan{}, &ai.Error{Code: ai.CodeUnsupported, Provider: name, Detail: "the service answers texts only"}
	}
	if req.Model == "" {
		return ai.Plan{Model: defaultModel}, nil
	}
	return ai.Plan{Model: req.Model}, nil
}

// Analyze answers the request in one call. It never retries: the Client does.
func (s *Sibyl) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	x, err := s.ask(ctx, req, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = x.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(x.Body, maxBody+1))
	if err != nil {
		return nil, x.network(ctx, err)
	}
	var answer reply
	if len(body) > maxBody || json.Unmarshal(body, &answer) != nil {
		return nil, x.fail(ai.CodeBadResponse, "the response is not of the documented shape")
	}
	return x.complete(&answer, answer.Text != "")
}

// question is what the service is sent.
type question struct {
	Model       string   `json:"model"`
	Stream      bool     `json:"stream"`
	Rules       string   `json:"rules,omitempty"`
	Turns       []turn   `json:"turns"`
	MaxTokens   int      `json:"max_tokens,omitempty"`
	Temperature *float64 `json:"temperature,omitempty"` // a pointer: zero is sent
}

type turn struct {
	By   ai.Role `json:"by"`
	Text string  `json:"text"`
}

// reply is what the service answers, or a line of it.
type reply struct {
	Model  string `json:"model"`
	Text   string `json:"text"`
	Ended  string `json:"ended"` // "done" or "limit"; a stream's last line has it
	Tokens struct {
		In  int `json:"in"`
		Out int `json:"out"`
	} `json:"tokens"`
	Reason string `json:"reason"` // why there is no answer, also within a stream
}

// exchange is one call to the service.
type exchange struct {
	*http.Response
	model string
}

// ask makes the call. Its response, if there is no error, is a success.
func (s *Sibyl) ask(ctx context.Context, req *ai.Request, stream bool) (*exchange, error) {
	if err := req.Validate(); err != nil {
		return nil, err
	}
	plan, err := s.Plan(req)
	if err != nil {
		return nil, err
	}
	q := question{Model: plan.Model, Stream: stream, Rules: req.Instruction, MaxTokens: req.MaxTokens, Temperature: req.Temperature}
	for _, earlier := range req.History {
		q.Turns = append(q.Turns, turn{earlier.Role, earlier.Text})
	}
	q.Turns = append(q.Turns, turn{ai.RoleUser, req.Prompt})
	x := &exchange{model: plan.Model}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, x.fail(ai.CodeInvalidRequest, "the request cannot be written")
	}
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return nil, x.fail(ai.CodeInvalidRequest, "the address of the service is wrong")
	}
	sent.Header.Set("Sibyl-Key", s.key())
	resp, err := s.http.Do(sent) //nolint:bodyclose // whoever has the exchange closes it
	if err != nil {
		return nil, x.network(ctx, err)
	}
	x.Response = resp
	if x.StatusCode == http.StatusOK {
		return x, nil
	}
	defer func() { _ = x.Body.Close() }()
	return nil, x.refusal()
}

// complete turns the end of an answer into a response. What has neither text
// nor a reason to end is none, whatever its status.
func (x *exchange) complete(answer *reply, text bool) (*ai.Response, error) {
	resp := &ai.Response{
		Text: answer.Text, Source: ai.SourceProvider, Provider: name, Model: answer.Model, RequestID: x.Header.Get("Sibyl-Request"),
		Usage: ai.Usage{
			InputTokens: answer.Tokens.In, OutputTokens: answer.Tokens.Out, TotalTokens: answer.Tokens.In + answer.Tokens.Out,
		},
	}
	if resp.Model == "" {
		resp.Model = x.model
	}
	switch {
	case answer.Reason != "":
		return nil, x.fail(reasons[answer.Reason], "")
	case answer.Ended == "limit" && !text:
		return nil, x.fail(ai.CodeMaxTokens, "")
	case answer.Ended == "limit":
		resp.FinishReason = ai.FinishLength
	case answer.Ended == "done" && text:
		resp.FinishReason = ai.FinishStop
	default:
		return nil, x.fail(ai.CodeBadResponse, "the service sent no answer")
	}
	return resp, nil
}
