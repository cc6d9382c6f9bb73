package mocks

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/finbrain/ai"
)

type geminiError struct {
	Code    int            `json:"code"`
	Message string         `json:"message"`
	Status  string         `json:"status"`
	Details []geminiDetail `json:"details,omitempty"`
}

// geminiDetail is one of the messages of google.rpc that stand in errors
// (https://github.com/googleapis/googleapis, google/rpc/error_details.proto).
type geminiDetail struct {
	Type       string            `json:"@type"`
	Reason     string            `json:"reason,omitempty"`
	Domain     string            `json:"domain,omitempty"`
	Violations []geminiViolation `json:"violations,omitempty"`
	RetryDelay string            `json:"retryDelay,omitempty"`
}

type geminiViolation struct {
	QuotaMetric     string            `json:"quotaMetric"`
	QuotaID         string            `json:"quotaId"`
	QuotaDimensions map[string]string `json:"quotaDimensions"`
}

// refuse writes an error with the status and details that the real service
// sends (https://ai.google.dev/gemini-api/docs/troubleshooting).
func (w gemini) refuse(q question, p *problem) reply {
	if a, ok := q.silent(p); ok {
		return w.write(q, a)
	}
	e := geminiErrorOf(q, p)
	e.Message = cmp.Or(p.message, e.Message)
	if p.status != 0 && p.status != e.Code {
		e.Code, e.Status = p.status, googleStatus(p.status)
	}
	if p.retryAfter > 0 {
		seconds := strconv.FormatFloat(p.retryAfter.Round(time.Millisecond).Seconds(), 'f', -1, 64)
		e.Details = append(e.Details, geminiDetail{Type: googleType + "RetryInfo", RetryDelay: seconds + "s"})
	}
	return marshal(e.Code, googleJSON, struct {
		Error geminiError `json:"error"`
	}{e})
}

const googleType = "type.googleapis.com/google.rpc."

// geminiErrorOf returns what the service sends for a Code.
func geminiErrorOf(q question, p *problem) geminiError {
	e := func(status int, message string, details ...geminiDetail) geminiError {
		return geminiError{Code: status, Message: message, Status: googleStatus(status), Details: details}
	}
	switch p.code {
	case ai.CodeInvalidRequest:
		return e(http.StatusBadRequest, "The request is not valid.")
	case ai.CodeContextLength:
		return e(http.StatusBadRequest, "The input token count exceeds the maximum number of tokens of the model.")
	case ai.CodeTooLarge:
		return e(http.StatusBadRequest, "The request payload size exceeds the limit.")
	case ai.CodeUnsupported:
		return e(http.StatusBadRequest, "Unsupported MIME type.")
	case ai.CodeNotAvailable:
		return e(http.StatusNotFound, "The model is not found, or not supported for this method.")
	case ai.CodeAuthentication:
		if p.anonymous {
			return e(http.StatusForbidden, "Unregistered callers are not allowed: there is no API key.")
		}
		return e(http.StatusBadRequest, "API key not valid.",
			geminiDetail{Type: googleType + "ErrorInfo", Reason: "API_KEY_INVALID", Domain: "googleapis.com"})
	case ai.CodeQuotaExhausted:
		return e(http.StatusTooManyRequests, "The quota of requests per day is used up.",
			q.violation("GenerateRequestsPerDayPerProjectPerModel"))
	case ai.CodeRateLimited:
		return e(http.StatusTooManyRequests, "The quota of requests per minute is used up.",
			q.violation("GenerateRequestsPerMinutePerProjectPerModel"))
	case ai.CodeTimeout:
		return e(http.StatusGatewayTimeout, "The request took too long.")
	default:
		return e(http.StatusServiceUnavailable, "The service cannot serve now.")
	}
}

func (q question) violation(quota string) geminiDetail {
	return geminiDetail{Type: googleType + "QuotaFailure", Violations: []geminiViolation{{
		QuotaMetric:     "generativelanguage.googleapis.com/generate_content_requests",
		QuotaID:         quota,
		QuotaDimensions: map[string]string{"model": q.model, "location": "global"},
	}}}
}

// googleStatus returns the name that belongs to an HTTP status
// (https://github.com/googleapis/googleapis, google/rpc/code.proto).
func googleStatus(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return "INVALID_ARGUMENT"
	case http.StatusUnauthorized:
		return "UNAUTHENTICATED"
	case http.StatusForbidden:
		return "PERMISSION_DENIED"
	case http.StatusNotFound:
		return "NOT_FOUND"
	case http.StatusConflict:
		return "ABORTED"
	case http.StatusTooManyRequests:
		return "RESOURCE_EXHAUSTED"
	case 499:
		return "CANCELLED"
	case http.StatusInternalServerError:
		return "INTERNAL"
	case http.StatusNotImplemented:
		return "UNIMPLEMENTED"
	case http.StatusServiceUnavailable:
		return "UNAVAILABLE"
	case http.StatusGatewayTimeout:
		return "DEADLINE_EXCEEDED"
	default:
		return "UNKNOWN"
	}
}

// failure writes an error as an event of a stream.
func (gemini) failure(q question, p *problem) chunk {
	return chunk{data: mustMarshal(struct {
		Error geminiError `json:"error"`
	}{geminiErrorOf(q, p)})}
}
