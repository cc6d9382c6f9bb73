package gemini

import (
	"context"
	"encoding/json"
	"net/http"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// generate answers a text or image request.
func (p *Provider) generate(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	seen := watched{keep: itsEnd}
	if len(req.Tools) > 0 {
		seen.keep = allOfIt
	}
	answer, body, exchange, err := ask(ctx, model, seen, func(ctx context.Context) (*genai.GenerateContentResponse, error) {
		return p.client.Models.GenerateContent(ctx, model, nil, p.config(req, model))
	})
	if err != nil {
		return nil, err
	}
	r := reading{req: req, asked: model}
	text, _, problem := r.take(answer, body)
	if problem == nil {
		var resp *ai.Response
		if resp, problem = r.end(exchange); problem == nil {
			resp.Text = text
			return resp, nil
		}
	}
	return nil, r.locate(problem, exchange)
}

// config is the call's own configuration: genai writes to what it is given, so
// no call shares it with another.
func (p *Provider) config(req *ai.Request, model string) *genai.GenerateContentConfig {
	config := &genai.GenerateContentConfig{
		// Left on, genai asks again, unseen and billed, as long as a response
		// carries a continuation token.
		AutomaticContinuation: new(false),
		MaxOutputTokens:       int32(req.MaxTokens),
		StopSequences:         req.Stop,
		MediaResolution:       p.options.resolution,
		ThinkingConfig:        p.thinking(req.Effort, model),
		ToolConfig:            toolConfig(req),
	}
	if req.Instruction != "" {
		config.SystemInstruction = genai.NewContentFromText(req.Instruction, genai.RoleUser)
	}
	if req.Temperature != nil {
		config.Temperature = new(float32(*req.Temperature))
	}
	if req.Seed != nil {
		config.Seed = new(seed32(*req.Seed))
	}
	f := filling{contents: conversation(req, model), tools: declarations(req.Tools, model)}
	switch {
	case len(req.Schema) == 0:
	case f.tools != nil && generationOf(model) < gemini3:
		// These models refuse an enforced schema beside tools.
		if config.SystemInstruction == nil {
			config.SystemInstruction = &genai.Content{Role: genai.RoleUser}
		}
		config.SystemInstruction.Parts = append(config.SystemInstruction.Parts,
			&genai.Part{Text: "Answer with JSON only, which follows this JSON Schema: " + string(req.Schema)})
	default:
		config.ResponseMIMEType, f.schema = "application/json", dialect(req.Schema, model)
	}
	config.HTTPOptions = &genai.HTTPOptions{ExtrasRequestProvider: f.fill}
	return config
}

// filling is what is put into a request's body past genai, which would turn
// every number into a float64, sort the keys of schemas, and encode images
// three times.
type filling struct {
	contents []*genai.Content
	tools    []*genai.Tool
	schema   json.RawMessage
}

func (f *filling) fill(body map[string]any) map[string]any {
	body["contents"] = f.contents
	if f.tools != nil {
		body["tools"] = f.tools
	}
	if settings, ok := body["generationConfig"].(map[string]any); ok && f.schema != nil {
		settings["responseJsonSchema"] = f.schema
	}
	return body
}

// seed32 folds a seed into the 32 bits that Gemini takes, so that seeds of any
// size stay repeatable and small ones stay what they are.
func seed32(seed int64) int32 {
	if small := int32(seed); int64(small) == seed {
		return small
	}
	return int32(seed) ^ int32(seed>>32)
}

// requestID returns the identifier that Gemini puts into the body, unless it
// is something else that had better not be printed, or else that of a header.
func requestID(id string, exchange *transport.Exchange) string {
	if id != "" {
		id = transport.RequestID(http.Header{"X-Request-Id": {id}})
	}
	if id != "" {
		return id
	}
	return transport.RequestID(exchange.Header)
}
