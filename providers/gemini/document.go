package gemini

import (
	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

// documentParts sends a PDF's bytes along, or passes its address on as
// imagePart does. The API has no field for its name: a document that has one
// stands after it.
func documentParts(list []*genai.Part, document ai.Document) []*genai.Part {
	if document.Name != "" {
		list = append(list, &genai.Part{Text: document.Name + ":"})
	}
	if document.URL != "" {
		return append(list, &genai.Part{FileData: &genai.FileData{FileURI: document.URL, MIMEType: document.Type()}})
	}
	return append(list, &genai.Part{InlineData: &genai.Blob{Data: document.Data, MIMEType: document.Type()}})
}
