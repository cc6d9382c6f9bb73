package openai

import (
	"encoding/base64"
	"strings"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
)

// parts puts the text that asks about the images before them, the order of
// OpenAI's own examples.
func (p *Provider) parts(text string, images []ai.Image) []openai.ChatMessagePart {
	list := make([]openai.ChatMessagePart, 0, len(images)+1)
	if text != "" {
		list = append(list, openai.ChatMessagePart{Type: openai.ChatMessagePartTypeText, Text: text})
	}
	for _, image := range images {
		list = append(list, openai.ChatMessagePart{
			Type:     openai.ChatMessagePartTypeImageURL,
			ImageURL: &openai.ChatMessageImageURL{URL: imageURL(image), Detail: p.detail},
		})
	}
	return list
}

// imageURL returns the address the service shall look at: the caller's own, or
// one that holds the image itself (RFC 2397).
func imageURL(image ai.Image) string {
	if image.URL != "" {
		return image.URL
	}
	const scheme, encoding = "data:", ";base64,"
	kind := image.Type()
	var b strings.Builder
	b.Grow(len(scheme) + len(kind) + len(encoding) + base64.StdEncoding.EncodedLen(len(image.Data)))
	b.WriteString(scheme)
	b.WriteString(kind)
	b.WriteString(encoding)
	e := base64.NewEncoder(base64.StdEncoding, &b)
	_, _ = e.Write(image.Data) // a strings.Builder takes everything
	_ = e.Close()
	return b.String()
}
