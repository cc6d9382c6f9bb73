package providertest

import "github.com/finbrain/ai"

func imageChecks() []check {
	needs := []Ability{Images}
	return []check{
		{"ImagesReachTheServiceWithThePrompt", needs, "", func(s *subject) {
			s.answers(about(ai.KindImage))
			other := append(append([]byte{}, png...), "another"...)
			r := s.answer(ai.ImageAnalysis("prompt-4d", ai.ImageBytes(png), ai.ImageBytes(other)))
			if r.Text != "It shows net sales." {
				s.Errorf("Text is %q", r.Text)
			}
			if c := s.sent(); !c.holds(png) || !c.holds(other) || !c.shows("prompt-4d") {
				s.Errorf("the call does not hold the prompt and both of Request.Images, as bytes or base64")
			}
		}},
		{"TheTypeOfAnImageReachesTheService", needs, "", func(s *subject) {
			s.answers(about(ai.KindImage))
			s.compare("another Image.MediaType", ai.ImageAnalysis("x", ai.Image{Data: png, MediaType: "image/png"}),
				ai.ImageAnalysis("x", ai.Image{Data: png, MediaType: "image/webp"}))
		}},
		{"ImagesOfEarlierTurnsReachTheService", needs, "", func(s *subject) {
			s.answers(about(ai.KindImage))
			s.answer(&ai.Request{Prompt: "x", History: []ai.Message{
				{Role: ai.RoleUser, Text: "a", Images: []ai.Image{ai.ImageBytes(png)}}, {Role: ai.RoleAssistant, Text: "b"},
			}})
			if !s.sent().holds(png) {
				s.Errorf("the call does not hold the image in Request.History")
			}
		}},
		{"AnImageByURLIsPassedOn", []Ability{Images, ImageURLs}, "", func(s *subject) {
			s.answers(about(ai.KindImage))
			s.answer(ai.ImageAnalysis("x", ai.ImageURL("http://images.test/chart-6f.png")))
			if !s.sent().shows("http://images.test/chart-6f.png") {
				s.Errorf("the call does not hold Image.URL; it is the service that fetches it")
			}
		}},
	}
}

func documentChecks() []check {
	return []check{
		{"DocumentsReachTheServiceWithThePrompt", []Ability{Documents}, "", func(s *subject) {
			s.answers(about(ai.KindText))
			r := s.answer(&ai.Request{Prompt: "prompt-4d", Documents: []ai.Document{ai.DocumentBytes(pdf)}})
			if r.Text != "It shows net sales." {
				s.Errorf("Text is %q", r.Text)
			}
			if c := s.sent(); !c.holds(pdf) || !c.shows("prompt-4d") {
				s.Errorf("the call does not hold the prompt and Request.Documents, as bytes or base64")
			}
		}},
		{"DocumentsOfEarlierTurnsReachTheService", []Ability{Documents}, "", func(s *subject) {
			s.answers(about(ai.KindText))
			s.answer(&ai.Request{Prompt: "x", History: []ai.Message{
				{Role: ai.RoleUser, Text: "a", Documents: []ai.Document{ai.DocumentBytes(pdf)}}, {Role: ai.RoleAssistant, Text: "b"},
			}})
			if !s.sent().holds(pdf) {
				s.Errorf("the call does not hold the document in Request.History")
			}
		}},
		{"ADocumentByURLIsPassedOn", []Ability{Documents, DocumentURLs}, "", func(s *subject) {
			s.answers(about(ai.KindText))
			s.answer(&ai.Request{Prompt: "x", Documents: []ai.Document{ai.DocumentURL("http://documents.test/report-6f.pdf")}})
			if !s.sent().shows("http://documents.test/report-6f.pdf") {
				s.Errorf("the call does not hold Document.URL; it is the service that fetches it")
			}
		}},
	}
}

// about is an answer about what was sent along.
func about(kind ai.Kind) Answer {
	a := text("It shows net sales.")
	a.Kind = kind
	return a
}
