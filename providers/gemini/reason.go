package gemini

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// reason finds the Code of a refusal, with a few words on it. Where the body
// has no machine-readable reason, the phrases that the service has been seen
// to use decide.
func reason(status int, refusal genai.APIError, d details) (ai.Code, string) {
	message := strings.ToLower(refusal.Message)
	says := func(phrases ...string) bool {
		return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(message, p) })
	}
	switch {
	case status == 429 || refusal.Status == "RESOURCE_EXHAUSTED":
		switch {
		case d.daily:
			return ai.CodeQuotaExhausted, "a daily quota is used up"
		case d.reason == "QUOTA_EXHAUSTED", says("prepayment credits", "spending cap", "spend cap", "free quota tier"):
			return ai.CodeQuotaExhausted, "the account's credit or spending limit is used up"
		}
		return ai.CodeRateLimited, ""
	case status == 499:
		return ai.CodeUnavailable, "the service cancelled the request"
	case status >= 500:
		return transport.CodeOfStatus(status), ""
	case strings.HasPrefix(d.reason, "API_KEY_"), // INVALID, SERVICE_BLOCKED, IP_ADDRESS_BLOCKED …
		says("api key not valid", "api key not found", "api key expired", "reported as leaked", "unregistered callers", "has been suspended"):
		return ai.CodeAuthentication, "the API key is not valid"
	case d.reason == "BILLING_DISABLED":
		return ai.CodeQuotaExhausted, "billing is disabled"
	case refusal.Status == "FAILED_PRECONDITION" && status != http.StatusPaymentRequired:
		return ai.CodeNotAvailable, "the service is not available to this account or location"
	case says("input token count", "maximum number of tokens"):
		return ai.CodeContextLength, ""
	case says("payload size exceeds", "text fields that are too large", "files bytes are too large", "page limit"):
		return ai.CodeTooLarge, ""
	case status == http.StatusBadRequest && says("unsupported mime type", "unsupported file uri", "cannot fetch content",
		"is not enabled for", "does not support", "is not supported", "is unsupported", "only works in thinking mode", "can't be disabled"):
		return ai.CodeUnsupported, "the model does not take such a request"
	}
	return transport.CodeOfStatus(status), ""
}

// details is what the machine-readable part of a refusal says.
type details struct {
	reason string        // of the ErrorInfo: "API_KEY_INVALID"
	daily  bool          // a quota that returns only the next day, or later
	delay  time.Duration // of the RetryInfo
}

// parseDetails reads the messages of google.rpc (error_details.proto) that
// stand in a refusal; whatever is missing or malformed stays zero.
func parseDetails(list []map[string]any) (d details) {
	for _, entry := range list {
		kind, _ := entry["@type"].(string)
		switch {
		case strings.HasSuffix(kind, "RetryInfo"):
			text, _ := entry["retryDelay"].(string)
			if delay, err := time.ParseDuration(text); err == nil {
				d.delay = transport.Clamp(delay)
			}
		case strings.HasSuffix(kind, "ErrorInfo"):
			d.reason, _ = entry["reason"].(string)
			metadata, _ := entry["metadata"].(map[string]any)
			limit, _ := metadata["quota_limit"].(string)
			d.daily = d.daily || strings.Contains(limit, "PerDay")
		case strings.HasSuffix(kind, "QuotaFailure"):
			violations, _ := entry["violations"].([]any)
			for _, v := range violations {
				violation, _ := v.(map[string]any)
				id, _ := violation["quotaId"].(string)
				metric, _ := violation["quotaMetric"].(string)
				d.daily = d.daily || strings.Contains(id, "PerDay") || strings.HasSuffix(metric, "_per_day")
			}
		}
	}
	return d
}
