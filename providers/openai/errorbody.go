package openai

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/finbrain/ai"
)

// errorBody is the error object of a response. Compatible servers vary it: any
// field may be missing or of another type, and is then empty.
type errorBody struct {
	Message    word
	Type       word
	Code       word
	Param      word
	InnerError struct{ Code word } // Azure's
	Details    []struct {          // Gemini's
		Violations []struct {
			QuotaID word `json:"quotaId"`
		}
	}

	found bool // the body holds an error, whatever is in it
}

// word is a JSON string, or a number as it is written; anything else is empty.
type word string

func (w *word) UnmarshalJSON(data []byte) error {
	var s string
	switch {
	case json.Unmarshal(data, &s) == nil:
		*w = word(s)
	case len(data) > 0 && (data[0] == '-' || '0' <= data[0] && data[0] <= '9'):
		*w = word(data)
	}
	return nil
}

// status returns the HTTP status of an error that a word repeats, or 0.
func (w word) status() int {
	n, err := strconv.Atoi(string(w))
	if err != nil || n < 400 || n > 599 {
		return 0
	}
	return n
}

// faults reports whether a word says that the service itself failed, which
// tells nothing new beside a status.
func (w word) faults() bool {
	switch w {
	case "server_error", "internal_server_error", "internal_error", "api_error", "service_unavailable", "service_unavailable_error":
		return true
	}
	return false
}

// maxMessage is how much of a message is read: what says something stands at its
// beginning, and dozens of phrases are looked for.
const maxMessage = 16 << 10

// readErrorBody finds the error in a body: {"error": {…}} as OpenAI writes it,
// {"error": "text"}, the fields without an envelope, or a list of one of
// these. Of any other body nothing is found.
func readErrorBody(body []byte) *errorBody {
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("[")) {
		var list []json.RawMessage
		if json.Unmarshal(body, &list) != nil || len(list) == 0 {
			return new(errorBody)
		}
		body = list[0]
	}
	var envelope struct{ Error json.RawMessage }
	if json.Unmarshal(body, &envelope) != nil {
		return new(errorBody)
	}
	inner := envelope.Error
	w := new(errorBody)
	switch {
	case len(inner) == 0: // a field of the wrong type leaves the others read
		_ = json.Unmarshal(body, w)
		w.found = w.Message != "" && w.Type+w.Code != ""
	case inner[0] == '{':
		w.found = true
		_ = json.Unmarshal(inner, w)
	case string(inner) != "null":
		w.found = true
		_ = json.Unmarshal(inner, &w.Message)
	}
	w.Message = w.Message[:min(len(w.Message), maxMessage)]
	return w
}

// perDay reports whether it is a whole day's quota that is used up, whatever wait
// is named beside it.
func (w *errorBody) perDay() bool {
	for _, detail := range w.Details {
		for _, v := range detail.Violations {
			if strings.Contains(string(v.QuotaID), "PerDay") {
				return true
			}
		}
	}
	return false
}

// said is the message in lower case. Its phrases count only where services have
// no machine-readable reason.
func (w *errorBody) said() string { return strings.ToLower(string(w.Message)) }

// meaning translates the codes and types that say more than the status does
// (https://platform.openai.com/docs/guides/error-codes, Azure's reference, and
// real exchanges). "invalid_request_error" is not among them: OpenAI gives that
// type to wrong keys and missing models too.
func meaning(word string) (ai.Code, string) {
	switch word {
	case "insufficient_quota", "quota_exceeded", "billing_hard_limit_reached", "billing_not_active",
		"insufficient_credits", "insufficient_balance", "exceeded_current_quota_error", "arrearage", "budget_exceeded":
		return ai.CodeQuotaExhausted, "the account's quota or credit is used up"
	case "rate_limit_exceeded", "rate_limit_error", "too_many_requests":
		return ai.CodeRateLimited, ""
	case "context_length_exceeded", "exceed_context_size_error":
		return ai.CodeContextLength, "the prompt is too long for the model"
	case "string_above_max_length", "max_tokens_per_request", "tokens_limit_reached", "request_too_large", "image_too_large", "image_file_too_large":
		return ai.CodeTooLarge, "an input is over the service's limit"
	case "content_filter", "contentfilter", "content_policy_violation", "image_content_policy_violation", "moderation_blocked",
		"invalid_prompt", "responsibleaipolicyviolation", "data_inspection_failed":
		return ai.CodeContentFiltered, "the prompt was blocked"
	case "model_not_found", "model_not_available", "deploymentnotfound", "model_decommissioned", "model_terms_required",
		"unknown_model", "unavailable_model", "invalid_model":
		return ai.CodeNotAvailable, "the model does not exist, or not for this key"
	case "unsupported_country_region_territory":
		return ai.CodeNotAvailable, "the service is not available in this location"
	case "invalid_api_key", "invalid_authentication", "authentication_error", "account_deactivated", "access_terminated",
		"organization_restricted":
		return ai.CodeAuthentication, "the API key is not valid"
	case "engine_overloaded_error", "overloaded_error", "server_is_overloaded", "slow_down", "over_capacity", "capacity_exceeded":
		return ai.CodeUnavailable, "the service is overloaded"
	case "operationnotsupported", "not_supported_error":
		return ai.CodeUnsupported, "the model or server cannot do this kind of request"
	case "invalid_image_url", "failed_to_download_image", "image_file_not_found":
		return ai.CodeInvalidRequest, "the service could not fetch an image from its URL"
	case "invalid_image", "invalid_image_format", "invalid_base64_image", "invalid_image_mode", "image_parse_error", "image_too_small",
		"empty_image_file", "unsupported_image_media_type":
		return ai.CodeInvalidRequest, "the service could not read an image"
	}
	return "", ""
}
