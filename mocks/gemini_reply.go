package mocks

import (
	"encoding/base64"
	"math"
	"net/http"

	"github.com/finbrain/ai"
)

const googleJSON = "application/json; charset=UTF-8"

type geminiAnswer struct {
	Candidates     []geminiCandidate `json:"candidates,omitempty"`
	PromptFeedback *geminiFeedback   `json:"promptFeedback,omitempty"`
	Usage          geminiUsage       `json:"usageMetadata"`
	ModelVersion   string            `json:"modelVersion"`
	ResponseID     string            `json:"responseId"`
}

type geminiCandidate struct {
	Content      geminiContent `json:"content,omitzero"`
	FinishReason string        `json:"finishReason,omitempty"`
	Index        int           `json:"index"`
}

type geminiFeedback struct {
	BlockReason string `json:"blockReason"`
}

type geminiUsage struct {
	Prompt     int `json:"promptTokenCount"`
	Cached     int `json:"cachedContentTokenCount,omitempty"`
	Candidates int `json:"candidatesTokenCount,omitempty"`
	Thoughts   int `json:"thoughtsTokenCount,omitempty"`
	Total      int `json:"totalTokenCount"`
}

func (w gemini) answer(q question) (reply, *problem) {
	if q.kind == ai.KindEmbedding {
		return w.vectors(q), nil
	}
	a, err := q.respond()
	if err != nil {
		return reply{}, wrong("", err.Error()+".")
	}
	return w.write(q, a), nil
}

// write writes an answer as the method that was called does. Each chunk of a
// stream is an answer; the last one has the finish reason. Calls and images
// are never cut.
func (w gemini) write(q question, a said) reply {
	parts := partsOf(a)
	if !q.stream {
		return marshal(http.StatusOK, googleJSON, w.candidate(q, a, parts, true))
	}
	pieces := cutParts(parts, a.chunks)
	var chunks []chunk
	for i, piece := range pieces {
		last := i == len(pieces)-1
		chunks = append(chunks, chunk{
			data: mustMarshal(w.candidate(q, a, piece, last)), bare: mustMarshal(w.candidate(q, a, piece, false)),
			content: len(piece) > 0, finish: last, end: last,
		})
	}
	return streamed(chunks, "\r\n")
}

// candidate writes an answer, or a piece of it.
func (gemini) candidate(q question, a said, parts []geminiPart, last bool) geminiAnswer {
	out := geminiAnswer{ModelVersion: q.model, ResponseID: q.id, Usage: geminiUsage{
		Prompt: a.usage.InputTokens, Cached: a.usage.CachedTokens, Thoughts: a.usage.ReasoningTokens,
		Candidates: max(0, a.usage.OutputTokens-a.usage.ReasoningTokens), Total: a.usage.TotalTokens,
	}}
	if a.code == ai.CodeContentFiltered {
		out.PromptFeedback = &geminiFeedback{BlockReason: "SAFETY"}
		return out
	}
	c := geminiCandidate{}
	if len(parts) > 0 {
		c.Content = geminiContent{Role: "model", Parts: parts}
	}
	if last {
		c.FinishReason = geminiFinish(a)
	}
	out.Candidates = []geminiCandidate{c}
	return out
}

func geminiFinish(a said) string {
	switch {
	case a.code == ai.CodeModelFailed:
		return "MALFORMED_FUNCTION_CALL"
	case a.finish == ai.FinishLength:
		return "MAX_TOKENS"
	case a.finish == ai.FinishStop, a.finish == ai.FinishToolCalls:
		return "STOP"
	}
	return string(a.finish)
}

// partsOf writes what was said, called and painted. An answer without text has
// none.
func partsOf(a said) []geminiPart {
	if a.code != "" {
		return nil
	}
	var parts []geminiPart
	if a.text != "" || len(a.calls)+len(a.images) == 0 {
		parts = append(parts, geminiPart{Text: a.text})
	}
	for _, c := range a.calls {
		parts = append(parts, geminiPart{
			FunctionCall:     &geminiFunctionCall{ID: c.ID, Name: c.Name, Args: arguments(c)},
			ThoughtSignature: base64.StdEncoding.EncodeToString(c.State),
		})
	}
	for _, m := range a.images {
		parts = append(parts, geminiPart{InlineData: &geminiBlob{
			MIMEType: m.MediaType, Data: base64.StdEncoding.EncodeToString(m.Data),
		}})
	}
	return parts
}

// cutParts spreads the parts over a stream's chunks. There is at least one.
func cutParts(parts []geminiPart, n int) [][]geminiPart {
	var cut [][]geminiPart
	for _, part := range parts {
		if part.Text == "" {
			cut = append(cut, []geminiPart{part})
			continue
		}
		for _, piece := range pieces(part.Text, n) {
			cut = append(cut, []geminiPart{{Text: piece}})
		}
	}
	if cut == nil {
		return [][]geminiPart{nil}
	}
	return cut
}

type geminiEmbeddings struct {
	Embeddings []geminiEmbedding `json:"embeddings"`
}

type geminiEmbedding struct {
	Values []float32 `json:"values"`
}

// vectors writes shortened vectors as short as they come out of the real
// service, which cuts the tail off a vector of length 1.
func (gemini) vectors(q question) reply {
	vectors, _ := q.embed()
	length := float32(math.Sqrt(float64(q.dimensions) / geminiDimensions))
	out := geminiEmbeddings{Embeddings: make([]geminiEmbedding, len(vectors))}
	for i, v := range vectors {
		for j := range v {
			v[j] *= length
		}
		out.Embeddings[i].Values = v
	}
	return marshal(http.StatusOK, googleJSON, out)
}
