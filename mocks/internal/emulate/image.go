package emulate

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // a format that providers accept
	_ "image/jpeg" // a format that providers accept
	_ "image/png"  // a format that providers accept
	"strings"
)

// Image is a picture as it came: encoded, or only its address.
type Image struct {
	Data []byte
	URL  string
}

// ImageError says which image of a question cannot be read.
type ImageError struct {
	Index int
}

// Error names the image's position, counted from 1.
func (e *ImageError) Error() string { return fmt.Sprintf("image %d cannot be read", e.Index+1) }

var errImage = errors.New("not an image that can be read")

// maxPixels is the largest picture whose colours are looked at: decoded, it
// takes 8 bytes a pixel at most, 128 MiB.
const maxPixels = 16 << 20

// describe tells format, size, shape and main colours.
func (m Image) describe() (string, error) {
	switch {
	case m.URL != "":
		return "An image given by its address, which the emulation does not open.", nil
	case len(m.Data) >= 12 && string(m.Data[:4]) == "RIFF" && string(m.Data[8:12]) == "WEBP":
		return fmt.Sprintf("A WEBP image of %d bytes, a format the emulation does not decode.", len(m.Data)), nil
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(m.Data))
	if err != nil || config.Width < 1 || config.Height < 1 {
		return "", errImage
	}
	text := fmt.Sprintf("A %s image, %d × %d pixels, %s.", strings.ToUpper(format), config.Width, config.Height,
		orientation(config.Width, config.Height))
	if config.Width > maxPixels/config.Height {
		return text + " It is too large for the emulation to look at its colours.", nil
	}
	picture, _, err := image.Decode(bytes.NewReader(m.Data))
	if err != nil {
		return "", errImage
	}
	return text + " Main colours: " + mainColours(picture) + ".", nil
}

func orientation(width, height int) string {
	switch {
	case width > height:
		return "landscape"
	case width < height:
		return "portrait"
	default:
		return "square"
	}
}
