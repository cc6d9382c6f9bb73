package gemini

import (
	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

// Reasons that are not among genai's constants: the first is on the wire, the
// second what other servers of this protocol say after tool calls, of which
// Google says STOP.
const (
	finishReasonModelArmor   genai.FinishReason = "MODEL_ARMOR"
	finishReasonFunctionCall genai.FinishReason = "FUNCTION_CALL"
)

// finish turns the reason for which a candidate ended into that of an answer,
// or into a failure.
func finish(reason genai.FinishReason, text, calls bool) (ai.FinishReason, *ai.Error) {
	switch reason {
	case genai.FinishReasonStop, finishReasonFunctionCall, genai.FinishReasonUnspecified, "":
		switch {
		case calls:
			return ai.FinishToolCalls, nil
		case text:
			return ai.FinishStop, nil
		}
		return "", &ai.Error{Code: ai.CodeBadResponse, Detail: "the answer is empty"}
	case genai.FinishReasonMaxTokens, genai.FinishReasonContinuation:
		if text || calls {
			return ai.FinishLength, nil
		}
		return "", &ai.Error{Code: ai.CodeMaxTokens, Detail: "the token limit was reached before any text"}
	case genai.FinishReasonSafety, genai.FinishReasonBlocklist, genai.FinishReasonProhibitedContent, genai.FinishReasonSPII,
		genai.FinishReasonImageSafety, genai.FinishReasonImageProhibitedContent, finishReasonModelArmor:
		return "", &ai.Error{Code: ai.CodeContentFiltered, Detail: "the answer was blocked"}
	case genai.FinishReasonRecitation, genai.FinishReasonImageRecitation:
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the answer recited protected material"}
	case genai.FinishReasonMalformedFunctionCall, genai.FinishReasonUnexpectedToolCall, genai.FinishReasonTooManyToolCalls:
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model failed at calling a tool"}
	default:
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model stopped without an answer"}
	}
}

// usage counts thinking as output and what tools put into the prompt as input.
func usage(u *genai.GenerateContentResponseUsageMetadata) ai.Usage {
	if u == nil {
		return ai.Usage{}
	}
	return ai.Usage{
		InputTokens:     int(u.PromptTokenCount) + int(u.ToolUsePromptTokenCount),
		OutputTokens:    int(u.CandidatesTokenCount) + int(u.ThoughtsTokenCount),
		TotalTokens:     int(u.TotalTokenCount),
		CachedTokens:    int(u.CachedContentTokenCount),
		ReasoningTokens: int(u.ThoughtsTokenCount),
	}
}
