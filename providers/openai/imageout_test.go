package openai_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/jpeg"
	pngcodec "image/png"
	"net/http"
	"reflect"
	"strings"
	"testing"

	library "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

// drawn is the body of an answer with these images.
func drawn(images ...[]byte) string {
	list := make([]string, len(images))
	for i, data := range images {
		list[i] = `{"b64_json":"` + base64.StdEncoding.EncodeToString(data) + `","revised_prompt":"x"}`
	}
	return `{"created":1,"background":"opaque","output_format":"png","data":[` + strings.Join(list, ",") + `],
		"usage":{"input_tokens":7,"output_tokens":3,"total_tokens":10,"input_tokens_details":{"text_tokens":7,"image_tokens":0}}}`
}

// pictures are 40 by 20 pixels each, by their types.
func pictures(t *testing.T) map[string][]byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 20))
	var p, j bytes.Buffer
	if err := pngcodec.Encode(&p, m); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&j, m, nil); err != nil {
		t.Fatal(err)
	}
	webp := func(chunk string, data ...byte) []byte {
		return append([]byte("RIFF\x00\x00\x00\x00WEBP"+chunk+"\x0a\x00\x00\x00"), append(data, make([]byte, 10)...)...)
	}
	lossless := binary.LittleEndian.AppendUint32([]byte{0x2f}, 39|19<<14)
	return map[string][]byte{
		"image/png": p.Bytes(), "image/jpeg": j.Bytes(),
		"image/webp":          webp("VP8X", 0, 0, 0, 0, 39, 0, 0, 19, 0, 0),
		"image/webp lossless": webp("VP8L", lossless...),
		"image/webp lossy":    webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 40, 0, 20, 0),
	}
}

func TestAMadeImageHasEveryField(t *testing.T) {
	for kind, data := range pictures(t) {
		w := wiretest.Answering(200, drawn(data), "X-Request-Id", "req_1")
		got, err := provider(t, w).Analyze(t.Context(), ai.ImageGeneration("A chart."))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		mediaType, _, _ := strings.Cut(kind, " ")
		want := &ai.Response{
			Images:       []ai.GeneratedImage{{Data: data, MediaType: mediaType, Width: 40, Height: 20}},
			FinishReason: ai.FinishStop, Source: ai.SourceProvider, Provider: "openai", Model: "gpt-image-2", RequestID: "req_1",
			Usage: ai.Usage{InputTokens: 7, OutputTokens: 3, TotalTokens: 10},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v", kind, got)
		}
	}
}

// What goes on the wire is what the library would send for the same meaning.
func TestAnImageIsAskedForAsTheLibraryAsks(t *testing.T) {
	for name, c := range map[string]struct {
		out    *ai.ImageOutput
		model  string
		theirs library.ImageRequest
	}{
		"least":     {nil, "", library.ImageRequest{Model: "gpt-image-2"}},
		"all":       {&ai.ImageOutput{Width: 1536, Height: 1024, MediaType: "image/webp", Count: 3}, "gpt-image-1", library.ImageRequest{Model: "gpt-image-1", Size: "1536x1024", OutputFormat: "webp", N: 3}},
		"any size":  {&ai.ImageOutput{Width: 2048, Height: 1152, MediaType: "image/jpeg"}, "gpt-image-2", library.ImageRequest{Model: "gpt-image-2", Size: "2048x1152", OutputFormat: "jpeg"}},
		"DALL-E 3":  {&ai.ImageOutput{Width: 1792, Height: 1024, MediaType: "image/png", Count: 1}, "dall-e-3", library.ImageRequest{Model: "dall-e-3", Size: "1792x1024", ResponseFormat: "b64_json", N: 1}},
		"DALL-E 2":  {&ai.ImageOutput{Width: 256, Height: 256, Count: 10}, "dall-e-2", library.ImageRequest{Model: "dall-e-2", Size: "256x256", ResponseFormat: "b64_json", N: 10}},
		"a new one": {&ai.ImageOutput{Width: 7, Height: 9}, "gpt-image-9", library.ImageRequest{Model: "gpt-image-9", Size: "7x9"}},
	} {
		w, raw := wiretest.Answering(200, drawn(pictures(t)["image/png"])), wiretest.Answering(200, "{}")
		req := &ai.Request{Kind: ai.KindImageGeneration, Prompt: "A <chart>.", Output: c.out, Model: c.model}
		if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.theirs.Prompt = "A <chart>."
		config := library.DefaultConfig(testKey)
		config.HTTPClient = &http.Client{Transport: raw}
		if _, err := library.NewClientWithConfig(config).CreateImage(t.Context(), c.theirs); err != nil {
			t.Fatal(err)
		}
		sent, got := w.Only(t)
		theirs, want := raw.Only(t)
		if !reflect.DeepEqual(got, want) || sent.URL != theirs.URL {
			t.Errorf("%s: sent %s %v\nwant %s %v", name, sent.URL, got, theirs.URL, want)
		}
	}
}

