package gemini

import (
	"path"
	"strings"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

// imagePart sends bytes along, and passes an address on: since January 2026
// the Gemini API fetches public and signed https addresses by itself
// (https://ai.google.dev/gemini-api/docs/file-input-methods). Models and
// addresses for which it does not are refused by the service, and that refusal
// is CodeUnsupported.
func imagePart(image ai.Image) *genai.Part {
	if image.URL != "" {
		return &genai.Part{FileData: &genai.FileData{FileURI: image.URL, MIMEType: addressType(image)}}
	}
	return &genai.Part{InlineData: &genai.Blob{Data: image.Data, MIMEType: image.Type()}}
}

// addressType is the image's type as given, else as its address ends, else
// empty: Gemini then finds out by itself.
func addressType(image ai.Image) string {
	if image.MediaType != "" {
		return image.MediaType
	}
	address, _, _ := strings.Cut(image.URL, "?")
	switch strings.ToLower(path.Ext(address)) {
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".gif":
		return "image/gif"
	case ".webp":
		return "image/webp"
	}
	return ""
}
