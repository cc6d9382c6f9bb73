package gemini_test

import (
	"encoding/base64"
	"reflect"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

func TestImagesGoOutBeforeTheQuestionAboutThem(t *testing.T) {
	w := wiretest.Answering(200, answer("a chart"))
	p := provider(t, w, func(c *gemini.Config) { c.ImageDetail, c.Models.Image = "high", "gemini-2.5-pro" })
	got, err := p.Analyze(t.Context(), &ai.Request{
		History: []ai.Message{{Role: ai.RoleUser, Images: []ai.Image{ai.ImageBytes(png)}}},
		Prompt:  "What is it?",
		Images:  []ai.Image{ai.ImageBytes(png), {URL: "https://example.com/a.bin", MediaType: "image/webp"}},
	})
	if err != nil || got.Text != "a chart" {
		t.Fatalf("got %+v, %v", got, err)
	}
	sent, body := w.Only(t)
	if want := "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"; sent.URL != want {
		t.Errorf("sent to %s, want %s", sent.URL, want)
	}
	inline := map[string]any{"inlineData": map[string]any{
		"mimeType": "image/png", "data": base64.StdEncoding.EncodeToString(png)}}
	want := []any{
		map[string]any{"role": "user", "parts": []any{inline}},
		map[string]any{"role": "user", "parts": []any{
			inline,
			map[string]any{"fileData": map[string]any{"mimeType": "image/webp", "fileUri": "https://example.com/a.bin"}},
			map[string]any{"text": "What is it?"},
		}},
	}
	if !reflect.DeepEqual(body["contents"], want) {
		t.Errorf("contents = %v\nwant       %v", body["contents"], want)
	}
	if got := body["generationConfig"]; !reflect.DeepEqual(got, map[string]any{"mediaResolution": "MEDIA_RESOLUTION_HIGH"}) {
		t.Errorf("generationConfig = %v", got)
	}
}

func TestAnImageByAddressIsTypedByItsEnding(t *testing.T) {
	for address, want := range map[string]any{
		"https://example.com/a.PNG":            "image/png",
		"https://example.com/a.jpeg?sig=b.gif": "image/jpeg",
		"https://example.com/a.jpg":            "image/jpeg",
		"https://example.com/a.gif":            "image/gif",
		"https://example.com/a.webp":           "image/webp",
		"https://example.com/a":                nil,
	} {
		w := wiretest.Answering(200, answer("x"))
		if _, err := provider(t, w).Analyze(t.Context(), ai.ImageAnalysis("what?", ai.ImageURL(address))); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		part := body["contents"].([]any)[0].(map[string]any)["parts"].([]any)[0].(map[string]any)
		file := part["fileData"].(map[string]any)
		if file["fileUri"] != address || file["mimeType"] != want {
			t.Errorf("%s is sent as %v, want type %v", address, file, want)
		}
	}
}

func TestAnImageThatTheServiceDoesNotTakeIsUnsupported(t *testing.T) {
	for _, message := range []string{
		"Cannot fetch content from the provided URL.",
		"Invalid or unsupported file uri: https://example.com/a.png",
		"Unsupported MIME type: image/gif",
		"Image input modality is not enabled for models/gemma-3-1b-it",
	} {
		w := wiretest.Answering(400, `{"error":{"code":400,"message":"`+message+`","status":"INVALID_ARGUMENT"}}`)
		_, err := provider(t, w).Analyze(t.Context(), ai.ImageAnalysis("what?", ai.ImageURL("https://example.com/a.png")))
		if e := asError(t, err); e.Code != ai.CodeUnsupported {
			t.Errorf("%q: %v, want unsupported", message, err)
		}
	}
}