func TestAnImageThatTheModelCannotMakeIsUnsupported(t *testing.T) {
	for _, c := range []struct {
		model string
		out   ai.ImageOutput
	}{
		{"dall-e-2", ai.ImageOutput{Width: 1792, Height: 1024}},
		{"dall-e-3", ai.ImageOutput{Width: 512, Height: 512}},
		{"dall-e-3", ai.ImageOutput{Count: 2}},
		{"dall-e-2", ai.ImageOutput{MediaType: "image/webp"}},
		{"dall-e-3", ai.ImageOutput{MediaType: "image/jpeg"}},
		{"gpt-image-1-mini", ai.ImageOutput{Width: 2048, Height: 2048}},
		{"", ai.ImageOutput{Width: 1023, Height: 1024}},
		{"", ai.ImageOutput{Width: 1024, Height: 1023}},
		{"", ai.ImageOutput{Width: 3856, Height: 2048}},
		{"", ai.ImageOutput{Width: 3088, Height: 1024}},
		{"", ai.ImageOutput{Width: 640, Height: 1008}},
		{"", ai.ImageOutput{Width: 3840, Height: 2176}},
	} {
		w := wiretest.Answering(200, "")
		req := &ai.Request{Kind: ai.KindImageGeneration, Prompt: "x", Model: c.model, Output: &c.out}
		p := provider(t, w)
		_, err := p.Analyze(t.Context(), req)
		_, planned := p.Plan(req)
		if ai.CodeOf(planned) != ai.CodeUnsupported || asError(t, err).Code != ai.CodeUnsupported || len(w.Requests()) != 0 {
			t.Errorf("%+v: %v, %v", c, err, planned)
		}
	}
	for _, out := range []ai.ImageOutput{{Width: 3072, Height: 1024}, {Width: 3840, Height: 2160}, {Width: 640, Height: 1024}} {
		if _, err := provider(t, wiretest.Answering(200, "")).Plan(&ai.Request{Prompt: "x", Output: &out}); err != nil {
			t.Errorf("%+v: %v", out, err)
		}
	}
	body := `{"error":{"message":"x","type":"image_generation_user_error","param":"size","code":"invalid_value"}}`
	_, err := provider(t, wiretest.Answering(400, body)).Analyze(t.Context(), ai.ImageGeneration("x"))
	if e := asError(t, err); e.Code != ai.CodeUnsupported || e.Status != 400 {
		t.Errorf("%#v", e)
	}
}

func TestAnAnswerWithoutAnImageIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   ai.Code
	}{
		"nothing":    {200, ``, ai.CodeBadResponse},
		"empty":      {200, `{}`, ai.CodeBadResponse},
		"no images":  {200, drawn(), ai.CodeBadResponse},
		"an address": {200, `{"data":[{"url":"https://example.com/x.png"}]}`, ai.CodeBadResponse},
		"no image":   {200, drawn([]byte("text")), ai.CodeBadResponse},
		"no base64":  {200, `{"data":[{"b64_json":"§"}]}`, ai.CodeBadResponse},
		"a number":   {200, `{"data":[{"b64_json":7},null,8]}`, ai.CodeBadResponse},
		"moderated":  {400, refused("Your request was rejected.", "image_generation_user_error", `"moderation_blocked"`), ai.CodeContentFiltered},
		"policy":     {400, refused("x", "invalid_request_error", `"content_policy_violation"`), ai.CodeContentFiltered},
		"error":      {200, refused("x", "server_error", "null"), ai.CodeUnavailable},
	} {
		_, err := provider(t, wiretest.Answering(c.status, c.body)).Analyze(t.Context(), ai.ImageGeneration("x"))
		if e := asError(t, err); e.Code != c.code || e.Status != c.status || e.Model != "gpt-image-2" {
			t.Errorf("%s: %#v", name, e)
		}
	}
}

