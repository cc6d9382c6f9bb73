package otel

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/finbrain/ai"
)

// SchemaURL names the version of the OpenTelemetry semantic conventions whose
// gen_ai names this package writes. It is the last one in which they were
// published: since then they live, status Development, in
// https://github.com/open-telemetry/semantic-conventions-genai, whose main
// branch is giving metrics other names (gen_ai.client.inference.duration) before
// a first release.
const SchemaURL = "https://opentelemetry.io/schemas/1.41.0"

// Attributes of the conventions. Sources, in version 1.41.0 of
// https://github.com/open-telemetry/semantic-conventions:
// docs/gen-ai/gen-ai-spans.md, docs/gen-ai/gen-ai-metrics.md,
// docs/registry/attributes/error.md and http.md.
const (
	operationName      attribute.Key = "gen_ai.operation.name"
	providerName       attribute.Key = "gen_ai.provider.name"
	requestModel       attribute.Key = "gen_ai.request.model"
	outputType         attribute.Key = "gen_ai.output.type"
	choiceCount        attribute.Key = "gen_ai.request.choice.count"
	requestMaxTokens   attribute.Key = "gen_ai.request.max_tokens"
	requestTemperature attribute.Key = "gen_ai.request.temperature"
	requestSeed        attribute.Key = "gen_ai.request.seed"
	requestStop        attribute.Key = "gen_ai.request.stop_sequences"
	requestStream      attribute.Key = "gen_ai.request.stream"
	responseModel      attribute.Key = "gen_ai.response.model"
	finishReasons      attribute.Key = "gen_ai.response.finish_reasons"
	firstChunk         attribute.Key = "gen_ai.response.time_to_first_chunk"
	inputTokens        attribute.Key = "gen_ai.usage.input_tokens"
	cachedTokens       attribute.Key = "gen_ai.usage.cache_read.input_tokens"
	outputTokens       attribute.Key = "gen_ai.usage.output_tokens"
	reasoningTokens    attribute.Key = "gen_ai.usage.reasoning.output_tokens"
	dimensionCount     attribute.Key = "gen_ai.embeddings.dimension.count"
	tokenType          attribute.Key = "gen_ai.token.type"
	instructions       attribute.Key = "gen_ai.system_instructions"
	inputMessages      attribute.Key = "gen_ai.input.messages"
	outputMessages     attribute.Key = "gen_ai.output.messages"
	errorType          attribute.Key = "error.type"
	httpStatus         attribute.Key = "http.response.status_code"
)

// Values of the conventions.
const (
	operationChat       = "chat"
	operationGenerate   = "generate_content"
	operationEmbeddings = "embeddings"

	providerOpenAI = "openai"
	providerGemini = "gcp.gemini"
	providerVertex = "gcp.vertex_ai"
	providerGoogle = "gcp.gen_ai"

	outputJSON  = "json"
	outputImage = "image"

	tokenInput  = "input"
	tokenOutput = "output"

	otherValue = "_OTHER" // an error without a Code, or one name too many
)

// Attributes of this module, which the conventions have no name for.
const (
	ownKind       attribute.Key = "finbrain.ai.kind"
	ownRoute      attribute.Key = "finbrain.ai.route"
	ownCircuit    attribute.Key = "finbrain.ai.circuit"
	ownSource     attribute.Key = "finbrain.ai.source"
	ownFallback   attribute.Key = "finbrain.ai.fallback"
	ownPrimary    attribute.Key = "finbrain.ai.primary"
	ownReason     attribute.Key = "finbrain.ai.reason"
	ownAttempts   attribute.Key = "finbrain.ai.attempts"
	ownCacheAge   attribute.Key = "finbrain.ai.cache.age"
	ownResult     attribute.Key = "finbrain.ai.cache.result"
	ownRetryAfter attribute.Key = "finbrain.ai.retry_after"
	ownRequestID  attribute.Key = "finbrain.ai.request_id"
	ownState      attribute.Key = "finbrain.ai.breaker.state"
	ownFrom       attribute.Key = "finbrain.ai.breaker.from"
	ownTo         attribute.Key = "finbrain.ai.breaker.to"
	ownMode       attribute.Key = "finbrain.ai.breaker.mode"
	ownRefuser    attribute.Key = "finbrain.ai.refuser"
	ownStage      attribute.Key = "finbrain.ai.hedge.stage"
)

// Names of span events.
const (
	stepSkipped  = "finbrain.ai.step.skipped"
	stepAnswered = "finbrain.ai.step.answered"
)

// unknownProvider stands where nobody said whose service was asked: the
// conventions require a value.
const unknownProvider = "unknown"

// wellKnown maps the names that the adapters of this module give themselves,
// and routes are commonly given, to the conventions' names.
func wellKnown(route string) string {
	switch route {
	case "":
		return unknownProvider
	case "gemini":
		return providerGemini
	case "vertex":
		return providerVertex
	case "mistral":
		return "mistral_ai"
	case "xai":
		return "x_ai"
	default: // "openai" is called so there, too
		return route
	}
}

// operation is what the conventions call a request of a kind to a provider.
func operation(kind ai.Kind, provider string) string {
	switch {
	case kind == ai.KindEmbedding:
		return operationEmbeddings
	case kind == ai.KindImageGeneration: // chats make no images
		return operationGenerate
	case provider == providerGemini, provider == providerVertex, provider == providerGoogle:
		return operationGenerate
	default:
		return operationChat
	}
}

// spanName is "{operation} {model}", or the operation alone where the model is
// not known.
func spanName(operation, model string) string {
	if model == "" {
		return operation
	}
	return operation + " " + model
}
