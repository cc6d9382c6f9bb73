package mocks

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
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
	var p *problem
	switch {
	case ok && method == "generateContent":
		q.kind, q.model = ai.KindText, model
		p = q.readGenerate(body)
	case ok && method == "batchEmbedContents":
		q.kind, q.model = ai.KindEmbedding, model
		p = q.readBatch(body)
	default:
		return q, &problem{
			code: ai.CodeInvalidRequest, status: http.StatusNotFound,
			message: "There is nothing at this address.",
		}
	}
	if r.Method != http.MethodPost {
		return q, &problem{
			code: ai.CodeInvalidRequest, status: http.StatusMethodNotAllowed,
			message: "Only POST is allowed here.",
		}
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

type geminiContent struct {
	Role  string       `json:"role,omitempty"`
	Parts []geminiPart `json:"parts,omitempty"`
}

type geminiPart struct {
	Text       string      `json:"text,omitempty"`
	InlineData *geminiBlob `json:"inlineData,omitempty"`
	FileData   *geminiFile `json:"fileData,omitempty"`
}

type geminiBlob struct {
	MIMEType string `json:"mimeType"`
	Data     string `json:"data"`
}

type geminiFile struct {
	FileURI string `json:"fileUri"`
}

type geminiGenerateRequest struct {
	Contents          []geminiContent `json:"contents"`
	SystemInstruction geminiContent   `json:"systemInstruction"`
	GenerationConfig  struct {
		MaxOutputTokens int      `json:"maxOutputTokens"`
		Temperature     float64  `json:"temperature"`
		StopSequences   []string `json:"stopSequences"`
	} `json:"generationConfig"`
}

func (q *question) readGenerate(body []byte) *problem {
	var req geminiGenerateRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return wrong("", "The body is not the JSON of a GenerateContentRequest.")
	}
	config := req.GenerationConfig
	switch {
	case len(req.Contents) == 0:
		return wrong("", "GenerateContentRequest.contents is empty.")
	case config.Temperature < 0 || config.Temperature > 2:
		return wrong("", "generation_config.temperature is not from 0 to 2.")
	case config.MaxOutputTokens < 0:
		return wrong("", "generation_config.max_output_tokens is negative.")
	}
	q.ask.MaxTokens, q.ask.Stop = config.MaxOutputTokens, config.StopSequences
	for _, part := range req.SystemInstruction.Parts {
		q.ask.ContextTokens += emulate.Tokens(part.Text)
	}
	last := 0 // the user's turn to answer
	for i, c := range req.Contents {
		switch c.Role {
		case "", "user":
			last = i
		case "model", "function":
		default:
			return wrong("", fmt.Sprintf("contents[%d].role is not one there is.", i))
		}
		if len(c.Parts) == 0 {
			return wrong("", fmt.Sprintf("contents[%d].parts is empty.", i))
		}
	}
	for i, c := range req.Contents {
		for j, part := range c.Parts {
			if !q.readGeminiPart(part, i == last) {
				return wrong("", fmt.Sprintf("contents[%d].parts[%d] holds no data that can be read.", i, j))
			}
		}
	}
	return nil
}

// readGeminiPart takes a part for part of the question or, in an earlier turn,
// for context. Images are looked at wherever they stand.
func (q *question) readGeminiPart(part geminiPart, asks bool) bool {
	switch {
	case part.InlineData != nil:
		data, err := base64.StdEncoding.DecodeString(part.InlineData.Data)
		if err != nil || !strings.HasPrefix(part.InlineData.MIMEType, "image/") {
			return false
		}
		q.kind = ai.KindImage
		q.ask.Images = append(q.ask.Images, emulate.Image{Data: data})
	case part.FileData != nil:
		q.kind = ai.KindImage
		q.ask.Images = append(q.ask.Images, emulate.Image{URL: part.FileData.FileURI})
		return part.FileData.FileURI != ""
	case part.Text == "":
		return false
	case !asks:
		q.ask.ContextTokens += emulate.Tokens(part.Text)
	case q.ask.Prompt == "":
		q.ask.Prompt = part.Text
	default:
		q.ask.Prompt += "\n\n" + part.Text
	}
	return true
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
