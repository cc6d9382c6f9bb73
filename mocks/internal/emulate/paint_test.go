package emulate

import (
	"bytes"
	"encoding/hex"
	"image"
	"net/http"
	"testing"
)

func TestAPaintedImageIsWhatWasAskedFor(t *testing.T) {
	for mediaType, format := range map[string]string{"image/png": "png", "image/jpeg": "jpeg", "": "png"} {
		data := Paint("a covenant", 0, 40, 30, mediaType)
		config, got, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || got != format || config.Width != 40 || config.Height != 30 {
			t.Errorf("%s: %s %d × %d, %v", mediaType, got, config.Width, config.Height, err)
		}
	}
	if !bytes.Equal(Paint("a", 0, 8, 8, ""), Paint("a", 0, 8, 8, "")) {
		t.Error("not the same again")
	}
	if bytes.Equal(Paint("a", 0, 8, 8, ""), Paint("a", 1, 8, 8, "")) || bytes.Equal(Paint("a", 0, 8, 8, ""), Paint("b", 0, 8, 8, "")) {
		t.Error("the same for another prompt or number")
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(Paint("a", 0, 0, 1<<20, "")))
	if err != nil || config.Width != Side || config.Height != maxSide {
		t.Errorf("%d × %d, %v", config.Width, config.Height, err)
	}
}

// golang.org/x/image/webp decodes such an image to one colour; it is no
// dependency of this module.
func TestAPaintedWebPHasItsSizeInItsHeader(t *testing.T) {
	data := Paint("a", 0, 40, 30, "image/webp")
	if http.DetectContentType(data) != "image/webp" || int(data[4])+8 != len(data) || int(data[16])+20 != len(data) {
		t.Errorf("%s", hex.EncodeToString(data))
	}
	if data[20] != 0x2f || data[21] != 39 || data[22]&0x3f != 0 || int(data[22])>>6|int(data[23])<<2&0x3fff != 29 {
		t.Errorf("%s", hex.EncodeToString(data))
	}
}
