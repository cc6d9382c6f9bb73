package emulate

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"
)

const (
	// sampleGrid is how many rows and columns of a picture are looked at.
	sampleGrid = 256
	// maxColours are named, as far as each has its smallest share, in percent.
	maxColours = 5
	minShare   = 1.0
)

// shade is what the samples of one colour name add up to.
type shade struct {
	name    string
	count   int
	r, g, b int // sums of 8-bit values
}

// mainColours names the colours that cover most of the picture, with the
// average shade and the share of each.
func mainColours(picture image.Image) string {
	shades := map[string]*shade{}
	total := 0
	bounds := picture.Bounds()
	across, down := min(bounds.Dx(), sampleGrid), min(bounds.Dy(), sampleGrid)
	for row := range down {
		for column := range across {
			x := bounds.Min.X + (2*column+1)*bounds.Dx()/(2*across)
			y := bounds.Min.Y + (2*row+1)*bounds.Dy()/(2*down)
			c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			name := colourName(c)
			s := shades[name]
			if s == nil {
				s = &shade{name: name}
				shades[name] = s
			}
			s.count++
			s.r, s.g, s.b = s.r+int(c.R), s.g+int(c.G), s.b+int(c.B)
			total++
		}
	}
	sorted := make([]*shade, 0, len(shades))
	for _, s := range shades {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, func(a, b *shade) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.name, b.name))
	})
	var parts []string
	for i, s := range sorted {
		share := 100 * float64(s.count) / float64(total)
		if i > 0 && (i == maxColours || share < minShare) {
			break
		}
		parts = append(parts, fmt.Sprintf("%s %.0f %%", s, share))
	}
	return strings.Join(parts, ", ")
}

// String returns the name with the average shade: "blue (#2a5bd7)".
func (s *shade) String() string {
	if s.name == transparent {
		return s.name
	}
	return fmt.Sprintf("%s (#%02x%02x%02x)", s.name, s.r/s.count, s.g/s.count, s.b/s.count)
}

const transparent = "transparent"

// colourName gives a colour its everyday name, by hue where there is enough
// colour in it, else by lightness.
func colourName(c color.NRGBA) string {
	if c.A < 64 {
		return transparent
	}
	hue, saturation, lightness := hsl(c)
	switch {
	case lightness < 0.12:
		return "black"
	case lightness > 0.93:
		return "white"
	case saturation < 0.15:
		return "grey"
	}
	switch {
	case hue < 15 || hue >= 345:
		return "red"
	case hue < 45:
		if lightness < 0.4 {
			return "brown"
		}
		return "orange"
	case hue < 70:
		return "yellow"
	case hue < 165:
		return "green"
	case hue < 200:
		return "cyan"
	case hue < 260:
		return "blue"
	case hue < 295:
		return "purple"
	default:
		return "pink"
	}
}

// hsl returns the hue in degrees, and saturation and lightness from 0 to 1.
func hsl(c color.NRGBA) (hue, saturation, lightness float64) {
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	top, bottom := max(r, g, b), min(r, g, b)
	lightness = (top + bottom) / 2
	span := top - bottom
	if span == 0 {
		return 0, 0, lightness
	}
	saturation = span / (1 - max(2*lightness-1, 1-2*lightness))
	switch top {
	case r:
		hue = (g - b) / span
	case g:
		hue = 2 + (b-r)/span
	default:
		hue = 4 + (r-g)/span
	}
	if hue *= 60; hue < 0 {
		hue += 360
	}
	return hue, saturation, lightness
}
