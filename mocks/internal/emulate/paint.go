package emulate

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// Side is the width and height of a painted image when nobody says.
const Side = 64

// maxSide bounds a painted image, which takes a byte a pixel to make.
const maxSide = 4096

// Paint returns an image of one colour, which depends on the prompt and the
// number. The media type is image/png, image/jpeg or image/webp; any other is
// taken for the first. A width or height of 0 is Side.
func Paint(prompt string, number, width, height int, mediaType string) []byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(prompt))
	_, _ = h.Write([]byte{0, byte(number)})
	sum := h.Sum32()
	c := color.RGBA{R: byte(sum), G: byte(sum >> 8), B: byte(sum >> 16), A: 255}
	width, height = side(width), side(height)
	if mediaType == "image/webp" {
		return webp(c, width, height)
	}
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{c})
	var b bytes.Buffer
	var err error
	if mediaType == "image/jpeg" {
		err = jpeg.Encode(&b, m, nil)
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m)
	}
	if err != nil {
		panic("emulate: a painted image cannot be encoded: " + err.Error())
	}
	return b.Bytes()
}

func side(n int) int {
	if n <= 0 {
		return Side
	}
	return min(n, maxSide)
}

// webp encodes an image of one colour without loss: each of its five prefix
// codes has a single symbol, so that no pixel takes a bit
// (https://www.rfc-editor.org/rfc/rfc9649, section 3).
func webp(c color.RGBA, width, height int) []byte {
	var b bitWriter
	b.write(uint64(width-1), 14)
	b.write(uint64(height-1), 14)
	b.write(0, 1) // no alpha
	b.write(0, 3) // version
	b.write(0, 1) // no transform
	b.write(0, 1) // no colour cache
	b.write(0, 1) // no meta prefix codes
	for _, symbol := range [...]byte{c.G, c.R, c.B, 255, 0} {
		b.write(1, 1) // a simple code
		b.write(0, 1) // of one symbol
		b.write(1, 1) // of 8 bits
		b.write(uint64(symbol), 8)
	}
	stream := append([]byte{0x2f}, b.data...)
	if len(stream)%2 == 1 {
		stream = append(stream, 0)
	}
	out := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[4:], uint32(12+len(stream)))
	out = append(out, "WEBPVP8L"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(stream)))
	return append(out, stream...)
}

// bitWriter packs bits, the lowest first.
type bitWriter struct {
	data []byte
	bits int
}

func (w *bitWriter) write(value uint64, bits int) {
	for i := range bits {
		if w.bits%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.bits/8] |= byte(value>>i&1) << (w.bits % 8)
		w.bits++
	}
}
