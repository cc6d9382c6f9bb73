package gemini

import (
	"bytes"
	"context"
	"encoding/json"
	"math"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// maxBatch is how many texts the service embeds in one batchEmbedContents call
// before it refuses; more go out in several calls, one after the other.
const maxBatch = 100

// embed answers an embedding request.
func (p *Provider) embed(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	resp := &ai.Response{
		Embeddings: make([][]float32, 0, len(req.Inputs)),
		Space:      p.space(req, model),
		Source:     ai.SourceProvider,
		Provider:   providerName,
		Model:      model,
	}
	dims := req.Dimensions
	for rest := req.Inputs; len(rest) > 0; {
		batch := rest[:min(len(rest), maxBatch)]
		rest = rest[len(batch):]
		answer, body, exchange, err := p.embedBatch(ctx, batch, req.Dimensions, model)
		if err != nil {
			return nil, err
		}
		var problem string
		if resp.Embeddings, problem = readVectors(resp.Embeddings, answer, len(batch), dims); problem != "" {
			return nil, locate(&ai.Error{Code: ai.CodeBadResponse, Detail: problem}, exchange, model)
		}
		dims = len(resp.Embeddings[0])
		tokens := embeddedTokens(body)
		resp.Usage.InputTokens += tokens
		resp.Usage.TotalTokens += tokens
		resp.RequestID = transport.RequestID(exchange.Header)
	}
	resp.Space.Dimensions = dims
	return resp, nil
}

// embedBatch asks for the vectors of at most maxBatch inputs.
func (p *Provider) embedBatch(ctx context.Context, inputs []string, dims int, model string) (*genai.EmbedContentResponse, []byte, *transport.Exchange, error) {
	contents := texts(inputs)
	config := &genai.EmbedContentConfig{TaskType: p.options.embeddingTask}
	if dims > 0 {
		config.OutputDimensionality = new(int32(dims))
	}
	return ask(ctx, model, watched{keep: itsEnd, read: make([]byte, 0, 2*itsEnd)}, func(ctx context.Context) (*genai.EmbedContentResponse, error) {
		return p.client.Models.EmbedContent(ctx, model, contents, config)
	})
}

// embeddedTokens is the usage that stands at the end of a response's JSON, of
// which genai does not know; 0 if there is none
// (https://ai.google.dev/api/embeddings#EmbeddingUsageMetadata).
func embeddedTokens(body []byte) int {
	const field = `"usageMetadata"`
	at := bytes.LastIndex(body, []byte(field))
	if at < 0 {
		return 0
	}
	value := bytes.TrimLeft(body[at+len(field):], ": \t\r\n")
	var usage struct{ PromptTokenCount uint32 }
	if json.NewDecoder(bytes.NewReader(value)).Decode(&usage) != nil {
		return 0
	}
	return int(usage.PromptTokenCount)
}

// texts are the contents to embed. They lie side by side: allocated one by one,
// they would be most of what this package allocates.
func texts(inputs []string) []*genai.Content {
	list := make([]*genai.Content, len(inputs))
	block := make([]struct {
		content genai.Content
		part    genai.Part
		parts   [1]*genai.Part
	}, len(inputs))
	for i, input := range inputs {
		b := &block[i]
		b.part.Text = input
		b.parts[0] = &b.part
		b.content = genai.Content{Role: genai.RoleUser, Parts: b.parts[:]}
		list[i] = &b.content
	}
	return list
}

// space is the embedding space a request is answered in, as far as it is known
// before the answer.
func (p *Provider) space(req *ai.Request, model string) ai.Space {
	dims := req.Dimensions
	if dims == 0 {
		dims = dimensions(model)
	}
	return ai.Space{Vendor: p.vendor, Model: model, Dimensions: dims, Normalized: true}
}

// readVectors adds the vectors of an answer to a list. It checks that there is
// one usable vector for each input, all of the same dimensions (0: whichever
// they are), and scales each to length 1.
func readVectors(list [][]float32, answer *genai.EmbedContentResponse, count, dims int) (longer [][]float32, problem string) {
	if len(answer.Embeddings) != count {
		return nil, "the number of vectors is not that of the inputs"
	}
	for _, e := range answer.Embeddings {
		if e == nil || len(e.Values) == 0 {
			return nil, "a vector is empty"
		}
		if dims == 0 {
			dims = len(e.Values)
		}
		if len(e.Values) != dims {
			return nil, "a vector has the wrong number of dimensions"
		}
		if !normalize(e.Values) {
			return nil, "a vector is zero or not finite"
		}
		list = append(list, e.Values)
	}
	return list, ""
}

// normalize brings a vector to length 1: gemini-embedding-001 does so itself
// only for its full 3072 dimensions
// (https://ai.google.dev/gemini-api/docs/embeddings). A vector that has length
// 1, to the precision of float32, is left as it came. It returns false when
// that cannot be done.
func normalize(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if !(sum > 0) || math.IsInf(sum, 1) { // zero, or with NaN or Inf among them
		return false
	}
	if math.Abs(sum-1) <= 1e-6 {
		return true
	}
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		v[i] = float32(float64(x) * scale)
	}
	return true
}
