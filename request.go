package ai

import (
	"encoding/json"
	"slices"
)

// Request is one question to a provider. The literal is the ordinary way to
// write it:
//
//	&ai.Request{Prompt: "Which covenants does this filing put at risk? …", Tenant: id}
//
// What is filled in decides the kind: Images make it an image analysis, Inputs
// an embedding, Output image generation, otherwise it is text. A request is never modified by this
// module and may be sent again, but must not be changed while a call runs.
type Request struct {
	// Kind is inferred when zero. When set, it must agree with what is filled in.
	Kind Kind

	// Model is a provider's model name, one of the names the application mapped
	// to models ("fast"), or either with the route before it ("gemini/fast"):
	// that route then comes first, with its default model if nothing follows the
	// slash. Empty asks for the provider's default. A plain provider model name
	// goes to the primary only; substitutes use their defaults. What stands
	// before the first slash is a route only if there is one of that name.
	Model string

	// Instruction tells the model its role and rules (the system prompt).
	Instruction string
	// History holds the earlier turns of a conversation, oldest first.
	History []Message
	// Prompt is the text to analyse, or the question about the images and
	// documents. It may be empty after a turn of RoleTool: then the model goes on
	// with the results.
	Prompt string
	// Images are the images to analyse, in order.
	Images []Image
	// Documents are the PDFs to analyse, in order.
	Documents []Document

	// Tools are functions of the application's that the model may ask it to call
	// (Response.ToolCalls). Requests with tools are not cached.
	Tools []Tool
	// ToolChoice says whether the model must call one; the zero value leaves it
	// to the model.
	ToolChoice ToolChoice
	// Schema is a JSON Schema, an object, that the answer's text is to follow as
	// JSON. Providers are asked to enforce it as far as they can; AnalyzeAs also
	// checks the answer.
	Schema json.RawMessage
	// Effort is how much the model may think before it answers; empty is the
	// model's default.
	Effort Effort

	// Inputs are the texts to embed, one vector each.
	Inputs []string
	// Dimensions asks for shorter embedding vectors; 0 is the model's own length.
	Dimensions int
	// AllowOtherSpace lets a substitute answer an embedding request from
	// another embedding space. Vectors of different spaces cannot be compared:
	// set it only when Response.Space is stored with every vector.
	AllowOtherSpace bool

	// Output says what images a request of KindImageGeneration wants; nil leaves
	// all to the provider.
	Output *ImageOutput

	// MaxTokens limits the answer; 0 is the provider's default.
	MaxTokens int
	// Temperature from 0 to 2, nil for the provider's default. Zero is sent:
	// Temperature: new(0.0).
	Temperature *float64
	// Stop ends the answer before any of these texts.
	Stop []string
	// Seed asks for repeatable sampling where the provider has it.
	Seed *int64

	// Tenant says on whose behalf the request is made. With ScopeTenant, cached
	// answers never cross from one tenant to another.
	Tenant string
	// Cache changes how this request uses the Client's cache.
	Cache CacheControl
	// Fallback replaces the whole of the Client's fallback policy for this
	// request; nil keeps it.
	Fallback *FallbackPolicy
}

// Effort is how much a model that can think may think before it answers: more
// costs time and tokens (Usage.ReasoningTokens). Providers map it to what the
// model has, a level or a budget of tokens; models that cannot think pass over
// it.
type Effort string

// The efforts.
const (
	EffortNone    Effort = "none" // as little as the model can
	EffortMinimal Effort = "minimal"
	EffortLow     Effort = "low"
	EffortMedium  Effort = "medium"
	EffortHigh    Effort = "high"
)

// Text returns a request for an analysis of a text.
func Text(prompt string) *Request {
	return &Request{Kind: KindText, Prompt: prompt}
}

// ImageAnalysis returns a request that asks prompt about one or more images.
func ImageAnalysis(prompt string, images ...Image) *Request {
	return &Request{Kind: KindImage, Prompt: prompt, Images: images}
}

// Embedding returns a request for the embedding vectors of one or more texts.
func Embedding(inputs ...string) *Request {
	return &Request{Kind: KindEmbedding, Inputs: inputs}
}

// ImageGeneration returns a request for an image of what prompt describes.
func ImageGeneration(prompt string) *Request {
	return &Request{Kind: KindImageGeneration, Prompt: prompt}
}

// ResolvedKind returns Kind or, when that is zero, the kind that the filled-in
// fields ask for.
func (r *Request) ResolvedKind() Kind {
	switch {
	case r.Kind != 0:
		return r.Kind
	case len(r.Inputs) > 0:
		return KindEmbedding
	case r.Output != nil:
		return KindImageGeneration
	case r.hasImages():
		return KindImage
	default:
		return KindText
	}
}

func (r *Request) hasImages() bool {
	if len(r.Images) > 0 {
		return true
	}
	for i := range r.History {
		if len(r.History[i].Images) > 0 {
			return true
		}
	}
	return false
}

// Clone returns a deep copy.
func (r *Request) Clone() *Request {
	if r == nil {
		return nil
	}
	c := *r
	c.History = slices.Clone(r.History)
	for i := range c.History {
		c.History[i] = c.History[i].clone()
	}
	c.Images = cloneImages(r.Images)
	c.Documents = cloneDocuments(r.Documents)
	c.Tools = slices.Clone(r.Tools)
	for i := range c.Tools {
		c.Tools[i].Parameters = slices.Clone(c.Tools[i].Parameters)
	}
	c.Schema = slices.Clone(r.Schema)
	c.Inputs = slices.Clone(r.Inputs)
	c.Stop = slices.Clone(r.Stop)
	if r.Output != nil {
		c.Output = new(*r.Output)
	}
	if r.Temperature != nil {
		c.Temperature = new(*r.Temperature)
	}
	if r.Seed != nil {
		c.Seed = new(*r.Seed)
	}
	if r.Fallback != nil {
		c.Fallback = new(*r.Fallback)
		c.Fallback.Order = slices.Clone(r.Fallback.Order)
	}
	return &c
}

// CacheControl changes how one request uses the cache. The zero value is the
// Client's policy.
type CacheControl struct {
	// Refresh passes over a fresh entry, asks the provider and stores its
	// answer. A stale entry may still stand in when every provider fails.
	Refresh bool
	// NoStore keeps the answer out of the cache.
	NoStore bool
	// Off neither reads the cache, not even as a fallback, nor stores.
	Off bool
}
