package openai

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// What the service embeds in one call is limited by the number of texts and of
// tokens, 2048 and 300,000
// (https://platform.openai.com/docs/api-reference/embeddings/create); more are
// asked for in several calls, one after the other. A token is two bytes at the
// very least of what people write.
const (
	maxBatch      = 2048
	maxBatchBytes = 600_000
)

// batches cuts inputs into what fits into one call each. A text that is too
// long on its own is for the service to refuse.
func batches(inputs []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for len(inputs) > 0 {
			n, bytes := 1, len(inputs[0])
			for n < min(len(inputs), maxBatch) && bytes+len(inputs[n]) <= maxBatchBytes {
				bytes += len(inputs[n])
				n++
			}
			if !yield(inputs[:n]) {
				return
			}
			inputs = inputs[n:]
		}
	}
}

// embed answers an embedding request.
func (p *Provider) embed(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	resp := &ai.Response{
		Embeddings: make([][]float32, 0, len(req.Inputs)),
		Space:      p.space(req, model),
		Source:     ai.SourceProvider,
		Provider:   providerName,
		Model:      model,
	}
	resp.Space.Dimensions = req.Dimensions
	for batch := range batches(req.Inputs) {
		if err := p.embedBatch(ctx, batch, req.Dimensions, model, resp); err != nil {
			return nil, err
		}
	}
	return resp, nil
}

// embedBatch adds the vectors of at most maxBatch inputs to resp.
func (p *Provider) embedBatch(ctx context.Context, inputs []string, length int, model string, resp *ai.Response) error {
	if err := ended(ctx, model); err != nil {
		return err
	}
	recorded, call, client := p.newCall(ctx)
	ask := openai.EmbeddingRequest{Input: inputs, Model: openai.EmbeddingModel(model), Dimensions: length}
	if p.format == openai.EmbeddingEncodingFormatBase64 {
		ask.EncodingFormat = p.format // float is what servers do unasked
	}
	answer, err := client.CreateEmbeddings(recorded, ask)
	if _, other := errors.AsType[*json.UnmarshalTypeError](err); other {
		answer, err = call.otherFormat(err)
	}
	if err != nil {
		return call.failure(ctx, model)
	}
	if len(answer.Data) == 0 {
		return call.noAnswer(model, "the response has no vectors")
	}
	vectors, problem := readVectors(answer.Data, len(inputs), resp.Space.Dimensions)
	if problem != "" {
		return call.locate(&ai.Error{Code: ai.CodeBadResponse, Detail: problem}, model)
	}
	resp.Embeddings = append(resp.Embeddings, vectors...)
	resp.Space.Dimensions = len(vectors[0])
	resp.Usage.InputTokens += answer.Usage.PromptTokens
	resp.Usage.TotalTokens += answer.Usage.TotalTokens
	resp.RequestID = transport.RequestID(call.exchange.Header)
	if answer.Model != "" {
		resp.Model = string(answer.Model)
	}
	return nil
}

// otherFormat reads vectors that came in the format that was not asked for:
// some servers know one only. It returns failed when they are in neither.
func (c *call) otherFormat(failed error) (openai.EmbeddingResponse, error) {
	var floats openai.EmbeddingResponse
	if json.Unmarshal(c.body.Bytes(), &floats) == nil {
		return floats, nil
	}
	var base64 openai.EmbeddingResponseBase64
	if json.Unmarshal(c.body.Bytes(), &base64) == nil {
		return base64.ToEmbeddingResponse()
	}
	return openai.EmbeddingResponse{}, failed
}

// space is the embedding space a request is answered in, as far as it is known
// before the answer.
func (p *Provider) space(req *ai.Request, model string) ai.Space {
	known := dimensions(model)
	space := ai.Space{Vendor: p.vendor, Model: model, Dimensions: known, Normalized: known > 0}
	if req.Dimensions > 0 {
		space.Dimensions = req.Dimensions
	}
	return space
}

// readVectors checks that there is one usable vector of one length for each
// input and puts them in the order of the inputs. A length of 0 is any.
func readVectors(data []openai.Embedding, count, length int) (list [][]float32, problem string) {
	if len(data) != count {
		return nil, "the number of vectors is not that of the inputs"
	}
	list = make([][]float32, count)
	for _, e := range data {
		switch {
		case e.Index < 0 || e.Index >= count || list[e.Index] != nil:
			return nil, "the vectors are not numbered as the inputs are"
		case len(e.Embedding) == 0:
			return nil, "a vector is empty"
		case length != 0 && len(e.Embedding) != length:
			return nil, "a vector has the wrong length"
		case !finite(e.Embedding):
			return nil, "a vector is zero or not finite"
		}
		length = len(e.Embedding)
		list[e.Index] = e.Embedding
	}
	return list, ""
}

// finite reports whether a vector has a direction: neither NaN, nor infinite,
// nor zero.
func finite(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum > 0 && !math.IsInf(sum, 0)
}
