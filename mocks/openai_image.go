package mocks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

type openAIImageRequest struct {
	Model          string `json:"model"`
	Prompt         string `json:"prompt"`
	N              *int   `json:"n"`
	Size           string `json:"size"`
	OutputFormat   string `json:"output_format"`
	ResponseFormat string `json:"response_format"`
}

// readImages reads a call for images
// (https://platform.openai.com/docs/api-reference/images/create).
func (q *question) readImages(body []byte) *problem {
	var req openAIImageRequest
	err := json.Unmarshal(body, &req)
	q.model = req.Model
	older := strings.HasPrefix(req.Model, "dall-e-")
	switch {
	case err != nil:
		return wrong("", "The body is not the JSON of an image request.")
	case req.Prompt == "":
		return wrong("prompt", "The parameter 'prompt' is missing.")
	case req.N != nil && (*req.N < 1 || *req.N > 10):
		return wrong("n", "The parameter 'n' is not from 1 to 10.")
	case req.N != nil && *req.N > 1 && req.Model == "dall-e-3":
		return wrong("n", "This model makes one image at a time.")
	case older && req.OutputFormat != "":
		return wrong("output_format", "Unknown parameter: 'output_format'.")
	case !older && req.ResponseFormat != "":
		return wrong("response_format", "Unknown parameter: 'response_format'.")
	}
	switch req.ResponseFormat {
	case "":
		q.openAI.imageURL = older
	case "url":
		q.openAI.imageURL = true
	case "b64_json":
	default:
		return wrong("response_format", "The parameter 'response_format' is neither url nor b64_json.")
	}
	switch req.OutputFormat {
	case "", "png", "jpeg", "webp":
	default:
		return wrong("output_format", "The parameter 'output_format' is none of png, jpeg and webp.")
	}
	q.picture = picture{prompt: req.Prompt, count: 1, mediaType: "image/" + cmp.Or(req.OutputFormat, "png")}
	if req.N != nil {
		q.picture.count = *req.N
	}
	return q.readSize(req.Size)
}

// readSize reads 1024x1536.
func (q *question) readSize(size string) *problem {
	if size == "" || size == "auto" {
		q.picture.width, q.picture.height = 1024, 1024
		return nil
	}
	width, height, ok := strings.Cut(size, "x")
	w, err1 := strconv.Atoi(width)
	h, err2 := strconv.Atoi(height)
	if !ok || err1 != nil || err2 != nil || !openAISize(q.model, w, h) {
		return wrong("size", "The parameter 'size' is not one of this model's.")
	}
	q.picture.width, q.picture.height = w, h
	return nil
}

// openAISize reports whether a model makes images of a size. Models that are
// not known make any up to 4096 pixels a side.
func openAISize(model string, width, height int) bool {
	size := fmt.Sprintf("%dx%d", width, height)
	switch {
	case model == "dall-e-2":
		return size == "256x256" || size == "512x512" || size == "1024x1024"
	case model == "dall-e-3":
		return size == "1024x1024" || size == "1792x1024" || size == "1024x1792"
	case strings.HasPrefix(model, "gpt-image-1"):
		return size == "1024x1024" || size == "1536x1024" || size == "1024x1536"
	}
	return 0 < width && width <= 4096 && 0 < height && height <= 4096
}

type openAIImages struct {
	Created      int64             `json:"created"`
	Background   string            `json:"background,omitempty"`
	OutputFormat string            `json:"output_format,omitempty"`
	Size         string            `json:"size,omitempty"`
	Data         []openAIImage     `json:"data"`
	Usage        *openAIImageUsage `json:"usage,omitempty"`
}

type openAIImage struct {
	Data    []byte `json:"b64_json,omitempty"`
	URL     string `json:"url,omitempty"`
	Revised string `json:"revised_prompt,omitempty"`
}

type openAIImageUsage struct {
	TotalTokens  int `json:"total_tokens"`
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
	InputDetails struct {
		TextTokens  int `json:"text_tokens"`
		ImageTokens int `json:"image_tokens"`
	} `json:"input_tokens_details"`
}

// pictures writes images. Only the newer models say what they are and count
// tokens.
func (w *openAI) pictures(q question, a said) reply {
	list := openAIImages{Data: make([]openAIImage, len(a.images))}
	for i, m := range a.images {
		if q.openAI.imageURL {
			list.Data[i].URL = fmt.Sprintf("https://images.openai.test/%s-%d.png", q.id, i)
		} else {
			list.Data[i].Data = m.Data
		}
		if q.model == "dall-e-3" {
			list.Data[i].Revised = "[emulated] " + q.picture.prompt
		}
	}
	if !strings.HasPrefix(q.model, "dall-e-") {
		list.Background, list.OutputFormat = "opaque", strings.TrimPrefix(q.picture.mediaType, "image/")
		list.Size = fmt.Sprintf("%dx%d", q.picture.width, q.picture.height)
		u := &openAIImageUsage{TotalTokens: a.usage.TotalTokens, InputTokens: a.usage.InputTokens, OutputTokens: a.usage.OutputTokens}
		u.InputDetails.TextTokens = a.usage.InputTokens
		list.Usage = u
	}
	return marshal(http.StatusOK, plainJSON, list)
}
