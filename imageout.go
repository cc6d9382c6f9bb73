package ai

// ImageOutput says what images a request for image generation wants. Zero
// fields are the provider's default.
type ImageOutput struct {
	// Width and Height in pixels, both or neither. A provider that has no such
	// size answers CodeUnsupported.
	Width, Height int
	// MediaType is "image/png", "image/jpeg" or "image/webp".
	MediaType string
	// Count is how many images to make, at most MaxImageOutputs; 0 is one.
	Count int
}

// MaxImageOutputs is the most images that one request may ask for.
const MaxImageOutputs = 10

// GeneratedImage is an image that a provider made.
type GeneratedImage struct {
	// Data is the encoded image.
	Data []byte `json:"data"`
	// MediaType is what Data is: "image/png".
	MediaType string `json:"media_type"`
	// Width and Height in pixels, as Data says itself; 0 if it cannot be read.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
}

func (o *ImageOutput) validate(field string) error {
	switch {
	case o == nil:
		return nil
	case o.Width < 0 || o.Width > 1<<16:
		return invalid(field+".Width", "is not from 0 to 65536")
	case o.Height < 0 || o.Height > 1<<16:
		return invalid(field+".Height", "is not from 0 to 65536")
	case (o.Width == 0) != (o.Height == 0):
		return invalid(field+".Height", "and Width must be given together")
	case o.Count < 0 || o.Count > MaxImageOutputs:
		return invalid(field+".Count", "is not from 0 to 10")
	}
	switch o.MediaType {
	case "", "image/png", "image/jpeg", "image/webp":
		return nil
	}
	return invalid(field+".MediaType", "is not image/png, image/jpeg or image/webp")
}
