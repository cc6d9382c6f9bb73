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
	q := question{kind: req.ResolvedKind(), ask: questionOf(req), schema: req.Schema, forced: forcedBy(req)}
	switch q.kind {
	case ai.KindEmbedding:
		return a.emulateVectors(req)
	case ai.KindImageGeneration:
		q.picture = picture{prompt: q.ask.Prompt}
		q.ask.Prompt = ""
		if out := req.Output; out != nil {
			q.picture.width, q.picture.height, q.picture.mediaType, q.picture.count = out.Width, out.Height, out.MediaType, out.Count
		}
	}
	answer, err := q.respond()
	if unreadable, ok := errors.AsType[*emulate.ImageError](err); ok {
		return nil, &ai.Error{
			Code: ai.CodeInvalidRequest, Provider: name, Model: modelOf(req),
			Field: "Images", Detail: unreadable.Error(),
		}
	}
	for i := range answer.calls {
		answer.calls[i].ID = fmt.Sprintf("call_%d", i+1)
	}
	return &ai.Response{
		Text: answer.text, ToolCalls: answer.calls, Images: answer.images, FinishReason: answer.finish, Usage: answer.usage,
	}, nil
}

// forcedBy returns the tool that the request says must be called.
func forcedBy(req *ai.Request) *tool {
	if req.ToolChoice == ai.ToolAuto || req.ToolChoice == ai.ToolNone {
		return nil
	}
	for _, t := range req.Tools {
		if req.ToolChoice == ai.ToolRequired || string(req.ToolChoice) == t.Name {
			return &tool{t.Name, t.Parameters}
		}
	}
	return nil
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
