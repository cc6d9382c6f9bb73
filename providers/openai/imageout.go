package openai

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg" // what the models make, beside WebP
	_ "image/png"
	"net/http"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// maxImagesBytes bounds the response to a request for images: 256 MiB, ten of
// the largest in base64.
const maxImagesBytes = 256 << 20

// imagesBody is the body that asks for images.
type imagesBody struct {
	Prompt         string `json:"prompt"`
	Model          string `json:"model"`
	N              int    `json:"n,omitempty"`
	Size           string `json:"size,omitempty"`
	ResponseFormat string `json:"response_format,omitempty"`
	OutputFormat   string `json:"output_format,omitempty"`
}

// draw answers a request for image generation.
func (p *Provider) draw(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	c, err := p.exchange(ctx, http.MethodPost, p.address("/images/generations", model), model, p.drawing(req, model), maxImagesBytes)
	if err != nil {
		return nil, unsized(err)
	}
	var answer struct {
		Data []struct {
			B64 word `json:"b64_json"`
		}
		Usage struct {
			Input  number `json:"input_tokens"`
			Output number `json:"output_tokens"`
			Total  number `json:"total_tokens"`
		}
	}
	if err := c.decode(&answer); err != nil {
		return nil, c.noAnswer(model, "the response is not of the documented shape")
	}
	resp := &ai.Response{
		FinishReason: ai.FinishStop, Source: ai.SourceProvider, Provider: providerName, Model: model,
		Usage: ai.Usage{
			InputTokens: int(answer.Usage.Input), OutputTokens: int(answer.Usage.Output), TotalTokens: int(answer.Usage.Total),
		},
		RequestID: transport.RequestID(c.exchange.Header),
	}
	for i := range answer.Data {
		if made, ok := picture(string(answer.Data[i].B64)); ok {
			resp.Images = append(resp.Images, made)
		}
	}
	if len(resp.Images) == 0 {
		return nil, c.noAnswer(model, "the response holds no image")
	}
	return resp, nil
}

// drawing writes the request. OpenAI's newer models always answer in base64, and
// refuse to be asked for it.
func (p *Provider) drawing(req *ai.Request, model string) imagesBody {
	body := imagesBody{Prompt: req.Prompt, Model: model}
	name, _ := baseModel(model)
	dallE := strings.HasPrefix(name, "dall-e")
	if dallE || p.links && !strings.Contains(name, "gpt-image") {
		body.ResponseFormat = openai.CreateImageResponseFormatB64JSON
	}
	if out := req.Output; out != nil {
		body.N = out.Count
		if out.Width > 0 {
			body.Size = fmt.Sprintf("%dx%d", out.Width, out.Height)
		}
		if !dallE {
			body.OutputFormat = strings.TrimPrefix(out.MediaType, "image/")
		}
	}
	return body
}

// Sizes of the models that make only a few
// (https://platform.openai.com/docs/api-reference/images/create).
var (
	sizesDallE2 = []image.Point{{256, 256}, {512, 512}, {1024, 1024}}
	sizesDallE3 = []image.Point{{1024, 1024}, {1792, 1024}, {1024, 1792}}
	sizesGPT1   = []image.Point{{1024, 1024}, {1536, 1024}, {1024, 1536}}
)

// drawable returns why the model cannot make such images, nil if it can as far
// as is known here.
func drawable(out *ai.ImageOutput, model string) error {
	if out == nil {
		return nil
	}
	var detail string
	dallE2, dallE3 := model == openai.CreateImageModelDallE2, model == openai.CreateImageModelDallE3
	switch {
	case (dallE2 || dallE3) && out.MediaType != "" && out.MediaType != "image/png":
		detail = "the model makes PNG images only"
	case dallE3 && out.Count > 1:
		detail = "the model makes one image a call"
	case out.Width > 0 && !makes(model, image.Pt(out.Width, out.Height)):
		detail = "the model makes no images of this size"
	default:
		return nil
	}
	return unsupported(detail)
}

// makes reports whether the model makes images of a size. gpt-image-2 and later
// make any with sides in multiples of 16, up to 3840 long and three times as
// long as the other, of 655,360 to 8,294,400 pixels
// (https://platform.openai.com/docs/guides/image-generation).
func makes(model string, size image.Point) bool {
	switch {
	case model == openai.CreateImageModelDallE2:
		return slices.Contains(sizesDallE2, size)
	case model == openai.CreateImageModelDallE3:
		return slices.Contains(sizesDallE3, size)
	case strings.HasPrefix(model, "gpt-image-1"):
		return slices.Contains(sizesGPT1, size)
	case strings.HasPrefix(model, "gpt-image-2"):
		long, short, pixels := max(size.X, size.Y), min(size.X, size.Y), size.X*size.Y
		return size.X%16 == 0 && size.Y%16 == 0 && long <= 3840 && long <= 3*short && pixels >= 655_360 && pixels <= 8_294_400
	}
	return true // the service knows
}

// unsized is an error of which the service said that the size was the cause.
func unsized(err error) error {
	if e, ok := err.(*ai.Error); ok && e.Code == ai.CodeInvalidRequest && e.Field == "" && e.Detail == refusedSize {
		e.Code, e.Detail = ai.CodeUnsupported, "the model makes no images of this size"
	}
	return err
}

// picture reads an image in base64, with or without the beginning of a data
// address before it.
func picture(encoded string) (ai.GeneratedImage, bool) {
	if strings.HasPrefix(encoded, "data:") {
		_, encoded, _ = strings.Cut(encoded, ",")
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	made := ai.GeneratedImage{Data: data, MediaType: ai.Image{Data: data}.Type()}
	if err != nil || made.MediaType == "" {
		return made, false
	}
	if made.MediaType == "image/webp" {
		made.Width, made.Height = webpSize(data)
	} else if config, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
		made.Width, made.Height = config.Width, config.Height
	}
	return made, true
}

// webpSize reads the size of an image in WebP, which the standard library does
// not know (RFC 9649); 0 if it cannot be read.
func webpSize(data []byte) (width, height int) {
	if len(data) < 30 {
		return 0, 0
	}
	uint24 := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
	switch chunk := data[20:]; string(data[12:16]) {
	case "VP8X":
		return uint24(chunk[4:]) + 1, uint24(chunk[7:]) + 1
	case "VP8L":
		if chunk[0] == 0x2f {
			bits := binary.LittleEndian.Uint32(chunk[1:])
			return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
		}
	case "VP8 ":
		if string(chunk[3:6]) == "\x9d\x01\x2a" {
			return int(binary.LittleEndian.Uint16(chunk[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(chunk[8:]) & 0x3fff)
		}
	}
	return 0, 0
}
