package mocks

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
)

// openAI is the wire format of api.openai.com.
type openAI struct{}

const (
	openAIChat       = "/v1/chat/completions"
	openAIEmbeddings = "/v1/embeddings"
	openAIMaxInputs  = 2048 // in one embeddings call
)

func (openAI) authorized(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && key != ""
}

func (openAI) parse(r *http.Request, body []byte) (question, *problem) {
	q := question{id: identify(r.URL.Path, body)}
	var p *problem
	switch r.URL.Path {
	case openAIChat:
		q.kind = ai.KindText
		p = q.readChat(body)
	case openAIEmbeddings:
		q.kind = ai.KindEmbedding
		p = q.readEmbeddings(body)
	default:
		return q, &problem{
			code: ai.CodeInvalidRequest, status: http.StatusNotFound,
			message: "There is nothing at this address.",
		}
	}
	switch {
	case r.Method != http.MethodPost:
		return q, &problem{
			code: ai.CodeInvalidRequest, status: http.StatusMethodNotAllowed,
			message: "Only POST is allowed here.",
		}
	case p == nil && q.model == "":
		return q, wrong("model", "The parameter 'model' is missing.")
	}
	return q, p
}

type openAIChatRequest struct {
	Model               string          `json:"model"`
	Messages            []openAIMessage `json:"messages"`
	MaxTokens           int             `json:"max_tokens"`
	MaxCompletionTokens int             `json:"max_completion_tokens"`
	Temperature         float64         `json:"temperature"`
	Stop                texts           `json:"stop"`
	Stream              bool            `json:"stream"`
}

type openAIMessage struct {
	Role    string      `json:"role"`
	Content openAIParts `json:"content"`
}

// openAIParts is a message's content: one text, or parts.
type openAIParts []openAIPart

type openAIPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

// UnmarshalJSON takes a text for a list of one part.
func (c *openAIParts) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]openAIPart)(c))
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*c = openAIParts{{Type: "text", Text: text}}
	return nil
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON takes a text for a list of one.
func (t *texts) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]string)(t))
	}
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text != nil {
		*t = texts{*text}
	}
	return nil
}

func (q *question) readChat(body []byte) *problem {
	var req openAIChatRequest
	err := json.Unmarshal(body, &req)
	q.model = req.Model
	switch {
	case err != nil:
		return wrong("", "The body is not the JSON of a chat request.")
	case len(req.Messages) == 0:
		return wrong("messages", "The list 'messages' is empty.")
	case req.Temperature < 0 || req.Temperature > 2:
		return wrong("temperature", "The parameter 'temperature' is not from 0 to 2.")
	case req.MaxTokens < 0 || req.MaxCompletionTokens < 0:
		return wrong("max_completion_tokens", "The token limit is negative.")
	case req.Stream:
		return wrong("stream", "The emulation does not stream.")
	}
	q.ask.MaxTokens = max(req.MaxCompletionTokens, req.MaxTokens)
	q.ask.Stop = req.Stop
	last := -1 // the user's turn to answer
	for i, m := range req.Messages {
		switch m.Role {
		case "user":
			last = i
		case "system", "developer", "assistant", "tool":
		default:
			return wrong(fmt.Sprintf("messages[%d].role", i), "There is no such role.")
		}
	}
	for i, m := range req.Messages {
		for j, part := range m.Content {
			if p := q.readPart(part, i == last); p != nil {
				p.param = fmt.Sprintf("messages[%d].content[%d]", i, j)
				return p
			}
		}
	}
	return nil
}

// readPart takes a part of a message for part of the question or, in an
// earlier message, for context. Images are looked at wherever they stand.
func (q *question) readPart(part openAIPart, asks bool) *problem {
	switch part.Type {
	case "text":
		if !asks {
			q.ask.ContextTokens += emulate.Tokens(part.Text)
			return nil
		}
		if q.ask.Prompt != "" {
			q.ask.Prompt += "\n\n"
		}
		q.ask.Prompt += part.Text
	case "image_url":
		q.kind = ai.KindImage
		picture, ok := openAIImage(part.ImageURL.URL)
		if !ok {
			return wrong("", "The image is neither an http address nor a data URL in base64.")
		}
		q.ask.Images = append(q.ask.Images, picture)
	default:
		return wrong("", "There is no such type of content.")
	}
	return nil
}

func openAIImage(address string) (emulate.Image, bool) {
	if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return emulate.Image{URL: address}, true
	}
	mediaType, encoded, ok := strings.Cut(address, ";base64,")
	data, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || !strings.HasPrefix(mediaType, "data:image/") {
		return emulate.Image{}, false
	}
	return emulate.Image{Data: data}, true
}

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
