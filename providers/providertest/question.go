package providertest

import (
	"slices"

	"github.com/finbrain/ai"
)

// Names that the service gives in its answers.
const (
	servedModel = "served-model-1"
	requestID   = "req_0123456789abcdef"
)

// question is a request that the adapter can answer.
func (s *subject) question() *ai.Request {
	if s.harness.lacks(Texts) {
		return ai.Embedding("Net sales rose by 4 per cent. " + canary)
	}
	return ai.Text("What do net sales say? " + canary)
}

// reply is an answer to question.
func (s *subject) reply() Answer {
	if s.harness.lacks(Texts) {
		return vectors(1)
	}
	return text("Net sales rose.")
}

// refusal is a failure in place of an answer to question.
func (s *subject) refusal(code ai.Code) Answer {
	return Answer{Kind: s.question().ResolvedKind(), Code: code, Message: "The service says: " + canary, RequestID: requestID}
}

// text is a whole answer of the pieces.
func text(pieces ...string) Answer {
	return Answer{
		Kind: ai.KindText, Text: pieces, Finish: ai.FinishStop, Model: servedModel, RequestID: requestID,
		Usage: ai.Usage{InputTokens: 11, OutputTokens: 7, TotalTokens: 18},
	}
}

// vectors is a whole answer of n vectors of length 1, no two alike.
func vectors(n int) Answer {
	a := Answer{Kind: ai.KindEmbedding, Model: servedModel, RequestID: requestID}
	for i := range n {
		a.Embeddings = append(a.Embeddings, vector(i))
	}
	return a
}

// dimensions is the length of the vectors that the suite has the service send.
const dimensions = 8

// vector returns the i-th vector, of up to 56 different ones.
func vector(i int) []float32 {
	v := make([]float32, dimensions)
	v[i%dimensions] = 0.6
	v[(i%dimensions+1+i/dimensions%(dimensions-1))%dimensions] = 0.8
	return v
}

// png is the smallest of pictures: one pixel.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82")

// pdf is the beginning of a document.
var pdf = []byte("%PDF-1.7\n% an annual report\n%%EOF\n")

// compare sends two requests and reports if they were the same on the wire.
func (s *subject) compare(field string, plain, changed *ai.Request) {
	s.Helper()
	s.answer(plain)
	s.answer(changed)
	calls := s.service.received()
	if len(calls) != 2 {
		s.Fatalf("the service received %d calls for 2 requests", len(calls))
	}
	if slices.Equal(calls[0].body, calls[1].body) && calls[0].url == calls[1].url {
		s.Errorf("a request with %s is the same on the wire as one without: send it, or name it in Harness.Lacks", field)
	}
}
