package gemini_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	imagepng "image/png"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

// picture is an image of that size.
func picture(t *testing.T, width, height int, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if m := image.NewGray(image.Rect(0, 0, width, height)); format == "png" {
		err = imagepng.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func inline(mediaType string, data []byte) string {
	return `{"inlineData":{"mimeType":"` + mediaType + `","data":"` + base64.StdEncoding.EncodeToString(data) + `"}}`
}

func TestAnImageIsMade(t *testing.T) {
	first, second := picture(t, 3, 2, "png"), picture(t, 4, 5, "jpeg")
	body := `{"candidates":[{"content":{"parts":[{"text":"Here:"},` + strings.Replace(inline("image/png", first), `{"in`, `{"thought":true,"in`, 1) + "," +
		inline("image/png", first) + "," + inline("image/png", second) + "," + inline("image/png", png) + "," + inline("audio/wav", []byte("x")) +
		`]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1290,"totalTokenCount":1294},"modelVersion":"gemini-3.1-flash-image","responseId":"r-7"}`
	w := wiretest.Answering(200, body)
	got, err := provider(t, w).Analyze(t.Context(), ai.ImageGeneration("A chart of nothing"))
	if err != nil {
		t.Fatal(err)
	}
	want := &ai.Response{
		Images: []ai.GeneratedImage{
			{Data: first, MediaType: "image/png", Width: 3, Height: 2},
			{Data: second, MediaType: "image/jpeg", Width: 4, Height: 5},
			{Data: png, MediaType: "image/png"},
		},
		FinishReason: ai.FinishStop, Source: ai.SourceProvider, Provider: "gemini", Model: "gemini-3.1-flash-image", RequestID: "r-7",
		Usage: ai.Usage{InputTokens: 4, OutputTokens: 1290, TotalTokens: 1294},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	sent, request := w.Only(t)
	if !strings.HasSuffix(sent.URL, "/models/gemini-3.1-flash-image:generateContent") || !reflect.DeepEqual(request, map[string]any{
		"contents":         []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": "A chart of nothing"}}}},
		"generationConfig": map[string]any{"responseModalities": []any{"IMAGE"}},
	}) {
		t.Errorf("sent %s", sent.Body)
	}
}

func TestTheSizeOfAnImageIsOneThatTheModelMakes(t *testing.T) {
	for _, c := range []struct {
		model         string
		width, height int
		ratio, size   any
	}{
		{"gemini-3.1-flash-image", 1024, 1024, "1:1", "1K"},
		{"gemini-3-pro-image", 2048, 2048, "1:1", "2K"},
		{"gemini-3-pro-image", 5504, 3072, "16:9", "4K"},
		{"gemini-3-pro-image", 848, 1264, "2:3", "1K"},
		{"gemini-2.5-flash-image", 1344, 768, "16:9", nil},
		{"gemini-2.5-flash-image", 1024, 1024, "1:1", nil},
		{"gemini-2.5-flash-image", 2048, 2048, nil, nil},
		{"gemini-3-pro-image", 1344, 768, nil, nil},
		{"gemini-3-pro-image", 1024, 1025, nil, nil},
		{"gemini-3-pro-image", 8192, 8192, nil, nil},
	} {
		w := wiretest.Answering(200, `{"candidates":[{"content":{"parts":[`+inline("image/png", png)+`]},"finishReason":"STOP"}]}`)
		p := provider(t, w, func(cfg *gemini.Config) { cfg.Models.ImageGeneration = c.model })
		req := &ai.Request{Prompt: "x", Output: &ai.ImageOutput{Width: c.width, Height: c.height}}
		_, err := p.Analyze(t.Context(), req)
		if c.ratio == nil {
			if e := asError(t, err); e.Code != ai.CodeUnsupported || len(w.Requests()) != 0 {
				t.Errorf("%+v: %v after %d requests, want unsupported", c, err, len(w.Requests()))
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		want := map[string]any{"aspectRatio": c.ratio}
		if c.size != nil {
			want["imageSize"] = c.size
		}
		if got := body["generationConfig"].(map[string]any)["imageConfig"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: sent %v", c, got)
		}
	}
}

func TestWhatNoModelMakesIsUnsupportedBeforeAnyNetwork(t *testing.T) {
	for _, req := range []*ai.Request{
		{Prompt: "x", Output: &ai.ImageOutput{Count: 2}},
		{Prompt: "x", Output: &ai.ImageOutput{MediaType: "image/webp"}},
		{Prompt: "x", Output: &ai.ImageOutput{}, Model: "imagen-4.0-generate-001"},
	} {
		w := wiretest.Answering(200, "")
		p := provider(t, w)
		_, planErr := p.Plan(req)
		_, err := p.Analyze(t.Context(), req)
		for _, err := range []error{planErr, err} {
			if e := asError(t, err); e.Code != ai.CodeUnsupported || len(w.Requests()) != 0 {
				t.Errorf("%+v: %v, want unsupported", req.Output, err)
			}
		}
	}
	if plan, err := provider(t, &wiretest.Wire{}).Plan(&ai.Request{Prompt: "x", Output: &ai.ImageOutput{Count: 1}}); err != nil || plan.Model != gemini.DefaultModels().ImageGeneration {
		t.Errorf("plan %+v, %v", plan, err)
	}
}

func TestAnAnswerWithoutAnImageIsTheRightFailure(t *testing.T) {
	const text = `"content":{"parts":[{"text":"I cannot."}]},`
	for body, want := range map[string]ai.Code{
		`{"candidates":[{` + text + `"finishReason":"STOP"}]}`:                             ai.CodeModelFailed,
		`{"candidates":[{"finishReason":"NO_IMAGE"}]}`:                                     ai.CodeModelFailed,
		`{"candidates":[{"finishReason":"IMAGE_OTHER"}]}`:                                  ai.CodeModelFailed,
		`{"candidates":[{"finishReason":"IMAGE_SAFETY"}]}`:                                 ai.CodeContentFiltered,
		`{"promptFeedback":{"blockReason":"IMAGE_SAFETY"}}`:                                ai.CodeContentFiltered,
		`{"candidates":[{"content":{"parts":[{"inlineData":{}}]},"finishReason":"STOP"}]}`: ai.CodeModelFailed,
		`{"candidates":[{"content":{"parts":[{"inlineData":{"data":"?"}}]}}]}`:             ai.CodeBadResponse,
		`{}`: ai.CodeBadResponse,
		`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}`: ai.CodeModelFailed,
	} {
		_, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.ImageGeneration("x"))
		if e := asError(t, err); e.Code != want || e.Model != "gemini-3.1-flash-image" {
			t.Errorf("%s: %#v, want %s", body, e, want)
		}
	}
	w := wiretest.Answering(http.StatusBadRequest, refusal(400, "INVALID_ARGUMENT", "Model does not support the requested response modalities: image", ""))
	_, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Output: &ai.ImageOutput{}, Model: "gemini-3.8-flash"})
	if e := asError(t, err); e.Code != ai.CodeUnsupported {
		t.Errorf("error = %v, want unsupported", err)
	}
}
