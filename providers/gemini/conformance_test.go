package gemini_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/gemini"
	"github.com/finbrain/ai/providers/providertest"
)

func TestTheAdapterKeepsEveryObligation(t *testing.T) {
	providertest.Run(t, providertest.Harness{
		New: func(s providertest.Service) (ai.Analyzer, error) {
			return gemini.New(gemini.Config{APIKey: s.Key, BaseURL: s.BaseURL, HTTPClient: s.Client})
		},
		Write: wireFormat{}.write,
	})
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

// write says an answer as Gemini does.
func (f wireFormat) write(_ *http.Request, a providertest.Answer) providertest.Reply {
	reply := providertest.Reply{Header: http.Header{"Content-Type": {"application/json"}}}
	switch {
	case a.Code != "" && len(a.Text) == 0:
		return f.refuse(reply, a)
	case a.Kind == ai.KindEmbedding:
		vectors := make([]jsonObject, len(a.Embeddings))
		for i, v := range a.Embeddings {
			vectors[i] = jsonObject{"values": v}
		}
		reply.Body = []string{jsonObject{"embeddings": vectors}.String()}
	case a.Stream:
		reply.Header.Set("Content-Type", "text/event-stream")
		reply.Body = f.events(a)
	default:
		reply.Body = []string{f.response(a, f.parts(a, a.Text), a.Finish).String()}
	}
	return reply
}

// response is a GenerateContentResponse, whole or a piece of one. Only the last
// has a reason to end.
func (f wireFormat) response(a providertest.Answer, parts []jsonObject, finish ai.FinishReason) jsonObject {
	candidate := jsonObject{"index": 0, "content": jsonObject{"role": "model", "parts": parts}}
	switch finish {
	case ai.FinishLength:
		candidate["finishReason"] = "MAX_TOKENS"
	case ai.FinishStop, ai.FinishToolCalls:
		candidate["finishReason"] = "STOP"
	}
	r := jsonObject{"candidates": []jsonObject{candidate}, "modelVersion": a.Model, "responseId": a.RequestID}
	if finish != "" {
		r["usageMetadata"] = jsonObject{
			"promptTokenCount": a.Usage.InputTokens, "candidatesTokenCount": a.Usage.OutputTokens, "totalTokenCount": a.Usage.TotalTokens,
		}
	}
	return r
}

// parts are the texts and whatever else an answer holds.
func (f wireFormat) parts(a providertest.Answer, texts []string) (list []jsonObject) {
	for _, text := range texts {
		list = append(list, jsonObject{"text": text})
	}
	for _, c := range a.ToolCalls {
		list = append(list, jsonObject{"functionCall": jsonObject{"id": c.ID, "name": c.Name, "args": c.Arguments}, "thoughtSignature": "c2lnbmVk"})
	}
	for _, image := range a.Images {
		list = append(list, jsonObject{"inlineData": jsonObject{"mimeType": image.MediaType, "data": image.Data}})
	}
	return list
}

func (f wireFormat) events(a providertest.Answer) (list []string) {
	event := func(o jsonObject) string { return "data: " + o.String() + "\r\n\r\n" }
	for _, text := range a.Text {
		list = append(list, event(f.response(a, []jsonObject{{"text": text}}, "")))
	}
	switch {
	case a.Code != "":
		return append(list, event(jsonObject{"error": jsonObject{"code": 503, "message": a.Message, "status": "UNAVAILABLE"}}))
	case a.Finish == "":
		return list
	}
	return append(list, event(f.response(a, f.parts(a, nil), a.Finish)))
}

// refuse says why there is no answer.
func (f wireFormat) refuse(reply providertest.Reply, a providertest.Answer) providertest.Reply {
	status, details := "INVALID_ARGUMENT", []jsonObject{}
	message := a.Message
	switch a.Code {
	case ai.CodeInvalidRequest:
		reply.Status = 400
	case ai.CodeTooLarge:
		reply.Status, message = 400, "Request payload size exceeds the limit: 20971520 bytes. "+message
	case ai.CodeContextLength:
		reply.Status, message = 400, "The input token count (1048577) exceeds the maximum number of tokens allowed. "+message
	case ai.CodeContentFiltered:
		reply.Body = []string{jsonObject{"promptFeedback": jsonObject{"blockReason": "SAFETY"}, "modelVersion": a.Model}.String()}
		return reply
	case ai.CodeModelFailed:
		reply.Body = []string{jsonObject{"candidates": []jsonObject{{"finishReason": "RECITATION"}}, "modelVersion": a.Model}.String()}
		return reply
	case ai.CodeNotAvailable:
		reply.Status, status = 404, "NOT_FOUND"
	case ai.CodeAuthentication:
		reply.Status = 400
		details = append(details, jsonObject{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"})
	case ai.CodeQuotaExhausted:
		reply.Status, status = 429, "RESOURCE_EXHAUSTED"
		details = append(details, jsonObject{"@type": "type.googleapis.com/google.rpc.QuotaFailure",
			"violations": []jsonObject{{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}}})
	case ai.CodeRateLimited:
		reply.Status, status = 429, "RESOURCE_EXHAUSTED"
	case ai.CodeTimeout:
		reply.Status, status = 504, "DEADLINE_EXCEEDED"
	case ai.CodeUnavailable:
		reply.Status, status = 503, "UNAVAILABLE"
	default:
		return providertest.Reply{}
	}
	if a.RetryAfter > 0 {
		details = append(details, jsonObject{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": a.RetryAfter.String()})
	}
	body := jsonObject{"code": reply.Status, "message": message, "status": status, "details": details}
	reply.Body = []string{jsonObject{"error": body}.String()}
	return reply
}
