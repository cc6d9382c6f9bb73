package mocks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/finbrain/ai"
)

// gemini is the wire format of generativelanguage.googleapis.com.
type gemini struct{}

const geminiMaxInputs = 100 // in one batch of embeddings

func (gemini) authorized(r *http.Request) bool {
	return r.Header.Get("X-Goog-Api-Key") != "" || r.URL.Query().Get("key") != ""
}

func (gemini) parse(r *http.Request, body []byte) (question, *problem) {
	q := question{id: identify(r.URL.Path, body)}
	model, method, ok := geminiMethod(r.URL.Path)
	if !ok {
		return q, nowhere()
	}
	q.model = model
	var p *problem
	switch method {
	case "generateContent", "streamGenerateContent":
		q.kind, q.stream = ai.KindText, method == "streamGenerateContent"
		p = q.readGenerate(body)
		if q.stream && r.URL.Query().Get("alt") != "sse" {
			p = wrong("", "The emulation streams with alt=sse only.")
		}
	case "batchEmbedContents":
		q.kind = ai.KindEmbedding
		p = q.readBatch(body)
	default:
		return question{id: q.id}, nowhere()
	}
	if r.Method != http.MethodPost {
		return q, notAllowed("POST")
	}
	return q, p
}

// geminiMethod splits /v1beta/models/gemini-3.8-flash:generateContent.
func geminiMethod(path string) (model, method string, ok bool) {
	name, ok := strings.CutPrefix(path, "/v1beta/models/")
	if !ok {
		name, ok = strings.CutPrefix(path, "/v1/models/")
	}
	colon := strings.LastIndexByte(name, ':')
	if !ok || colon < 1 {
		return "", "", false
	}
	return name[:colon], name[colon+1:], true
}

type geminiBatchRequest struct {
	Requests []geminiEmbedRequest `json:"requests"`
}

// geminiEmbedRequest has its dimensions under both names that the JSON form of
// a protocol buffer may have.
type geminiEmbedRequest struct {
	Model       string        `json:"model"`
	Content     geminiContent `json:"content"`
	Dimensions  *int          `json:"outputDimensionality"`
	Dimensions2 *int          `json:"output_dimensionality"`
}

func (q *question) readBatch(body []byte) *problem {
	var req geminiBatchRequest
	err := json.Unmarshal(body, &req)
	switch {
	case err != nil:
		return wrong("", "The body is not the JSON of a BatchEmbedContentsRequest.")
	case len(req.Requests) == 0:
		return wrong("", "BatchEmbedContentsRequest.requests is empty.")
	case len(req.Requests) > geminiMaxInputs:
		return wrong("", fmt.Sprintf("BatchEmbedContentsRequest.requests has more than %d entries.", geminiMaxInputs))
	}
	for i, r := range req.Requests {
		dimensions := geminiDimensions
		if d := cmp.Or(r.Dimensions, r.Dimensions2); d != nil {
			dimensions = *d
		}
		var text strings.Builder
		for _, part := range r.Content.Parts {
			text.WriteString(part.Text)
		}
		switch {
		case r.Model != "models/"+q.model:
			return wrong("", fmt.Sprintf("requests[%d].model is not the model of the batch.", i))
		case text.Len() == 0:
			return wrong("", fmt.Sprintf("requests[%d].content is empty.", i))
		case dimensions < 1 || dimensions > geminiDimensions:
			return wrong("", fmt.Sprintf("requests[%d].output_dimensionality is not from 1 to %d.", i, geminiDimensions))
		case i > 0 && dimensions != q.dimensions:
			return wrong("", fmt.Sprintf("requests[%d].output_dimensionality is not that of the first.", i))
		}
		q.dimensions = dimensions
		q.inputs = append(q.inputs, text.String())
	}
	return nil
}

// geminiDimensions is the full length of the vectors, and the only one at
// which their length is 1 (https://ai.google.dev/gemini-api/docs/embeddings).
const geminiDimensions = 3072
