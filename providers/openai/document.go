package openai

import (
	"cmp"
	"slices"

	"github.com/finbrain/ai"
)

// chatFile is a document within a chat completions request, which takes bytes
// only (https://platform.openai.com/docs/guides/pdf-files).
type chatFile struct {
	Name string `json:"filename"`
	Data string `json:"file_data"`
}

func documentName(d ai.Document) string { return cmp.Or(d.Name, "document.pdf") }

// documentsByURL reports whether the conversation has a document given by its
// address.
func documentsByURL(req *ai.Request) bool {
	byURL := func(d ai.Document) bool { return d.URL != "" }
	return slices.ContainsFunc(req.Documents, byURL) ||
		slices.ContainsFunc(req.History, func(m ai.Message) bool { return slices.ContainsFunc(m.Documents, byURL) })
}
