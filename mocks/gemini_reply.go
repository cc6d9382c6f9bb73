package mocks

import (
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
	FinishReason string        `json:"finishReason"`
	Index        int           `json:"index"`
}

type geminiFeedback struct {
	BlockReason string `json:"blockReason"`
}

type geminiUsage struct {
	Prompt     int `json:"promptTokenCount"`
	Candidates int `json:"candidatesTokenCount,omitempty"`
	Thoughts   int `json:"thoughtsTokenCount,omitempty"`
	Total      int `json:"totalTokenCount"`
}

func (w gemini) answer(q question) (reply, *problem) {
	if q.kind == ai.KindEmbedding {
		return w.vectors(q), nil
	}
	a, err := q.ask.Answer()
	if err != nil {
		return reply{}, wrong("", err.Error()+".")
	}
	candidate := geminiCandidate{FinishReason: "STOP"}
	candidate.Content = geminiContent{Role: "model", Parts: []geminiPart{{Text: a.Text}}}
	if a.Truncated {
		candidate.FinishReason = "MAX_TOKENS"
	}
	return w.generated(q, geminiAnswer{
		Candidates: []geminiCandidate{candidate},
		Usage:      geminiUsage{Prompt: a.InputTokens, Candidates: a.OutputTokens},
	}), nil
}

func (gemini) generated(q question, a geminiAnswer) reply {
	a.Usage.Total = a.Usage.Prompt + a.Usage.Candidates + a.Usage.Thoughts
	a.ModelVersion, a.ResponseID = q.model, q.id
	return marshal(http.StatusOK, googleJSON, a)
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
