package providertest

import (
	"bytes"

	"github.com/finbrain/ai"
)

func generationChecks() []check {
	needs := []Ability{ImageGeneration}
	drawn := func(images ...ai.GeneratedImage) Answer {
		return Answer{Kind: ai.KindImageGeneration, Images: images, Finish: ai.FinishStop, Model: servedModel, RequestID: requestID}
	}
	return []check{
		{"TheImageComesBack", needs, "", func(s *subject) {
			s.answers(drawn(ai.GeneratedImage{Data: png, MediaType: "image/png"}))
			r := s.answer(ai.ImageGeneration("prompt-4d"))
			if len(r.Images) != 1 {
				s.Fatalf("there are %d Images, want 1", len(r.Images))
			}
			if got := r.Images[0]; !bytes.Equal(got.Data, png) || got.MediaType != "image/png" || got.Width != 1 || got.Height != 1 {
				s.Errorf("the image is %d bytes of %s, %d by %d, want %d of image/png, 1 by 1: take the size from the bytes",
					len(got.Data), got.MediaType, got.Width, got.Height, len(png))
			}
			if !s.sent().shows("prompt-4d") {
				s.Errorf("the call does not hold the prompt")
			}
		}},
		{"AnAnswerWithoutImagesIsNone", needs, "", func(s *subject) {
			s.answers(drawn())
			s.fail(ai.ImageGeneration("x"), ai.CodeBadResponse, ai.CodeModelFailed)
		}},
		{"AFilteredPromptSaysSo", needs, "", func(s *subject) {
			s.answers(Answer{Kind: ai.KindImageGeneration, Code: ai.CodeContentFiltered, Message: canary})
			s.fail(ai.ImageGeneration("x"), ai.CodeContentFiltered)
		}},
	}
}

func unsupportedChecks() []check {
	list := []struct {
		ability Ability
		req     *ai.Request
	}{
		{Texts, ai.Text("x")},
		{Images, ai.ImageAnalysis("x", ai.ImageBytes(png))},
		{ImageURLs, ai.ImageAnalysis("x", ai.ImageURL("http://images.test/a.png"))},
		{Documents, &ai.Request{Prompt: "x", Documents: []ai.Document{ai.DocumentBytes(pdf)}}},
		{DocumentURLs, &ai.Request{Prompt: "x", Documents: []ai.Document{ai.DocumentURL("http://documents.test/a.pdf")}}},
		{Embeddings, ai.Embedding("x")},
		{ImageGeneration, ai.ImageGeneration("x")},
		{Tools, withTools()},
		{Schemas, &ai.Request{Prompt: "x", Schema: []byte(`{"type":"object"}`)}},
	}
	var checks []check
	for _, u := range list {
		checks = append(checks, check{"WithoutASingleCallFor" + string(u.ability), nil, u.ability, func(s *subject) {
			s.fail(u.req, ai.CodeUnsupported)
			s.silent("what the adapter cannot do it says itself, so that the next route is asked at once")
			if planner, ok := s.adapter.(ai.Planner); ok {
				if _, err := planner.Plan(u.req); ai.CodeOf(err) != ai.CodeUnsupported {
					s.Errorf("Plan says %v, want %s", err, ai.CodeUnsupported)
				}
			}
		}})
	}
	return checks
}
