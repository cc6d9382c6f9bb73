package gemini

import (
	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

// conversation lays the request out in Gemini's turns. The results of tools
// are a user's turn; those of one model's turn must stand in one, and do so
// whether or not the application keeps them in several.
func conversation(req *ai.Request, model string) []*genai.Content {
	turns := make([]*genai.Content, 0, len(req.History)+1)
	for i := range req.History {
		m := &req.History[i]
		switch m.Role {
		case ai.RoleAssistant:
			turns = append(turns, &genai.Content{Role: genai.RoleModel, Parts: append(parts(nil, nil, m.Text), callParts(m.ToolCalls, model)...)})
		case ai.RoleTool:
			results := resultParts(req, m.ToolResults)
			if i > 0 && req.History[i-1].Role == ai.RoleTool {
				last := turns[len(turns)-1]
				last.Parts = append(last.Parts, results...)
				continue
			}
			turns = append(turns, &genai.Content{Role: genai.RoleUser, Parts: results})
		default:
			turns = append(turns, &genai.Content{Role: genai.RoleUser, Parts: parts(m.Images, m.Documents, m.Text)})
		}
	}
	if last := parts(req.Images, req.Documents, req.Prompt); len(last) > 0 {
		turns = append(turns, &genai.Content{Role: genai.RoleUser, Parts: last})
	}
	return turns
}

// parts puts the images and documents before the text that asks about them,
// the order that Gemini's documentation advises.
func parts(images []ai.Image, documents []ai.Document, text string) []*genai.Part {
	list := make([]*genai.Part, 0, len(images)+len(documents)+1)
	for _, image := range images {
		list = append(list, imagePart(image))
	}
	for _, document := range documents {
		list = documentParts(list, document)
	}
	if text != "" {
		list = append(list, &genai.Part{Text: text})
	}
	return list
}
