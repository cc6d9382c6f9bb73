package openai

import (
	"slices"
	"strings"

	"github.com/finbrain/ai"
)

// phrases are what services write that give no machine-readable reason.
var phrases = []struct {
	code   ai.Code
	detail string
	said   []string // in lower case
}{
	{ai.CodeContextLength, "the prompt is too long for the model", []string{
		"context length", "context window", "contextwindow", "context size", "maximum input length", "maximum model length",
		"`inputs` tokens + `max_new_tokens`"}},
	{ai.CodeAuthentication, "the API key is not valid", []string{"incorrect api key", "api key not valid", "invalid api key"}},
	{ai.CodeQuotaExhausted, "the account's quota or credit is used up", []string{
		"any credits", "out of credits", "all available credits", "credit balance is too low", "call volume quota",
		"per day limit exceeded", "-per-day", "key limit exceeded"}},
	{ai.CodeUnsupported, "the model takes no images", []string{
		"image_url is only supported by certain models", "unknown variant `image_url`", "image input", "does not support image", "not a multimodal model"}},
	{ai.CodeUnsupported, "the model takes no documents", []string{
		"invalid value: 'file'", "invalid value: file.", "part type: 'file'", "part type: file", "unknown variant `file`"}},
	{ai.CodeUnsupported, "the model calls no tools", []string{
		"does not support tools", "does not support function calling", "requires --enable-auto-tool-choice", "only named tools are supported"}},
	{ai.CodeUnsupported, "the model keeps to no schema", []string{
		"'json_schema' is not supported", "does not support response format", "response_format type is unavailable", "response_format value as json_schema"}},
	{ai.CodeUnsupported, "the model makes no embeddings", []string{"does not support embeddings"}},
	{ai.CodeContentFiltered, "the prompt was blocked", []string{"was flagged", "content exists risk"}},
	{ai.CodeNotAvailable, "the model does not exist, or not for this key", []string{"invalid model id", "not a valid model id", "model not exist"}},
	{ai.CodeMaxTokens, "the token limit was reached before any text", []string{"max_tokens or model output limit was reached"}},
	{ai.CodeUnavailable, "the service is overloaded", []string{"currently overloaded"}},
}

// phrased is the meaning of a phrase in the message, or the empty Code.
func (w *errorBody) phrased() (ai.Code, string) {
	said := w.said()
	for _, p := range phrases {
		if slices.ContainsFunc(p.said, func(phrase string) bool { return strings.Contains(said, phrase) }) {
			return p.code, p.detail
		}
	}
	return "", ""
}
