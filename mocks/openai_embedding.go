package mocks

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
)

const openAIMaxInputs = 2048 // in one embeddings call

type openAIEmbeddingRequest struct {
	Model          string `json:"model"`
	Input          texts  `json:"input"`
	Dimensions     *int   `json:"dimensions"`
	EncodingFormat string `json:"encoding_format"`
}

func (q *question) readEmbeddings(body []byte) *problem {
	var req openAIEmbeddingRequest
	err := json.Unmarshal(body, &req)
	q.model = req.Model
	switch {
	case err != nil:
		return wrong("input", "The body is not the JSON of an embedding request for texts.")
	case len(req.Input) == 0:
		return wrong("input", "The parameter 'input' is empty.")
	case len(req.Input) > openAIMaxInputs:
		return wrong("input", fmt.Sprintf("There are more than %d inputs.", openAIMaxInputs))
	}
	for i, text := range req.Input {
		if text == "" {
			return wrong(fmt.Sprintf("input[%d]", i), "An input is empty.")
		}
	}
	switch req.EncodingFormat {
	case "", "float":
	case "base64":
		q.base64 = true
	default:
		return wrong("encoding_format", "The encoding format is neither float nor base64.")
	}
	q.inputs = req.Input
	q.dimensions = openAIDimensions(req.Model)
	if req.Dimensions != nil {
		switch {
		case strings.HasSuffix(req.Model, "-ada-002"):
			return wrong("dimensions", "This model has one length of vectors only.")
		case *req.Dimensions < 1 || *req.Dimensions > q.dimensions:
			return wrong("dimensions", fmt.Sprintf("The dimensions are not from 1 to %d.", q.dimensions))
		}
		q.dimensions = *req.Dimensions
	}
	return nil
}

// openAIDimensions returns the length of a model's vectors
// (https://platform.openai.com/docs/guides/embeddings).
func openAIDimensions(model string) int {
	if strings.HasSuffix(model, "-3-large") {
		return 3072
	}
	return 1536
}

type openAIEmbeddingList struct {
	Object string            `json:"object"`
	Data   []openAIEmbedding `json:"data"`
	Model  string            `json:"model"`
	Usage  openAITotals      `json:"usage"`
}

type openAIEmbedding struct {
	Object    string       `json:"object"`
	Index     int          `json:"index"`
	Embedding openAIVector `json:"embedding"`
}

type openAITotals struct {
	PromptTokens int `json:"prompt_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

// openAIVector is written as a list of numbers, or as the base64 of its
// little-endian 32-bit floats.
type openAIVector struct {
	values []float32
	base64 bool
}

// MarshalJSON writes the vector in the format asked for.
func (v openAIVector) MarshalJSON() ([]byte, error) {
	if !v.base64 {
		return json.Marshal(v.values)
	}
	packed := make([]byte, 0, 4*len(v.values))
	for _, x := range v.values {
		packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(x))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(packed))
}

func (w *openAI) vectors(q question) reply {
	vectors, tokens := q.embed()
	list := openAIEmbeddingList{
		Object: "list", Model: q.model, Data: make([]openAIEmbedding, len(vectors)),
		Usage: openAITotals{PromptTokens: tokens, TotalTokens: tokens},
	}
	for i, v := range vectors {
		list.Data[i] = openAIEmbedding{Object: "embedding", Index: i, Embedding: openAIVector{v, q.base64}}
	}
	return w.identified(q, marshal(http.StatusOK, plainJSON, list))
}
