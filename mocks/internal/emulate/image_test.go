package emulate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// paint makes a picture of vertical stripes, one per colour, each as wide as
// its share of the width.
func paint(width, height int, colours map[color.NRGBA]int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	keys := make([]color.NRGBA, 0, len(colours))
	for c := range colours {
		keys = append(keys, c)
	}
	slices.SortFunc(keys, func(a, b color.NRGBA) int { return colours[a] - colours[b] })
	x := 0
	for _, c := range keys {
		for range colours[c] {
			for y := range height {
				m.SetNRGBA(x, y, c)
			}
			x++
		}
	}
	return m
}

func encode(t *testing.T, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "PNG":
		err = png.Encode(&b, m)
	case "JPEG":
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 95})
	case "GIF":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnImageIsDescribedAsItIs(t *testing.T) {
	red, blue, white := color.NRGBA{200, 20, 20, 255}, color.NRGBA{20, 40, 200, 255}, color.NRGBA{255, 255, 255, 255}
	picture := paint(100, 40, map[color.NRGBA]int{red: 20, blue: 30, white: 50})
	for _, format := range []string{"PNG", "JPEG", "GIF"} {
		got, err := Image{Data: encode(t, format, picture)}.describe()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got, "A "+format+" image, 100 × 40 pixels, landscape. Main colours: white (#f") {
			t.Errorf("%s: %s", format, got)
		}
		w, b, r := strings.Index(got, "white"), strings.Index(got, "blue"), strings.Index(got, "red")
		if !(0 < w && w < b && b < r) {
			t.Errorf("%s: colours are not in the order of their shares: %s", format, got)
		}
	}
	got, err := Image{Data: encode(t, "PNG", picture)}.describe()
	if want := "white (#ffffff) 50 %, blue (#1428c8) 30 %, red (#c81414) 20 %."; err != nil || !strings.HasSuffix(got, want) {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

func TestColoursHaveTheirEverydayNames(t *testing.T) {
	for name, c := range map[string]color.NRGBA{
		"black": {10, 10, 12, 255}, "white": {250, 250, 250, 255}, "grey": {128, 128, 130, 255},
		"red": {220, 30, 30, 255}, "orange": {240, 140, 20, 255}, "brown": {110, 60, 20, 255},
		"yellow": {240, 230, 40, 255}, "green": {30, 160, 60, 255}, "cyan": {20, 190, 210, 255},
		"blue": {30, 80, 220, 255}, "purple": {130, 40, 200, 255}, "pink": {240, 90, 190, 255},
		transparent: {200, 10, 10, 0},
	} {
		if got := colourName(c); got != name {
			t.Errorf("%v is called %s, want %s", c, got, name)
		}
	}
}

func TestAnUnreadableImageIsAnError(t *testing.T) {
	whole := encode(t, "PNG", paint(10, 10, map[color.NRGBA]int{{1, 2, 3, 255}: 10}))
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "head only": whole[:20], "cut": whole[:len(whole)-20],
	} {
		q := Question{Images: []Image{{URL: "https://example.com"}, {Data: data}}}
		_, err := q.Answer()
		var e *ImageError
		if !errors.As(err, &e) || e.Index != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hugePNG claims a size without holding the pixels.
func hugePNG(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	chunk = append(chunk, 8, 6, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(chunk)-4))
	b = append(b, chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

func TestAHugeImageIsNotDecoded(t *testing.T) {
	got, err := Image{Data: hugePNG(60000, 60000)}.describe()
	if err != nil || !strings.Contains(got, "60000 × 60000 pixels, square. It is too large") {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWhatIsNotDecodedIsSaid(t *testing.T) {
	got, err := Image{URL: "https://example.com/secret"}.describe()
	if err != nil || !strings.Contains(got, "does not open") || strings.Contains(got, "secret") {
		t.Errorf("%s, %v", got, err)
	}
	got, err = Image{Data: []byte("RIFF\x10\x00\x00\x00WEBPVP8 ")}.describe()
	if err != nil || !strings.Contains(got, "WEBP image of 16 bytes") {
		t.Errorf("%s, %v", got, err)
	}
}

func FuzzImage(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add(hugePNG(3, 70000))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := Image{Data: data}.describe()
		if (text == "") == (err == nil) {
			t.Errorf("%q, %v", text, err)
		}
	})
}
