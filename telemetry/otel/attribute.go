package otel

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/finbrain/ai"
)

// requestAttributes is what a request asks for beside its model. Neither the
// tenant nor any text of it is among them.
func requestAttributes(req *ai.Request, kind ai.Kind) []attribute.KeyValue {
	attributes := make([]attribute.KeyValue, 0, 8)
	if kind == ai.KindEmbedding {
		if req.Dimensions > 0 {
			attributes = append(attributes, dimensionCount.Int(req.Dimensions))
		}
		return attributes
	}
	switch {
	case kind == ai.KindImageGeneration:
		attributes = append(attributes, outputType.String(outputImage))
		if req.Output != nil && req.Output.Count > 1 {
			attributes = append(attributes, choiceCount.Int(req.Output.Count))
		}
	case len(req.Schema) > 0:
		attributes = append(attributes, outputType.String(outputJSON))
	}
	if req.MaxTokens > 0 {
		attributes = append(attributes, requestMaxTokens.Int(req.MaxTokens))
	}
	if req.Temperature != nil {
		attributes = append(attributes, requestTemperature.Float64(*req.Temperature))
	}
	if req.Seed != nil {
		attributes = append(attributes, requestSeed.Int64(*req.Seed))
	}
	return attributes
}

// withResponse adds what an answer says of itself, beside its model and
// source. Tokens and the provider's identifier are those of this call only if
// a provider was asked.
func withResponse(attributes []attribute.KeyValue, resp *ai.Response, source ai.Source) []attribute.KeyValue {
	if resp.FinishReason != "" {
		attributes = append(attributes, finishReasons.StringSlice([]string{name(string(resp.FinishReason))}))
	}
	if resp.Space.Dimensions > 0 {
		attributes = append(attributes, dimensionCount.Int(resp.Space.Dimensions))
	}
	if resp.Fallback {
		attributes = append(attributes, named(ownReason, string(resp.Reason)))
		if len(resp.Trail) > 0 {
			attributes = append(attributes, named(ownPrimary, resp.Trail[0].Provider))
		}
	}
	switch source {
	case ai.SourceCache:
		attributes = append(attributes, ownCacheAge.Float64(resp.Age.Seconds()))
	case ai.SourceProvider:
		attributes = withUsage(attributes, resp.Usage)
		if resp.RequestID != "" {
			attributes = append(attributes, named(ownRequestID, resp.RequestID))
		}
	}
	return attributes
}

// withUsage leaves out what the provider did not report.
func withUsage(attributes []attribute.KeyValue, u ai.Usage) []attribute.KeyValue {
	if u == (ai.Usage{}) {
		return attributes
	}
	attributes = append(attributes, inputTokens.Int(u.InputTokens))
	if u.OutputTokens > 0 {
		attributes = append(attributes, outputTokens.Int(u.OutputTokens))
	}
	if u.CachedTokens > 0 {
		attributes = append(attributes, cachedTokens.Int(u.CachedTokens))
	}
	if u.ReasoningTokens > 0 {
		attributes = append(attributes, reasoningTokens.Int(u.ReasoningTokens))
	}
	return attributes
}
