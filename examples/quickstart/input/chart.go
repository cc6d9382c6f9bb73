//go:build ignore

// This program draws chart.png: Tarnbrook's leverage by half-year, and its
// limit. The figures are those of filing.txt.
package main

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"log"
	"os"
	"strings"
)

const (
	width, height = 640, 360
	left, bottom  = 70, 310
	perTurn       = 68 // pixels for a ratio of 1.0
)

var (
	paper = color.RGBA{0xff, 0xff, 0xff, 0xff}
	grid  = color.RGBA{0xdd, 0xdd, 0xdd, 0xff}
	ink   = color.RGBA{0x33, 0x33, 0x33, 0xff}
	bar   = color.RGBA{0x2b, 0x6c, 0xb0, 0xff}
	limit = color.RGBA{0xd0, 0x2f, 0x2f, 0xff}
)

// glyphs are the few characters needed, five dots wide, a row per line.
var glyphs = map[rune]string{
	'0': ".###. #...# #...# #...# #...# #...# .###.",
	'1': "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
	'2': ".###. #...# ....# ...#. ..#.. .#... #####",
	'3': "####. ....# ....# .###. ....# ....# ####.",
	'4': "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
	'5': "##### #.... ####. ....# ....# #...# .###.",
	'6': ".###. #.... #.... ####. #...# #...# .###.",
	'7': "##### ....# ...#. ..#.. ..#.. .#... .#...",
	'8': ".###. #...# #...# .###. #...# #...# .###.",
	'A': ".###. #...# #...# ##### #...# #...# #...#",
	'B': "####. #...# #...# ####. #...# #...# ####.",
	'D': "####. #...# #...# #...# #...# #...# ####.",
	'E': "##### #.... #.... ####. #.... #.... #####",
	'H': "#...# #...# #...# ##### #...# #...# #...#",
	'I': ".###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.",
	'L': "#.... #.... #.... #.... #.... #.... #####",
	'M': "#...# ##.## #.#.# #...# #...# #...# #...#",
	'N': "#...# ##..# #.#.# #..## #...# #...# #...#",
	'T': "##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..",
	'/': "....# ....# ...#. ..#.. .#... #.... #....",
	'x': "..... ..... #...# .#.#. ..#.. .#.#. #...#",
	'.': "..... ..... ..... ..... ..... .##.. .##..",
}

func write(m draw.Image, x, y int, text string, c color.Color) {
	const dot = 2
	for _, r := range text {
		for row, dots := range strings.Fields(glyphs[r]) {
			for column, d := range dots {
				if d == '#' {
					fill(m, x+column*dot, y+row*dot, dot, dot, c)
				}
			}
		}
		x += 6 * dot
	}
}

func fill(m draw.Image, x, y, w, h int, c color.Color) {
	draw.Draw(m, image.Rect(x, y, x+w, y+h), image.NewUniform(c), image.Point{}, draw.Src)
}

func main() {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{paper, grid, ink, bar, limit})
	write(m, left, 16, "NET DEBT / EBITDA", ink)
	for turn, label := range []string{"0.0x", "1.0x", "2.0x", "3.0x"} {
		y := bottom - turn*perTurn
		fill(m, left, y, width-left-20, 1, grid)
		write(m, 12, y-7, label, ink)
	}
	for i, half := range []struct {
		name, label string
		tenths      int
	}{{"H1 25", "2.3x", 23}, {"H2 25", "2.6x", 26}, {"H1 26", "2.8x", 28}, {"H2 26", "3.0x", 30}, {"H1 27", "3.3x", 33}} {
		x, h := left+24+i*104, half.tenths*perTurn/10
		fill(m, x, bottom-h, 64, h, bar)
		write(m, x+10, bottom-h+10, half.label, paper)
		write(m, x+4, bottom+14, half.name, ink)
	}
	fill(m, left, bottom, width-left-20, 2, ink)
	fill(m, left, bottom-35*perTurn/10, width-left-20, 3, limit)
	write(m, width-140, bottom-35*perTurn/10-20, "LIMIT 3.5x", limit)

	f, err := os.Create("chart.png")
	if err != nil {
		log.Fatal(err)
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, m); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}