func TestAnImageWhoseSizeCannotBeReadIsStillOne(t *testing.T) {
	for _, data := range []string{"\x89PNG\r\n\x1a\nrest", "RIFF\x00\x00\x00\x00WEBP", "RIFF\x00\x00\x00\x00WEBPVP9 " + strings.Repeat("x", 20), "RIFF\x00\x00\x00\x00WEBPVP8L" + strings.Repeat("x", 20)} {
		got, err := provider(t, wiretest.Answering(200, drawn([]byte(data)))).Analyze(t.Context(), ai.ImageGeneration("x"))
		if err != nil || len(got.Images) != 1 || got.Images[0].Width != 0 || got.Images[0].Height != 0 {
			t.Errorf("%q: %+v, %v", data, got, err)
		}
	}
	data := pictures(t)["image/png"]
	body := strings.Replace(drawn(data), `"b64_json":"`, `"b64_json":"data:image/png;base64,`, 1)
	if got, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.ImageGeneration("x")); err != nil || !bytes.Equal(got.Images[0].Data, data) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Compatible servers answer with addresses, which are not fetched, unless asked
// for base64; the models that know nothing else refuse the question.
func TestBase64IsAskedForWhereItMustBe(t *testing.T) {
	for _, c := range []struct {
		base, version, model string
		want                 any
	}{
		{"https://api.x.ai/v1", "", "grok-imagine-image", "b64_json"},
		{"http://localhost:8080/v1", "", "flux", "b64_json"},
		{"https://example.com/v1", "", "openai/dall-e-3", "b64_json"},
		{"https://example.com/v1", "", "openai/gpt-image-1", nil},
		{"https://example.com/v1", "", "chatgpt-image-latest", nil},
		{"https://eu.api.openai.com/v1", "", "chatgpt-image-latest", nil},
		{"https://name.openai.azure.com/openai/v1", "", "drawer", nil},
		{"https://name.openai.azure.com", "2025-04-01-preview", "drawer", nil},
	} {
		w := wiretest.Answering(200, drawn(pictures(t)["image/png"]))
		p := provider(t, w, func(cfg *openai.Config) {
			cfg.BaseURL, cfg.APIVersion, cfg.Models.ImageGeneration = c.base, c.version, c.model
		})
		req := &ai.Request{Prompt: "x", Output: &ai.ImageOutput{MediaType: "image/png"}}
		if _, err := p.Analyze(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		if named := body["output_format"] == "png"; body["response_format"] != c.want || named == (c.model == "openai/dall-e-3") {
			t.Errorf("%+v: %v", c, body)
		}
	}
}

func TestAServerMakesImagesIfItIsKnownTo(t *testing.T) {
	other := func(c *openai.Config) { c.BaseURL = "https://example.com/v1" }
	for name, c := range map[string]struct {
		change func(*openai.Config)
		able   bool
	}{
		"OpenAI":        {func(*openai.Config) {}, true},
		"OpenAI, texts": {func(c *openai.Config) { c.Kinds = []ai.Kind{ai.KindText} }, false},
		"other":         {other, false},
		"other, model":  {func(c *openai.Config) { other(c); c.Models.ImageGeneration = "flux" }, true},
		"other, kind":   {func(c *openai.Config) { other(c); c.Kinds = []ai.Kind{ai.KindImageGeneration} }, true},
	} {
		_, err := provider(t, wiretest.Answering(200, ""), c.change).Plan(ai.ImageGeneration("x"))
		if (err == nil) != c.able || err != nil && ai.CodeOf(err) != ai.CodeUnsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
}
