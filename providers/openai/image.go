package openai

import (
	"encoding/base64"

	"github.com/finbrain/ai"
)

// imageURL returns the address the service shall look at: the caller's own, or
// one that holds the image itself.
func imageURL(image ai.Image) string {
	if image.URL != "" {
		return image.URL
	}
	return dataURL(image.Type(), image.Data)
}

// dataURL returns an address that holds the data itself (RFC 2397).
func dataURL(mediaType string, data []byte) string {
	const scheme, encoding = "data:", ";base64,"
	b := make([]byte, 0, len(scheme)+len(mediaType)+len(encoding)+base64.StdEncoding.EncodedLen(len(data)))
	b = append(append(append(b, scheme...), mediaType...), encoding...)
	return string(base64.StdEncoding.AppendEncode(b, data))
}
