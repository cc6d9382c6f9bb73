package openai_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/openai"
	"github.com/finbrain/ai/providers/providertest"
)

func TestTheAdapterKeepsEveryObligation(t *testing.T) {
	for api, lacks := range map[string][]providertest.Ability{
		"chat":      {providertest.DocumentURLs},
		"responses": {providertest.StopTexts, providertest.Seeds},
	} {
		t.Run(api, func(t *testing.T) {
			providertest.Run(t, providertest.Harness{
				New: func(s providertest.Service) (ai.Analyzer, error) {
					return openai.New(openai.Config{
						APIKey: s.Key, BaseURL: s.BaseURL + "/v1", HTTPClient: s.Client, Vendor: "openai", API: api,
						Models: openai.Models{ImageGeneration: "gpt-image-1.5"},
					})
				},
				Write: wireFormat{}.write,
				Lacks: lacks,
			})
		})
	}
}

// wireFormat is that of the service.
type wireFormat struct{}

// jsonObject is one to be written.
type jsonObject map[string]any

func (o jsonObject) String() string {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// write says an answer as OpenAI does.
func (f wireFormat) write(r *http.Request, a providertest.Answer) providertest.Reply {
	reply := providertest.Reply{Header: http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {a.RequestID}}}
	switch {
	case a.Code != "" && len(a.Text) == 0:
		return f.refuse(reply, a)
	case a.Kind == ai.KindEmbedding && f.long(a.Embeddings):
		return providertest.Reply{} // all of OpenAI's have length 1
	case a.Kind == ai.KindEmbedding:
		reply.Body = []string{f.embeddings(a).String()}
	case a.Kind == ai.KindImageGeneration:
		reply.Body = []string{f.drawn(a).String()}
	case strings.HasSuffix(r.URL.Path, "/responses"):
		if a.Stream {
			reply.Header.Set("Content-Type", "text/event-stream")
		}
		reply.Body = responsesFormat{}.write(a)
	case a.Stream:
		reply.Header.Set("Content-Type", "text/event-stream")
		reply.Body = f.events(a)
	default:
		message := jsonObject{"role": "assistant", "content": a.Joined(), "tool_calls": f.toolCalls(a.ToolCalls)}
		reply.Body = []string{jsonObject{
			"id": "chatcmpl-1", "object": "chat.completion", "model": a.Model, "usage": f.used(a.Usage),
			"choices": []jsonObject{{"index": 0, "message": message, "finish_reason": a.Finish}},
		}.String()}
	}
	return reply
}

// embeddings has the vectors in another order than the inputs: the index counts.
func (f wireFormat) embeddings(a providertest.Answer) jsonObject {
	data := make([]jsonObject, len(a.Embeddings))
	for i, v := range a.Embeddings {
		data[i] = jsonObject{"object": "embedding", "index": i, "embedding": v}
	}
	slices.Reverse(data)
	return jsonObject{"object": "list", "model": a.Model, "data": data, "usage": jsonObject{"prompt_tokens": 3, "total_tokens": 3}}
}

func (f wireFormat) long(vectors [][]float32) bool {
	return slices.ContainsFunc(vectors, func(v []float32) bool { return slices.ContainsFunc(v, func(x float32) bool { return x > 1 }) })
}

func (f wireFormat) drawn(a providertest.Answer) jsonObject {
	data := make([]jsonObject, len(a.Images))
	for i, image := range a.Images {
		data[i] = jsonObject{"b64_json": image.Data}
	}
	return jsonObject{"created": 1, "data": data, "output_format": "png"}
}

func (f wireFormat) events(a providertest.Answer) []string {
	piece := func(delta jsonObject, finish any) string {
		return "data: " + jsonObject{"object": "chat.completion.chunk", "model": a.Model, "choices": []jsonObject{
			{"index": 0, "delta": delta, "finish_reason": finish},
		}}.String() + "\n\n"
	}
	list := []string{piece(jsonObject{"role": "assistant", "content": ""}, nil)}
	for _, text := range a.Text {
		list = append(list, piece(jsonObject{"content": text}, nil))
	}
	for i, c := range f.toolCalls(a.ToolCalls) {
		c["index"] = i
		function := c["function"].(jsonObject)
		arguments := function["arguments"].(string)
		function["arguments"] = ""
		list = append(list, piece(jsonObject{"tool_calls": []jsonObject{c}}, nil))
		for half := range slices.Chunk([]byte(arguments), len(arguments)/2+1) {
			rest := jsonObject{"index": i, "function": jsonObject{"arguments": string(half)}}
			list = append(list, piece(jsonObject{"tool_calls": []jsonObject{rest}}, nil))
		}
	}
	switch {
	case a.Code != "":
		return append(list, "data: "+jsonObject{"error": jsonObject{"message": a.Message, "type": "server_error"}}.String()+"\n\n")
	case a.Finish == "":
		return list
	}
	return append(list, piece(jsonObject{}, a.Finish),
		"data: "+jsonObject{"model": a.Model, "choices": []jsonObject{}, "usage": f.used(a.Usage)}.String()+"\n\n", "data: [DONE]\n\n")
}

func (f wireFormat) toolCalls(calls []ai.ToolCall) (list []jsonObject) {
	for _, c := range calls {
		list = append(list, jsonObject{"id": c.ID, "type": "function", "function": jsonObject{"name": c.Name, "arguments": string(c.Arguments)}})
	}
	return list
}

func (f wireFormat) used(u ai.Usage) jsonObject {
	return jsonObject{"prompt_tokens": u.InputTokens, "completion_tokens": u.OutputTokens, "total_tokens": u.TotalTokens}
}

// refuse says why there is no answer. Of the model's own failures OpenAI has
// none.
func (f wireFormat) refuse(reply providertest.Reply, a providertest.Answer) providertest.Reply {
	kind, code := "invalid_request_error", ""
	switch a.Code {
	case ai.CodeInvalidRequest:
		reply.Status, code = 400, "invalid_value"
	case ai.CodeTooLarge:
		reply.Status, code = 413, "request_too_large"
	case ai.CodeContextLength:
		reply.Status, code = 400, "context_length_exceeded"
	case ai.CodeContentFiltered:
		reply.Status, code = 400, "content_policy_violation"
	case ai.CodeNotAvailable:
		reply.Status, code = 404, "model_not_found"
	case ai.CodeAuthentication:
		reply.Status, code = 401, "invalid_api_key"
	case ai.CodeQuotaExhausted:
		reply.Status, kind, code = 429, "insufficient_quota", "insufficient_quota"
	case ai.CodeRateLimited:
		reply.Status, kind, code = 429, "tokens", "rate_limit_exceeded"
	case ai.CodeTimeout:
		reply.Status, kind = 504, "server_error"
	case ai.CodeUnavailable:
		reply.Status, kind = 503, "server_error"
	default:
		return providertest.Reply{}
	}
	if ms := a.RetryAfter.Milliseconds(); ms > 0 {
		reply.Header.Set("Retry-After-Ms", strconv.FormatInt(ms, 10))
	}
	body := jsonObject{"message": a.Message, "type": kind, "code": code}
	reply.Body = []string{jsonObject{"error": body}.String()}
	return reply
}
