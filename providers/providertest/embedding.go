package providertest

import (
	"fmt"
	"math"
	"strings"

	"github.com/finbrain/ai"
)

func embeddingChecks() []check {
	needs := []Ability{Embeddings}
	checks := []check{
		{"EachInputGetsItsVectorInOrder", needs, "", inOrder},
		{"ManyInputsAreAllAnswered", needs, "", manyInputs},
		{"DimensionsAreAskedFor", []Ability{Embeddings, Dimensions}, "", func(s *subject) {
			s.answers(vectors(1))
			s.compare("Dimensions", &ai.Request{Inputs: []string{"x"}}, &ai.Request{Inputs: []string{"x"}, Dimensions: dimensions})
		}},
		{"TheSpaceIsNamed", needs, "", spaceNamed},
		{"NormalizedVectorsHaveLength1", needs, "", normalized},
		{"VectorsAreTheCallersOwn", needs, "", ownVectors},
	}
	for _, bad := range []struct {
		name    string
		vectors [][]float32
	}{
		{"NoVectors", nil},
		{"TooFewVectors", [][]float32{vector(0)}},
		{"TooManyVectors", [][]float32{vector(0), vector(1), vector(2)}},
		{"AnEmptyVector", [][]float32{vector(0), {}}},
		{"VectorsOfDifferentLengths", [][]float32{vector(0), vector(1)[:dimensions-1]}},
		{"AVectorOfZeros", [][]float32{vector(0), make([]float32, dimensions)}},
	} {
		verb := "Are"
		if strings.HasPrefix(bad.name, "A") {
			verb = "Is"
		}
		checks = append(checks, check{bad.name + verb + "ABadResponse", needs, "", func(s *subject) {
			a := vectors(2)
			a.Embeddings = bad.vectors
			s.answers(a)
			s.fail(ai.Embedding("x", "y"), ai.CodeBadResponse)
		}})
	}
	return checks
}

func inOrder(s *subject) {
	s.answers(vectors(3))
	req := ai.Embedding("input-a", "input-b", "input-c")
	r := s.answer(req)
	s.wantVectors(r, 3, func(i int) int { return i })
	c := s.sent()
	for _, input := range req.Inputs {
		if !c.shows(input) {
			s.Errorf("the call does not hold the input %q", input)
		}
	}
}

// wantVectors checks that the i-th vector points where that of number(i) does.
func (s *subject) wantVectors(r *ai.Response, n int, number func(int) int) {
	s.Helper()
	if len(r.Embeddings) != n {
		s.Fatalf("there are %d Embeddings for %d inputs", len(r.Embeddings), n)
	}
	for i, got := range r.Embeddings {
		want := vector(number(i))
		if len(got) != len(want) {
			s.Fatalf("Embeddings[%d] has %d numbers, want %d", i, len(got), len(want))
		}
		for k := range got {
			if math.Abs(float64(got[k]-want[k])) > 1e-5 {
				s.Fatalf("Embeddings[%d] is %v, want %v: vectors stand in the order of Inputs, whatever order the service sends",
					i, got, want)
			}
		}
	}
}

// manyInputs asks for more than a service embeds in one call.
func manyInputs(s *subject) {
	const count = 2500
	inputs := make([]string, count)
	for i := range inputs {
		inputs[i] = fmt.Sprintf("input-%05d.", i)
	}
	s.service.play(func(st *stage) {
		a := vectors(0)
		said := st.call.said()
		for i, input := range inputs {
			if strings.Contains(said, input) {
				a.Embeddings = append(a.Embeddings, vector(i))
			}
		}
		st.send(s.write(st, a))
	})
	s.wantVectors(s.answer(&ai.Request{Inputs: inputs}), count, func(i int) int { return i })
}

func spaceNamed(s *subject) {
	s.answers(vectors(2))
	space := s.answer(ai.Embedding("x", "y")).Space
	if space.Vendor == "" || space.Model == "" || space.Dimensions != dimensions {
		s.Errorf("Space is %+v, want a Vendor, a Model and %d Dimensions: vectors of unknown spaces cannot be compared",
			space, dimensions)
	}
}

func normalized(s *subject) {
	a := vectors(1)
	for i := range a.Embeddings[0] {
		a.Embeddings[0][i] *= 3
	}
	s.answers(a)
	r := s.answer(ai.Embedding("x"))
	if !r.Space.Normalized {
		return
	}
	var sum float64
	for _, x := range r.Embeddings[0] {
		sum += float64(x) * float64(x)
	}
	if math.Abs(sum-1) > 1e-3 {
		s.Errorf("Space.Normalized is true and a vector has length %.3f: scale it to 1, or say false", math.Sqrt(sum))
	}
}

func ownVectors(s *subject) {
	s.answers(vectors(2))
	first := s.answer(ai.Embedding("x", "y"))
	for _, v := range first.Embeddings {
		clear(v)
	}
	s.wantVectors(s.answer(ai.Embedding("x", "y")), 2, func(i int) int { return i })
}
