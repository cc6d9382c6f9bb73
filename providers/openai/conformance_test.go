package openai_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/openai"
	"github.com/finbrain/ai/providers/providertest"
)

func TestTheAdapterKeepsEveryObligation(t *testing.T) {
	providertest.Run(t, providertest.Harness{
		New: func(s providertest.Service) (ai.Analyzer, error) {
			return openai.New(openai.Config{APIKey: s.Key, BaseURL: s.BaseURL + "/v1", HTTPClient: s.Client, Vendor: "openai"})
		},
		Write: write,
		Lacks: []providertest.Ability{providertest.DocumentURLs, providertest.ImageGeneration},
	})
}

// object is a JSON object.
type object map[string]any

func (o object) String() string {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// write says an answer as OpenAI does.
func write(_ *http.Request, a providertest.Answer) providertest.Reply {
	reply := providertest.Reply{Header: http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {a.RequestID}}}
	switch {
	case a.Code != "" && len(a.Text) == 0:
		return refuse(reply, a)
	case a.Kind == ai.KindEmbedding && long(a.Embeddings):
		return providertest.Reply{} // all of OpenAI's have length 1
	case a.Kind == ai.KindEmbedding:
		reply.Body = []string{embeddings(a).String()}
	case a.Stream:
		reply.Header.Set("Content-Type", "text/event-stream")
		reply.Body = events(a)
	default:
		message := object{"role": "assistant", "content": a.Joined(), "tool_calls": toolCalls(a.ToolCalls)}
		reply.Body = []string{object{
			"id": "chatcmpl-1", "object": "chat.completion", "model": a.Model, "usage": used(a.Usage),
			"choices": []object{{"index": 0, "message": message, "finish_reason": a.Finish}},
		}.String()}
	}
	return reply
}

// embeddings has the vectors in another order than the inputs: the index counts.
func embeddings(a providertest.Answer) object {
	data := make([]object, len(a.Embeddings))
	for i, v := range a.Embeddings {
		data[i] = object{"object": "embedding", "index": i, "embedding": v}
	}
	slices.Reverse(data)
	return object{"object": "list", "model": a.Model, "data": data, "usage": object{"prompt_tokens": 3, "total_tokens": 3}}
}

func long(vectors [][]float32) bool {
	return slices.ContainsFunc(vectors, func(v []float32) bool { return slices.ContainsFunc(v, func(x float32) bool { return x > 1 }) })
}

func events(a providertest.Answer) []string {
	piece := func(delta object, finish any) string {
		return "data: " + object{"object": "chat.completion.chunk", "model": a.Model, "choices": []object{
			{"index": 0, "delta": delta, "finish_reason": finish},
		}}.String() + "\n\n"
	}
	list := []string{piece(object{"role": "assistant", "content": ""}, nil)}
	for _, text := range a.Text {
		list = append(list, piece(object{"content": text}, nil))
	}
	for i, c := range toolCalls(a.ToolCalls) {
		c["index"] = i
		function := c["function"].(object)
		arguments := function["arguments"].(string)
		function["arguments"] = ""
		list = append(list, piece(object{"tool_calls": []object{c}}, nil))
		for half := range slices.Chunk([]byte(arguments), len(arguments)/2+1) {
			rest := object{"index": i, "function": object{"arguments": string(half)}}
			list = append(list, piece(object{"tool_calls": []object{rest}}, nil))
		}
	}
	switch {
	case a.Code != "":
		return append(list, "data: "+object{"error": object{"message": a.Message, "type": "server_error"}}.String()+"\n\n")
	case a.Finish == "":
		return list
	}
	return append(list, piece(object{}, a.Finish),
		"data: "+object{"model": a.Model, "choices": []object{}, "usage": used(a.Usage)}.String()+"\n\n", "data: [DONE]\n\n")
}

func toolCalls(calls []ai.ToolCall) (list []object) {
	for _, c := range calls {
		list = append(list, object{"id": c.ID, "type": "function", "function": object{"name": c.Name, "arguments": string(c.Arguments)}})
	}
	return list
}

func used(u ai.Usage) object {
	return object{"prompt_tokens": u.InputTokens, "completion_tokens": u.OutputTokens, "total_tokens": u.TotalTokens}
}

// refuse says why there is no answer. Of the model's own failures OpenAI has
// none.
func refuse(reply providertest.Reply, a providertest.Answer) providertest.Reply {
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
	body := object{"message": a.Message, "type": kind, "code": code}
	reply.Body = []string{object{"error": body}.String()}
	return reply
}
