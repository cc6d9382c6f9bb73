package mocks

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
)

// emulatedDimensions is the length of emulated vectors when nobody says.
const emulatedDimensions = 256

// maxDimensions bounds emulated vectors: several times those of any model.
const maxDimensions = 1 << 16

// questionOf turns a request for a text into the emulation's question.
func questionOf(req *ai.Request) emulate.Question {
	q := emulate.Question{
		Prompt: req.Prompt, MaxTokens: req.MaxTokens, Stop: req.Stop,
		ContextTokens: emulate.Tokens(req.Instruction),
	}
	for _, m := range req.History {
		q.ContextTokens += emulate.Tokens(m.Text)
		q.Images = appendImages(q.Images, m.Images)
		q.Documents = appendDocuments(q.Documents, m.Documents)
	}
	q.Images = appendImages(q.Images, req.Images)
	q.Documents = appendDocuments(q.Documents, req.Documents)
	return q
}

func appendDocuments(to []emulate.Document, documents []ai.Document) []emulate.Document {
	for _, d := range documents {
		to = append(to, emulate.Document{Data: d.Data, URL: d.URL})
	}
	return to
}

func appendImages(to []emulate.Image, images []ai.Image) []emulate.Image {
	for _, m := range images {
		to = append(to, emulate.Image{Data: m.Data, URL: m.URL})
	}
	return to
}

// emulate answers with what is made from the request.
func (a *Analyzer) emulate(_ context.Context, req *ai.Request) (*ai.Response, error) {
	if req.ResolvedKind() == ai.KindEmbedding {
		return a.emulateVectors(req)
	}
	answer, err := questionOf(req).Answer()
	if unreadable, ok := errors.AsType[*emulate.ImageError](err); ok {
		return nil, &ai.Error{
			Code: ai.CodeInvalidRequest, Provider: name, Model: modelOf(req),
			Field: "Images", Detail: unreadable.Error(),
		}
	}
	resp := &ai.Response{Text: answer.Text, Usage: ai.Usage{
		InputTokens: answer.InputTokens, OutputTokens: answer.OutputTokens,
		TotalTokens: answer.InputTokens + answer.OutputTokens,
	}}
	if answer.Truncated {
		resp.FinishReason = ai.FinishLength
	}
	return resp, nil
}

func (a *Analyzer) emulateVectors(req *ai.Request) (*ai.Response, error) {
	a.mu.Lock()
	dimensions := cmp.Or(req.Dimensions, a.space.Dimensions, emulatedDimensions)
	a.mu.Unlock()
	if dimensions > maxDimensions {
		return nil, &ai.Error{
			Code: ai.CodeInvalidRequest, Provider: name, Model: modelOf(req),
			Field: "Dimensions", Detail: fmt.Sprintf("is over %d", maxDimensions),
		}
	}
	q := question{inputs: req.Inputs, dimensions: dimensions}
	vectors, tokens := q.embed()
	return &ai.Response{Embeddings: vectors, Usage: ai.Usage{InputTokens: tokens, TotalTokens: tokens}}, nil
}
