package openai_test

import (
	"bytes"
	"encoding/base64"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func TestImagesAreSentAsBytesOrAsTheCallersURL(t *testing.T) {
	w := wiretest.Answering(200, answer("A chart."))
	req := ai.ImageAnalysis("What is this?", ai.ImageBytes(png),
		ai.Image{Data: []byte("\xff\xd8\xff jpeg"), MediaType: "image/webp"}, ai.ImageURL("https://example.com/a.png?x=1&y=2"))
	req.History = []ai.Message{{Role: ai.RoleUser, Images: []ai.Image{ai.ImageURL("https://example.com/b.png")}}, {Role: ai.RoleAssistant, Text: "b"}}
	got, err := provider(t, w, func(c *openai.Config) { c.ImageDetail = "low" }).Analyze(t.Context(), req)
	if err != nil || got.Text != "A chart." {
		t.Fatalf("%+v, %v", got, err)
	}
	image := func(url string) map[string]any {
		return map[string]any{"type": "image_url", "image_url": map[string]any{"url": url, "detail": "low"}}
	}
	want := []any{
		map[string]any{"role": "user", "content": []any{image("https://example.com/b.png")}},
		map[string]any{"role": "assistant", "content": "b"},
		map[string]any{"role": "user", "content": []any{
			map[string]any{"type": "text", "text": "What is this?"},
			image("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)),
			image("data:image/webp;base64," + base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff jpeg"))),
			image("https://example.com/a.png?x=1&y=2"),
		}},
	}
	if _, body := w.Only(t); !reflect.DeepEqual(body["messages"], want) {
		t.Errorf("sent %v\nwant %v", body["messages"], want)
	}
}

func TestALargeImageArrivesWhole(t *testing.T) {
	data := append(bytes.Clone(png), bytes.Repeat([]byte{0, 1, 2}, 1<<20)...)
	w := wiretest.Answering(200, answer("x"))
	if _, err := provider(t, w).Analyze(t.Context(), ai.ImageAnalysis("x", ai.ImageBytes(data))); err != nil {
		t.Fatal(err)
	}
	sent, _ := w.Only(t)
	_, rest, _ := strings.Cut(sent.Body, "data:image/png;base64,")
	encoded, _, _ := strings.Cut(rest, `"`)
	if got, err := base64.StdEncoding.DecodeString(encoded); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes arrived of %d, %v", len(got), len(data), err)
	}
}

func TestBadInputIsRefusedBeforeAnyNetwork(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	p := provider(t, w)
	for field, req := range map[string]*ai.Request{
		"Request":        nil,
		"Prompt":         {},
		"Images[0].Data": ai.ImageAnalysis("x", ai.ImageBytes([]byte("no image"))),
		"Inputs[1]":      ai.Embedding("x", ""),
		"Temperature":    {Prompt: "x", Temperature: new(3.0)},
	} {
		_, err := p.Analyze(t.Context(), req)
		if e, ok := err.(*ai.Error); !ok || e.Code != ai.CodeInvalidRequest || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if sent := w.Requests(); len(sent) != 0 {
		t.Errorf("%d requests were sent", len(sent))
	}
}
