package gemini

import (
	"bytes"
	"context"
	"image"
	_ "image/jpeg" // what the models make
	_ "image/png"
	"slices"
	"strings"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

// draw answers a request for image generation.
func (p *Provider) draw(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	answer, _, exchange, err := ask(ctx, model, watched{keep: itsEnd}, func(ctx context.Context) (*genai.GenerateContentResponse, error) {
		return p.client.Models.GenerateContent(ctx, model, genai.Text(req.Prompt), drawing(req.Output, model))
	})
	if err != nil {
		return nil, err
	}
	r := reading{req: req, asked: model}
	_, _, problem := r.take(answer, nil)
	images := pictures(answer)
	r.text = len(images) > 0 // what counts as an answer here
	var resp *ai.Response
	if problem == nil {
		resp, problem = r.end(exchange)
	}
	switch {
	case problem != nil && problem.Code == ai.CodeBadResponse && r.begun:
		problem = &ai.Error{Code: ai.CodeModelFailed, Detail: "the model made no image"}
	case problem == nil:
		resp.Images = images
		return resp, nil
	}
	return nil, r.locate(problem, exchange)
}

// drawing is the configuration of a call for an image.
func drawing(out *ai.ImageOutput, model string) *genai.GenerateContentConfig {
	config := &genai.GenerateContentConfig{
		AutomaticContinuation: new(false),
		ResponseModalities:    []string{string(genai.ModalityImage)},
	}
	if out != nil && out.Width > 0 {
		config.ImageConfig = format(out.Width, out.Height, model)
	}
	return config
}

// drawable returns why the model cannot make such images, nil if it can. Imagen
// models were shut down in August 2026. The API makes one image a call and has
// no choice of its type
// (https://ai.google.dev/gemini-api/docs/image-generation).
func drawable(out *ai.ImageOutput, model string) *ai.Error {
	switch {
	case strings.HasPrefix(model, "imagen"):
		return unsupported("Imagen models are no longer served")
	case out == nil:
		return nil
	case out.Count > 1:
		return unsupported("one image can be made in a call")
	case out.MediaType != "":
		return unsupported("the type of the image cannot be chosen")
	case out.Width > 0 && format(out.Width, out.Height, model) == nil:
		return unsupported("the model makes no images of this size")
	}
	return nil
}

// size is one that a model makes.
type size struct {
	ratio         string
	width, height int
}

// The sizes of Gemini 2.5, and of Gemini 3 and later at "1K", which also make
// them twice and four times as wide and high
// (https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios_and_image_size).
var (
	sizes25 = []size{
		{"1:1", 1024, 1024}, {"2:3", 832, 1248}, {"3:2", 1248, 832}, {"3:4", 864, 1184}, {"4:3", 1184, 864},
		{"4:5", 896, 1152}, {"5:4", 1152, 896}, {"9:16", 768, 1344}, {"16:9", 1344, 768}, {"21:9", 1536, 672},
	}
	sizes3 = []size{
		{"1:1", 1024, 1024}, {"2:3", 848, 1264}, {"3:2", 1264, 848}, {"3:4", 896, 1200}, {"4:3", 1200, 896},
		{"4:5", 928, 1152}, {"5:4", 1152, 928}, {"9:16", 768, 1376}, {"16:9", 1376, 768}, {"21:9", 1584, 672},
	}
)

// format is how a size is asked for, nil if the model does not make it.
func format(width, height int, model string) *genai.ImageConfig {
	if generationOf(model) < gemini3 {
		if i := slices.IndexFunc(sizes25, func(s size) bool { return s.width == width && s.height == height }); i >= 0 {
			return &genai.ImageConfig{AspectRatio: sizes25[i].ratio}
		}
		return nil
	}
	for _, scale := range []struct {
		name  string
		times int
	}{{"1K", 1}, {"2K", 2}, {"4K", 4}} {
		i := slices.IndexFunc(sizes3, func(s size) bool { return s.width*scale.times == width && s.height*scale.times == height })
		if i >= 0 {
			return &genai.ImageConfig{AspectRatio: sizes3[i].ratio, ImageSize: scale.name}
		}
	}
	return nil
}

// pictures are the images of an answer, without those that the model drew
// while it thought.
func pictures(answer *genai.GenerateContentResponse) []ai.GeneratedImage {
	if len(answer.Candidates) == 0 || answer.Candidates[0] == nil || answer.Candidates[0].Content == nil {
		return nil
	}
	var list []ai.GeneratedImage
	for _, part := range answer.Candidates[0].Content.Parts {
		if part == nil || part.Thought || part.InlineData == nil || len(part.InlineData.Data) == 0 {
			continue
		}
		made := ai.GeneratedImage{Data: part.InlineData.Data}
		made.MediaType = ai.Image{Data: made.Data}.Type()
		if made.MediaType == "" {
			continue
		}
		if config, _, err := image.DecodeConfig(bytes.NewReader(made.Data)); err == nil {
			made.Width, made.Height = config.Width, config.Height
		}
		list = append(list, made)
	}
	return list
}
