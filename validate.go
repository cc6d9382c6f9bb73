package ai

import (
	"fmt"
	"math"
	"strings"
)

// Validate reports whether the request can be sent at all. Its error is a
// *Error with CodeInvalidRequest or CodeTooLarge whose Field names the wrong
// part. A Client and every adapter call it before any network.
func (r *Request) Validate() error {
	if r == nil {
		return invalid("Request", "is nil")
	}
	if r.Kind >= requestKindEnd {
		return invalid("Kind", "is unknown")
	}
	if err := r.validateParameters(); err != nil {
		return err
	}
	switch r.ResolvedKind() {
	case KindEmbedding:
		return r.validateEmbedding()
	case KindImageGeneration:
		return r.validateGeneration()
	default:
		return r.validateAnalysis()
	}
}

func (r *Request) validateParameters() error {
	switch {
	case r.MaxTokens < 0:
		return invalid("MaxTokens", "is negative")
	case r.MaxTokens > math.MaxInt32:
		return invalid("MaxTokens", "is too large")
	case r.Dimensions < 0:
		return invalid("Dimensions", "is negative")
	case r.Dimensions > math.MaxInt32:
		return invalid("Dimensions", "is too large")
	case r.Temperature != nil && !(*r.Temperature >= 0 && *r.Temperature <= 2): // NaN fails both
		return invalid("Temperature", "is not a number from 0 to 2")
	}
	switch r.Effort {
	case "", EffortNone, EffortMinimal, EffortLow, EffortMedium, EffortHigh:
	default:
		return invalid("Effort", "is unknown")
	}
	for i, s := range r.Stop {
		if s == "" {
			return invalid(fmt.Sprintf("Stop[%d]", i), "is empty")
		}
	}
	return r.Fallback.validate("Fallback")
}

func (r *Request) validateEmbedding() error {
	switch {
	case len(r.Inputs) == 0:
		return invalid("Inputs", "is empty")
	case r.Prompt != "":
		return invalid("Prompt", "is not for embeddings: use Inputs")
	case len(r.Images) > 0:
		return invalid("Images", "is not for embeddings")
	case r.Output != nil:
		return invalid("Output", "is not for embeddings")
	}
	if field := r.conversing(); field != "" {
		return invalid(field, "is not for embeddings")
	}
	for i, s := range r.Inputs {
		if blank(s) {
			return invalid(fmt.Sprintf("Inputs[%d]", i), "is empty")
		}
	}
	return nil
}

func (r *Request) validateGeneration() error {
	if field := r.embedding(); field != "" {
		return invalid(field, "is for embeddings only")
	}
	if field := r.conversing(); field != "" {
		return invalid(field, "is not for image generation")
	}
	switch {
	case len(r.Images) > 0:
		return invalid("Images", "is not for image generation")
	case blank(r.Prompt):
		return invalid("Prompt", "is empty")
	}
	return r.Output.validate("Output")
}

// embedding names the first field that is filled in for embeddings only.
func (r *Request) embedding() string {
	switch {
	case len(r.Inputs) > 0:
		return "Inputs"
	case r.Dimensions != 0:
		return "Dimensions"
	case r.AllowOtherSpace:
		return "AllowOtherSpace"
	}
	return ""
}

// conversing names the first field that is filled in for a conversation with a
// model only.
func (r *Request) conversing() string {
	switch {
	case r.Instruction != "":
		return "Instruction"
	case len(r.History) > 0:
		return "History"
	case len(r.Documents) > 0:
		return "Documents"
	case len(r.Tools) > 0:
		return "Tools"
	case r.ToolChoice != ToolAuto:
		return "ToolChoice"
	case len(r.Schema) > 0:
		return "Schema"
	case r.Effort != "":
		return "Effort"
	case r.MaxTokens != 0:
		return "MaxTokens"
	case r.Temperature != nil:
		return "Temperature"
	case len(r.Stop) > 0:
		return "Stop"
	case r.Seed != nil:
		return "Seed"
	}
	return ""
}

func (r *Request) validateAnalysis() error {
	if field := r.embedding(); field != "" {
		return invalid(field, "is for embeddings only")
	}
	switch {
	case r.Output != nil:
		return invalid("Output", "is for image generation only")
	case r.Kind == KindText && r.hasImages():
		return invalid("Images", "contradicts Kind text")
	case r.Kind == KindImage && !r.hasImages():
		return invalid("Images", "is empty")
	case blank(r.Prompt) && !r.afterTools():
		return invalid("Prompt", "is empty")
	case len(r.Schema) > 0 && !isObject(r.Schema):
		return invalid("Schema", "is no JSON object")
	}
	if err := r.validateTools(); err != nil {
		return err
	}
	if err := r.validateHistory(); err != nil {
		return err
	}
	return validateInputs("", r.Images, r.Documents)
}

// afterTools reports whether the model has results of tools to go on with.
func (r *Request) afterTools() bool {
	n := len(r.History)
	return n > 0 && r.History[n-1].Role == RoleTool && len(r.Images)+len(r.Documents) == 0
}

// validateInputs checks the images and documents of a turn, whose fields begin
// with prefix.
func validateInputs(prefix string, images []Image, documents []Document) error {
	for i := range images {
		if code, part, detail := images[i].check(); code != "" {
			return &Error{Code: code, Field: fmt.Sprintf("%sImages[%d]%s", prefix, i, part), Detail: detail}
		}
	}
	for i := range documents {
		if code, part, detail := documents[i].check(); code != "" {
			return &Error{Code: code, Field: fmt.Sprintf("%sDocuments[%d]%s", prefix, i, part), Detail: detail}
		}
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
