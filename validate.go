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
	if r.Kind >= kindEnd {
		return invalid("Kind", "is unknown")
	}
	if err := r.validateParameters(); err != nil {
		return err
	}
	if r.ResolvedKind() == KindEmbedding {
		return r.validateEmbedding()
	}
	return r.validateAnalysis()
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
	case r.Instruction != "":
		return invalid("Instruction", "is not for embeddings")
	case len(r.History) > 0:
		return invalid("History", "is not for embeddings")
	case len(r.Images) > 0:
		return invalid("Images", "is not for embeddings")
	case r.MaxTokens != 0:
		return invalid("MaxTokens", "is not for embeddings")
	case r.Temperature != nil:
		return invalid("Temperature", "is not for embeddings")
	case len(r.Stop) > 0:
		return invalid("Stop", "is not for embeddings")
	case r.Seed != nil:
		return invalid("Seed", "is not for embeddings")
	}
	for i, s := range r.Inputs {
		if blank(s) {
			return invalid(fmt.Sprintf("Inputs[%d]", i), "is empty")
		}
	}
	return nil
}

func (r *Request) validateAnalysis() error {
	switch {
	case len(r.Inputs) > 0:
		return invalid("Inputs", "is for embeddings only")
	case r.Dimensions != 0:
		return invalid("Dimensions", "is for embeddings only")
	case r.AllowOtherSpace:
		return invalid("AllowOtherSpace", "is for embeddings only")
	case r.Kind == KindText && r.hasImages():
		return invalid("Images", "contradicts Kind text")
	case r.Kind == KindImage && !r.hasImages():
		return invalid("Images", "is empty")
	case blank(r.Prompt):
		return invalid("Prompt", "is empty")
	}
	for i := range r.History {
		if err := r.History[i].validate(fmt.Sprintf("History[%d]", i)); err != nil {
			return err
		}
	}
	return validateImages("Images", r.Images)
}

func (m *Message) validate(field string) error {
	switch {
	case m.Role != RoleUser && m.Role != RoleAssistant:
		return invalid(field+".Role", "is neither user nor assistant")
	case m.Role == RoleAssistant && len(m.Images) > 0:
		return invalid(field+".Images", "is for user turns only")
	case blank(m.Text) && len(m.Images) == 0:
		return invalid(field+".Text", "is empty")
	}
	return validateImages(field+".Images", m.Images)
}

func validateImages(field string, images []Image) error {
	for i := range images {
		if code, part, detail := images[i].check(); code != "" {
			return &Error{Code: code, Field: fmt.Sprintf("%s[%d]%s", field, i, part), Detail: detail}
		}
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
