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
		Write: write,
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

// write says an answer as Gemini does.
func write(_ *http.Request, a providertest.Answer) providertest.Reply {
	reply := providertest.Reply{Header: http.Header{"Content-Type": {"application/json"}}}
	switch {
	case a.Code != "" && len(a.Text) == 0:
		return refuse(reply, a)
	case a.Kind == ai.KindEmbedding:
		vectors := make([]object, len(a.Embeddings))
		for i, v := range a.Embeddings {
			vectors[i] = object{"values": v}
		}
		reply.Body = []string{object{"embeddings": vectors}.String()}
	case a.Stream:
		reply.Header.Set("Content-Type", "text/event-stream")
		reply.Body = events(a)
	default:
		reply.Body = []string{response(a, parts(a, a.Text), a.Finish).String()}
	}
	return reply
}

// response is a GenerateContentResponse, whole or a piece of one. Only the last
// has a reason to end.
func response(a providertest.Answer, parts []object, finish ai.FinishReason) object {
	candidate := object{"index": 0, "content": object{"role": "model", "parts": parts}}
	switch finish {
	case ai.FinishLength:
		candidate["finishReason"] = "MAX_TOKENS"
	case ai.FinishStop, ai.FinishToolCalls:
		candidate["finishReason"] = "STOP"
	}
	r := object{"candidates": []object{candidate}, "modelVersion": a.Model, "responseId": a.RequestID}
	if finish != "" {
		r["usageMetadata"] = object{
			"promptTokenCount": a.Usage.InputTokens, "candidatesTokenCount": a.Usage.OutputTokens, "totalTokenCount": a.Usage.TotalTokens,
		}
	}
	return r
}

// parts are the texts and whatever else an answer holds.
func parts(a providertest.Answer, texts []string) (list []object) {
	for _, text := range texts {
		list = append(list, object{"text": text})
	}
	for _, c := range a.ToolCalls {
		list = append(list, object{"functionCall": object{"id": c.ID, "name": c.Name, "args": c.Arguments}, "thoughtSignature": "c2lnbmVk"})
	}
	for _, image := range a.Images {
		list = append(list, object{"inlineData": object{"mimeType": image.MediaType, "data": image.Data}})
	}
	return list
}

func events(a providertest.Answer) (list []string) {
	event := func(o object) string { return "data: " + o.String() + "\r\n\r\n" }
	for _, text := range a.Text {
		list = append(list, event(response(a, []object{{"text": text}}, "")))
	}
	switch {
	case a.Code != "":
		return append(list, event(object{"error": object{"code": 503, "message": a.Message, "status": "UNAVAILABLE"}}))
	case a.Finish == "":
		return list
	}
	return append(list, event(response(a, parts(a, nil), a.Finish)))
}

// refuse says why there is no answer.
func refuse(reply providertest.Reply, a providertest.Answer) providertest.Reply {
	status, details := "INVALID_ARGUMENT", []object{}
	message := a.Message
	switch a.Code {
	case ai.CodeInvalidRequest:
		reply.Status = 400
	case ai.CodeTooLarge:
		reply.Status, message = 400, "Request payload size exceeds the limit: 20971520 bytes. "+message
	case ai.CodeContextLength:
		reply.Status, message = 400, "The input token count (1048577) exceeds the maximum number of tokens allowed. "+message
	case ai.CodeContentFiltered:
		reply.Body = []string{object{"promptFeedback": object{"blockReason": "SAFETY"}, "modelVersion": a.Model}.String()}
		return reply
	case ai.CodeModelFailed:
		reply.Body = []string{object{"candidates": []object{{"finishReason": "RECITATION"}}, "modelVersion": a.Model}.String()}
		return reply
	case ai.CodeNotAvailable:
		reply.Status, status = 404, "NOT_FOUND"
	case ai.CodeAuthentication:
		reply.Status = 400
		details = append(details, object{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"})
	case ai.CodeQuotaExhausted:
		reply.Status, status = 429, "RESOURCE_EXHAUSTED"
		details = append(details, object{"@type": "type.googleapis.com/google.rpc.QuotaFailure",
			"violations": []object{{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}}})
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
		details = append(details, object{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": a.RetryAfter.String()})
	}
	body := object{"code": reply.Status, "message": message, "status": status, "details": details}
	reply.Body = []string{object{"error": body}.String()}
	return reply
}
