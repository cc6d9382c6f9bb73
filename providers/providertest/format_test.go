package providertest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/finbrain/ai"
)

// plainReply is how the plain service, which these tests make up, answers: one
// line of JSON, or several of a stream, which put together are one.
type plainReply struct {
	Model   string              `json:"model,omitempty"`
	ID      string              `json:"id,omitempty"`
	Text    string              `json:"text,omitempty"`
	Calls   []ai.ToolCall       `json:"calls,omitempty"`
	Vectors []plainVector       `json:"vectors,omitempty"`
	Images  []ai.GeneratedImage `json:"images,omitempty"`
	Usage   ai.Usage            `json:"usage,omitzero"`
	Finish  ai.FinishReason     `json:"finish,omitempty"`
	Reason  ai.Code             `json:"reason,omitempty"` // of a failure
	Message string              `json:"message,omitempty"`
}

type plainVector struct {
	Input  int       `json:"input"`
	Values []float32 `json:"values"`
}

func (r plainReply) line() string {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(data) + "\n"
}

// writePlain is the harness of the plain service.
func writePlain(_ *http.Request, a Answer) Reply {
	reply := Reply{Header: http.Header{"X-Request-Id": {a.RequestID}}}
	if a.Code != "" && len(a.Text) == 0 {
		reply.Status = plainStatus(a.Code)
		if a.RetryAfter > 0 {
			reply.Header.Set("Retry-After", strconv.Itoa(int(a.RetryAfter.Seconds())))
		}
		reply.Body = []string{plainReply{Reason: a.Code, Message: a.Message}.line()}
		return reply
	}
	if !a.Stream {
		whole := plainReply{
			Model: a.Model, ID: a.RequestID, Text: a.Joined(), Calls: a.ToolCalls, Images: a.Images, Usage: a.Usage, Finish: a.Finish,
		}
		for i, v := range slices.Backward(a.Embeddings) {
			whole.Vectors = append(whole.Vectors, plainVector{i, v})
		}
		reply.Body = []string{whole.line()}
		return reply
	}
	for _, piece := range a.Text {
		reply.Body = append(reply.Body, plainReply{Model: a.Model, Text: piece}.line())
	}
	switch {
	case a.Code != "":
		reply.Body = append(reply.Body, plainReply{Reason: a.Code, Message: a.Message}.line())
	case a.Finish != "":
		reply.Body = append(reply.Body, plainReply{Calls: a.ToolCalls}.line(), plainReply{Usage: a.Usage, Finish: a.Finish}.line())
	}
	return reply
}

func plainStatus(code ai.Code) int {
	switch code {
	case ai.CodeUnavailable:
		return http.StatusServiceUnavailable
	case ai.CodeRateLimited, ai.CodeQuotaExhausted:
		return http.StatusTooManyRequests
	case ai.CodeTimeout:
		return http.StatusGatewayTimeout
	case ai.CodeAuthentication:
		return http.StatusUnauthorized
	default:
		return http.StatusBadRequest
	}
}

// plainStatusCode is what a status means where the service gives no reason.
func plainStatusCode(status int) ai.Code {
	switch status {
	case 401:
		return ai.CodeAuthentication
	case 402:
		return ai.CodeQuotaExhausted
	case 403, 404:
		return ai.CodeNotAvailable
	case 408, 504:
		return ai.CodeTimeout
	case 413:
		return ai.CodeTooLarge
	case 429:
		return ai.CodeRateLimited
	}
	switch {
	case status >= 500, status == http.StatusConflict:
		return ai.CodeUnavailable
	case status >= 400:
		return ai.CodeInvalidRequest
	}
	return ai.CodeBadResponse
}

// plainRequest is a request on the wire: the SDK's own, with what only this
// service made taken from the State of calls.
func plainRequest(req *ai.Request, model string, stream bool, f flaw) string {
	sent := req.Clone()
	sent.Model = ""
	for i := range sent.History {
		calls := sent.History[i].ToolCalls
		for k := range calls {
			if !strings.HasPrefix(string(calls[k].State), "plain:") && f != sendsForeignState {
				calls[k].State = nil
			}
		}
	}
	switch f {
	case dropsZero:
		sent.Temperature, sent.Seed = nil, nil
	case dropsHistory:
		sent.History = nil
	case dropsImages:
		sent.Images = nil
	case dropsDocuments:
		sent.Documents = nil
	case dropsSchema:
		sent.Schema = nil
	case dropsTools:
		sent.Tools = nil
	case dropsLimits:
		sent.MaxTokens, sent.Stop, sent.Effort, sent.Dimensions, sent.ToolChoice = 0, nil, "", 0, ""
	}
	data, err := json.Marshal(struct {
		Model  string
		Stream bool
		*ai.Request
	}{model, stream, sent})
	if err != nil {
		panic(err)
	}
	return string(data)
}
