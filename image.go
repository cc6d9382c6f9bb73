package ai

import (
	"bytes"
	"net/url"
)

// MaxImageBytes is the largest image accepted as bytes: 20 MiB, what both
// OpenAI and Gemini take in one request.
const MaxImageBytes = 20 << 20

// Image is a picture, either as bytes or by URL.
type Image struct {
	// Data is the encoded image, at most MaxImageBytes.
	Data []byte
	// URL is where the provider finds the image (http or https). This SDK never
	// fetches it: it is passed on, and a provider that cannot fetch answers
	// CodeUnsupported.
	URL string
	// MediaType is "image/png", "image/jpeg", "image/gif" or "image/webp".
	// Empty is recognised from Data; for a URL it may stay empty.
	MediaType string
	// Immutable says that URL will always show this very image. Only then are
	// answers about it cached.
	Immutable bool
}

// ImageBytes returns an image given by its encoded bytes.
func ImageBytes(data []byte) Image { return Image{Data: data} }

// ImageURL returns an image given by its address.
func ImageURL(address string) Image { return Image{URL: address} }

// Type returns MediaType or, when that is empty, the type recognised from the
// first bytes of Data; it is empty when neither is known.
func (m Image) Type() string {
	if m.MediaType != "" {
		return m.MediaType
	}
	return sniffImage(m.Data)
}

func sniffImage(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return "image/gif"
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return "image/webp"
	}
	return ""
}

// check returns the name of the wrong field within the image and what is wrong.
func (m Image) check() (code Code, field, detail string) {
	if code, field, detail = checkPlace(m.Data, m.URL); code != "" {
		return code, field, detail
	}
	if len(m.Data) > MaxImageBytes {
		return CodeTooLarge, ".Data", "is over the limit of 20 MiB"
	}
	switch m.Type() {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return "", "", ""
	case "":
		if m.URL != "" {
			return "", "", ""
		}
		return CodeInvalidRequest, ".Data", "is no PNG, JPEG, GIF or WebP image"
	default:
		return CodeInvalidRequest, ".MediaType", "is not image/png, image/jpeg, image/gif or image/webp"
	}
}

// checkPlace checks that an input lies in one place: in data, or at an address
// that a provider can fetch from.
func checkPlace(data []byte, address string) (code Code, field, detail string) {
	switch {
	case len(data) > 0 && address != "":
		return CodeInvalidRequest, ".URL", "must be empty when Data is given"
	case address != "":
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return CodeInvalidRequest, ".URL", "is not an http or https address"
		}
	case len(data) == 0:
		return CodeInvalidRequest, ".Data", "is empty, and so is URL"
	}
	return "", "", ""
}
