package providers_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/finbrain/ai"
)

// aimockAnswer is longer than one of the server's chunks, and of more than ASCII.
const aimockAnswer = "The leverage covenant: net debt is 4.1× EBITDA, and § 7.2 of the agreement allows 3.5×."

func TestAnIndependentServerUnderstandsAConversation(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, `{"response": {"content": "`+aimockAnswer+`", "usage": {"prompt_tokens": 31, "completion_tokens": 17}}}`)
		for _, way := range ways {
			t.Run(way.name, func(t *testing.T) {
				req := &ai.Request{
					Instruction: "You are an analyst.",
					History:     []ai.Message{{Role: ai.RoleUser, Text: "Good morning."}, {Role: ai.RoleAssistant, Text: "Good morning, what is it?"}},
					Prompt:      question,
					Temperature: new(0.0), MaxTokens: 200, Stop: []string{"END"}, Seed: new(int64(7)),
				}
				if a.played == "responses" { // that interface has no stop texts
					req.Stop = nil
				}
				resp, err := way.ask(bounded(t), p, req)
				if err != nil {
					t.Fatal(err)
				}
				if resp.Text != aimockAnswer || resp.FinishReason != ai.FinishStop || resp.Source != ai.SourceProvider {
					t.Errorf("%+v", resp)
				}
				if resp.Usage != (ai.Usage{InputTokens: 31, OutputTokens: 17, TotalTokens: 48}) || resp.RequestID == "" {
					t.Errorf("%+v, request %q", resp.Usage, resp.RequestID)
				}
				heard := a.last(t)
				said := heard.Body.Messages
				if heard.roles() != "system user assistant user" || string(said[0].Content) != `"You are an analyst."` || string(said[3].Content) != `"`+question+`"` {
					t.Errorf("understood %+v", said)
				}
				if heard.Body.Model != resp.Model || heard.Body.Temperature == nil || *heard.Body.Temperature != 0 ||
					heard.Body.MaxTokens+heard.Body.MaxCompletionTokens != 200 {
					t.Errorf("understood %+v", heard.Body)
				}
			})
		}
	})
}

func TestAnIndependentServersTruncatedAnswerIsAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.ended(t)
		a.plays(t, `{"response": {"content": "The leverage", "finishReason": "length"}}`)
		for _, way := range ways {
			resp, err := way.ask(bounded(t), p, ai.Text(question))
			if err != nil || resp.Text != "The leverage" || resp.FinishReason != ai.FinishLength {
				t.Errorf("%s: %+v, %v", way.name, resp, err)
			}
		}
	})
}

func TestAnIndependentServerStreamsPieceByPiece(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, `{"response": {"content": "`+aimockAnswer+`"}, "chunkSize": 5, "latency": 2}`)
		var pieces []string
		var last *ai.Delta
		for d, err := range p.Stream(bounded(t), ai.Text(question)) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Text != "" {
				pieces = append(pieces, d.Text)
			}
			last = d
		}
		if strings.Join(pieces, "") != aimockAnswer || len(pieces) < 10 {
			t.Errorf("%q", pieces)
		}
		if last.Response == nil || last.Response.FinishReason != ai.FinishStop {
			t.Errorf("ends with %+v", last)
		}
	})
}

// That nothing is left of such a stream, TestMain looks for.
func TestAnIndependentServersStreamCanBeLeft(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, `{"response": {"content": "`+aimockAnswer+`"}, "chunkSize": 1, "latency": 300}`)
		ctx := bounded(t)
		for d, err := range p.Stream(ctx, ai.Text(question)) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Text != "" {
				break
			}
		}
		if ctx.Err() != nil {
			t.Error("no piece came before the last")
		}
	})
}

func TestAnIndependentServerTakesImagesAndDocuments(t *testing.T) {
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")
	pdf := []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, `{"match": {"userMessage": "`+question+`"}, "response": {"content": "A chart."}}`)
		for name, req := range map[string]*ai.Request{
			"images":   ai.ImageAnalysis(question, ai.ImageBytes(png), ai.ImageURL("https://example.com/chart.png")),
			"document": {Prompt: question, Documents: []ai.Document{{Data: pdf, Name: "filing.pdf"}}},
			"earlier": {Prompt: question, History: []ai.Message{
				{Role: ai.RoleUser, Images: []ai.Image{ai.ImageBytes(png)}, Text: "Look."}, {Role: ai.RoleAssistant, Text: "Yes?"},
			}},
		} {
			for _, way := range ways {
				t.Run(name+" "+way.name, func(t *testing.T) {
					if resp, err := way.ask(bounded(t), p, req); err != nil || resp.Text != "A chart." {
						t.Errorf("%+v, %v", resp, err)
					}
				})
			}
		}
	})
}

const aimockSchema = `{"type":"object","properties":{"risk":{"type":"string","enum":["low","high"]},"score":{"type":"integer"}},` +
	`"required":["risk","score"],"additionalProperties":false}`

func TestAnIndependentServerAnswersInJSON(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, `{"response": {"content": {"risk": "high", "score": 4}}}`)
		for _, way := range ways {
			t.Run(way.name, func(t *testing.T) {
				resp, err := way.ask(bounded(t), p, &ai.Request{Prompt: question, Schema: json.RawMessage(aimockSchema)})
				if err != nil {
					t.Fatal(err)
				}
				if resp.Text != `{"risk":"high","score":4}` {
					t.Errorf("%s", resp.Text)
				}
			})
		}
		type verdict struct {
			Risk  string `json:"risk"`
			Score int    `json:"score"`
		}
		got, _, err := ai.AnalyzeAs[verdict](bounded(t), p, ai.Text(question))
		if err != nil || got != (verdict{"high", 4}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestAnIndependentServerIsAskedForASchemaAsAFormat(t *testing.T) {
	a := connect(t)
	a.plays(t, `{"match": {"responseFormat": "json_schema"}, "response": {"content": {"risk": "low", "score": 1}}}`)
	p := a.opens(t, openaiThere)[0].Analyzer
	if _, err := p.Analyze(bounded(t), &ai.Request{Prompt: question, Schema: json.RawMessage(aimockSchema)}); err != nil {
		t.Fatal(err)
	}
}

func TestAnIndependentServerEmbeds(t *testing.T) {
	connect(t)
	for _, list := range []string{openaiThere, geminiThere} {
		t.Run(strings.SplitN(list, ":", 2)[0], func(t *testing.T) {
			a := connect(t)
			p := a.opens(t, list)[0].Analyzer
			// Without a fixture the server makes vectors up, of the length asked for.
			resp, err := p.Analyze(bounded(t), &ai.Request{Inputs: []string{"net debt", "EBITDA"}, Dimensions: 8})
			if failed, ok := err.(*ai.Error); ok && failed.Status == 404 && strings.HasPrefix(list, "gemini") {
				t.Skip("aimock has no batchEmbedContents")
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(resp.Embeddings) != 2 || len(resp.Embeddings[0]) != 8 || slices.Equal(resp.Embeddings[0], resp.Embeddings[1]) {
				t.Errorf("%v", resp.Embeddings)
			}
			a.plays(t, `{"match": {"inputText": "amortisation"}, "response": {"embedding": [0.6, 0, -0.8]}}`)
			resp, err = p.Analyze(bounded(t), ai.Embedding("amortisation"))
			if err != nil || len(resp.Embeddings) != 1 || math.Abs(float64(resp.Embeddings[0][2])+0.8) > 1e-6 {
				t.Errorf("%+v, %v", resp, err)
			}
		})
	}
}
