package mocks

import (
	"cmp"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/finbrain/ai"
)

type openAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// refuse writes an error with the status, type and code that the real service
// sends (https://platform.openai.com/docs/guides/error-codes).
func (w *openAI) refuse(q question, p *problem) reply {
	if a, ok := q.silent(p); ok {
		return w.write(q, a)
	}
	status, e := openAIErrorOf(p)
	e.Message = cmp.Or(p.message, e.Message)
	if p.param != "" {
		e.Param = &p.param
	}
	out := w.identified(q, marshal(cmp.Or(p.status, status), plainJSON, struct {
		Error openAIError `json:"error"`
	}{e}))
	if p.retryAfter > 0 {
		out.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
		out.header.Set("Retry-After-Ms", strconv.FormatInt(int64(p.retryAfter/time.Millisecond), 10))
	}
	return out
}

// openAIErrorOf returns what the service sends for a Code.
func openAIErrorOf(p *problem) (status int, e openAIError) {
	const badRequest = "invalid_request_error"
	switch p.code {
	case ai.CodeInvalidRequest:
		return http.StatusBadRequest, openAIError{Message: "The request is not valid.", Type: badRequest}
	case ai.CodeContextLength:
		return http.StatusBadRequest, openAIError{
			Message: "The messages are longer than the model's context.", Type: badRequest,
			Param: new("messages"), Code: new("context_length_exceeded"),
		}
	case ai.CodeContentFiltered:
		return http.StatusBadRequest, openAIError{
			Message: "The content policy does not allow this input.", Type: badRequest,
			Code: new("content_policy_violation"),
		}
	case ai.CodeTooLarge:
		return http.StatusRequestEntityTooLarge, openAIError{Message: "The body is too large.", Type: badRequest}
	case ai.CodeNotAvailable:
		return http.StatusNotFound, openAIError{
			Message: "There is no such model, or not for this key.", Type: badRequest, Code: new("model_not_found"),
		}
	case ai.CodeAuthentication:
		e := openAIError{Message: "The API key is not known.", Type: badRequest, Code: new("invalid_api_key")}
		if p.anonymous {
			e.Message, e.Code = "There is no API key in the header Authorization.", nil
		}
		return http.StatusUnauthorized, e
	case ai.CodeQuotaExhausted:
		return http.StatusTooManyRequests, openAIError{
			Message: "The account's quota is used up; see its plan and billing.",
			Type:    "insufficient_quota", Code: new("insufficient_quota"),
		}
	case ai.CodeRateLimited:
		return http.StatusTooManyRequests, openAIError{
			Message: "The limit of requests per minute is reached.",
			Type:    "requests", Code: new("rate_limit_exceeded"),
		}
	case ai.CodeTimeout:
		return http.StatusGatewayTimeout, openAIError{Message: "The request took too long.", Type: "server_error"}
	case ai.CodeUnsupported:
		return http.StatusBadRequest, openAIError{
			Message: "Wrong type of content: image_url is only supported by certain models.", Type: badRequest,
		}
	default:
		return http.StatusServiceUnavailable, openAIError{Message: "The service cannot serve now.", Type: "server_error"}
	}
}

// failure writes an error as an event of a stream: of a chat one without a
// name, of the Responses API one named "error"
// (https://platform.openai.com/docs/api-reference/responses-streaming/error).
func (w *openAI) failure(q question, p *problem) chunk {
	_, e := openAIErrorOf(p)
	if !q.openAI.responses {
		return chunk{data: mustMarshal(struct {
			Error openAIError `json:"error"`
		}{e})}
	}
	e.Code = new(cmp.Or(value(e.Code), "server_error"))
	return chunk{name: "error", data: mustMarshal(struct {
		Type    string  `json:"type"`
		Code    *string `json:"code"`
		Message string  `json:"message"`
		Param   *string `json:"param"`
		Number  int     `json:"sequence_number"`
	}{"error", e.Code, e.Message, e.Param, 0})}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// nowhere is the problem of a path that is not served.
func nowhere() *problem {
	return &problem{
		code: ai.CodeInvalidRequest, status: http.StatusNotFound,
		message: "There is nothing at this address.",
	}
}

// notAllowed is the problem of a method that is not served.
func notAllowed(instead string) *problem {
	return &problem{
		code: ai.CodeInvalidRequest, status: http.StatusMethodNotAllowed,
		message: "Only " + instead + " is allowed here.",
	}
}
