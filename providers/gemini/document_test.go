package gemini_test

import (
	"encoding/base64"
	"reflect"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// pdf is the beginning of a PDF: enough to be recognised as one.
var pdf = []byte("%PDF-1.7\n")

func TestDocumentsGoOutBeforeTheQuestionAboutThem(t *testing.T) {
	w := wiretest.Answering(200, answer("fine"))
	_, err := provider(t, w).Analyze(t.Context(), &ai.Request{
		History:   []ai.Message{{Role: ai.RoleUser, Documents: []ai.Document{ai.DocumentBytes(pdf)}}},
		Prompt:    "Which covenants?",
		Images:    []ai.Image{ai.ImageBytes(png)},
		Documents: []ai.Document{{Data: pdf, Name: "10-K.pdf"}, ai.DocumentURL("https://example.com/filing")},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, body := w.Only(t)
	inline := map[string]any{"inlineData": map[string]any{"mimeType": "application/pdf", "data": base64.StdEncoding.EncodeToString(pdf)}}
	want := []any{
		map[string]any{"role": "user", "parts": []any{inline}},
		map[string]any{"role": "user", "parts": []any{
			map[string]any{"inlineData": map[string]any{"mimeType": "image/png", "data": base64.StdEncoding.EncodeToString(png)}},
			map[string]any{"text": "10-K.pdf:"}, inline,
			map[string]any{"fileData": map[string]any{"mimeType": "application/pdf", "fileUri": "https://example.com/filing"}},
			map[string]any{"text": "Which covenants?"},
		}},
	}
	if !reflect.DeepEqual(body["contents"], want) {
		t.Errorf("contents = %v\nwant       %v", body["contents"], want)
	}
}

func TestADocumentThatTheServiceDoesNotTakeIsUnsupported(t *testing.T) {
	w := wiretest.Answering(400, refusal(400, "INVALID_ARGUMENT", "Cannot fetch content from the provided URL.", ""))
	_, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Documents: []ai.Document{ai.DocumentURL("http://intranet/a.pdf")}})
	if e := asError(t, err); e.Code != ai.CodeUnsupported {
		t.Errorf("error = %v, want unsupported", err)
	}
}
