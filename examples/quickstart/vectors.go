package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/finbrain/ai"
)

const (
	nameWidth  = 30 // of an input in front of its vector
	cellWidth  = 6  // of a number in a table
	components = 4  // of each vector that are shown
)

// vectors prints how each vector begins and how near they are to each other.
// what says what was embedded.
func (s *screen) vectors(what string, inputs []input, resp *ai.Response) {
	s.line()
	s.text(bold, "", what+" as vectors of "+count(resp.Space.Dimensions, "number"))
	s.text(dim, "", "Each begins, zeros left out:")
	s.line()
	width := 0
	for _, in := range inputs {
		width = max(width, len([]rune(shorten(in.name, nameWidth))))
	}
	for i, v := range resp.Embeddings {
		s.line(fmt.Sprintf("  %2d  %-*s  ", i+1, width, shorten(inputs[i].name, nameWidth)), s.in(dim, beginning(v)))
	}
	s.line()
	if n := len(resp.Embeddings); n > 1 {
		near := similarities(resp.Embeddings)
		if 6+n*cellWidth <= s.width {
			s.matrix(near)
		} else {
			s.neighbours(inputs, near)
		}
		a, b := closest(near)
		s.line()
		s.text(plain, "  ", fmt.Sprintf("Nearest to each other: %s and %s (%.2f).", inputs[a].name, inputs[b].name, near[a][b]))
		s.line()
	}
	s.field("space", plain, resp.Space.String())
	s.provenance(resp)
}

// beginning returns the first components that are not 0: the vectors of an
// emulation are mostly zeros.
func beginning(v []float32) string {
	var shown []string
	for _, x := range v {
		if x != 0 && len(shown) < components {
			shown = append(shown, fmt.Sprintf("%+.4f", x))
		}
	}
	return strings.Join(shown, " ") + " …"
}

// matrix prints every cosine similarity.
func (s *screen) matrix(near [][]float64) {
	s.text(dim, "  ", "Cosine similarity: 1 is the same direction, 0 has nothing in common.")
	a, b := closest(near)
	head := "    "
	for i := range near {
		head += fmt.Sprintf("%*d", cellWidth, i+1)
	}
	s.line(s.in(dim, head))
	for i, row := range near {
		line := s.in(dim, fmt.Sprintf("  %2d", i+1))
		for j, x := range row {
			look := plain
			switch {
			case i == j:
				look = dim
			case i == a && j == b, i == b && j == a:
				look = green
			}
			line += s.in(look, fmt.Sprintf("%*.2f", cellWidth, x))
		}
		s.line(line)
	}
}

// neighbours prints, for more vectors than a matrix has room for, the nearest
// other of each.
func (s *screen) neighbours(inputs []input, near [][]float64) {
	s.text(dim, "  ", "The nearest other of each, by cosine similarity:")
	for i := range near {
		j := nearest(near, i)
		s.line(fmt.Sprintf("  %2d  %*.2f  %2d  %s", i+1, cellWidth, near[i][j], j+1, shorten(inputs[j].name, nameWidth)))
	}
}

// similarities returns the cosine of every two vectors.
func similarities(vectors [][]float32) [][]float64 {
	near := make([][]float64, len(vectors))
	for i, a := range vectors {
		near[i] = make([]float64, len(vectors))
		for j, b := range vectors {
			near[i][j] = cosine(a, b)
		}
	}
	return near
}

// cosine returns 0 for vectors of different lengths and for null vectors.
func cosine(a, b []float32) float64 {
	if len(a) != len(b) {
		return 0
	}
	var product, squareA, squareB float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		product += x * y
		squareA += x * x
		squareB += y * y
	}
	if squareA == 0 || squareB == 0 {
		return 0
	}
	return product / math.Sqrt(squareA*squareB)
}

// nearest returns the other vector nearest to vector i, of at least two.
func nearest(near [][]float64, i int) int {
	best := -1
	for j, x := range near[i] {
		if j != i && (best < 0 || x > near[i][best]) {
			best = j
		}
	}
	return best
}

// closest returns the two vectors nearest to each other, of at least two.
func closest(near [][]float64) (a, b int) {
	b = nearest(near, a)
	for i := range near {
		if j := nearest(near, i); near[i][j] > near[a][b] {
			a, b = i, j
		}
	}
	return a, b
}
