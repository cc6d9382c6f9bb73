package ai_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
)

var png = append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 16)...)

func TestBadInputIsRefusedByTheNameOfItsFieldBeforeAnyNetwork(t *testing.T) {
	image := ai.ImageBytes(png)
	document := ai.DocumentBytes([]byte("%PDF-1.7"))
	tool, call := ai.Tool{Name: "rate"}, ai.ToolCall{ID: "1", Name: "rate"}
	tooMany := int64(math.MaxInt32) + 1
	tests := []struct {
		field string
		req   *ai.Request
	}{
		{"Request", nil},
		{"Prompt", &ai.Request{}},
		{"Prompt", ai.Text(" \n\t")},
		{"Prompt", ai.ImageAnalysis("", image)},
		{"Prompt", &ai.Request{Inputs: []string{"a"}, Prompt: "b"}},
		{"Kind", &ai.Request{Kind: 200, Prompt: "q"}},
		{"Images", ai.ImageAnalysis("q")},
		{"Images", &ai.Request{Kind: ai.KindText, Prompt: "q", Images: []ai.Image{image}}},
		{"Images", &ai.Request{Inputs: []string{"a"}, Images: []ai.Image{image}}},
		{"Images[1].Data", ai.ImageAnalysis("q", image, ai.ImageBytes([]byte("%PDF-1.7")))},
		{"Images[0].Data", ai.ImageAnalysis("q", ai.Image{})},
		{"Images[0].Data", ai.ImageAnalysis("q", ai.ImageBytes(append(bytes.Clone(png), make([]byte, ai.MaxImageBytes)...)))},
		{"Images[0].MediaType", ai.ImageAnalysis("q", ai.Image{Data: png, MediaType: "image/tiff"})},
		{"Images[0].URL", ai.ImageAnalysis("q", ai.ImageURL("file:///etc/passwd"))},
		{"Images[0].URL", ai.ImageAnalysis("q", ai.Image{Data: png, URL: "https://example.com/a.png"})},
		{"History[0].Role", &ai.Request{Prompt: "q", History: []ai.Message{{Role: "system", Text: "x"}}}},
		{"History[0].Text", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleUser}}}},
		{"History[0].Images", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleAssistant, Text: "x", Images: []ai.Image{image}}}}},
		{"History[0].Images[0].Data", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleUser, Images: []ai.Image{{}}}}}},
		{"Temperature", &ai.Request{Prompt: "q", Temperature: new(math.NaN())}},
		{"Temperature", &ai.Request{Prompt: "q", Temperature: new(math.Inf(1))}},
		{"Temperature", &ai.Request{Prompt: "q", Temperature: new(-0.1)}},
		{"MaxTokens", &ai.Request{Prompt: "q", MaxTokens: -1}},
		{"MaxTokens", &ai.Request{Prompt: "q", MaxTokens: int(tooMany)}},
		{"Dimensions", &ai.Request{Inputs: []string{"a"}, Dimensions: -1}},
		{"Dimensions", &ai.Request{Prompt: "q", Dimensions: 8}},
		{"AllowOtherSpace", &ai.Request{Prompt: "q", AllowOtherSpace: true}},
		{"Stop[1]", &ai.Request{Prompt: "q", Stop: []string{"a", ""}}},
		{"Stop", &ai.Request{Inputs: []string{"a"}, Stop: []string{"x"}}},
		{"Seed", &ai.Request{Inputs: []string{"a"}, Seed: new(int64(1))}},
		{"Inputs", ai.Embedding()},
		{"Inputs", &ai.Request{Kind: ai.KindText, Inputs: []string{"a"}}},
		{"Inputs[1]", ai.Embedding("a", "")},
		{"Documents[0].Data", &ai.Request{Prompt: "q", Documents: []ai.Document{{}}}},
		{"Documents[0].Data", &ai.Request{Prompt: "q", Documents: []ai.Document{ai.DocumentBytes(png)}}},
		{"Documents[0].Data", &ai.Request{Prompt: "q", Documents: []ai.Document{ai.DocumentBytes(append(make([]byte, 1020), "%PDF-1.7"...))}}},
		{"Documents[0].Data", &ai.Request{Prompt: "q", Documents: []ai.Document{ai.DocumentBytes(append([]byte("%PDF-1.7"), make([]byte, ai.MaxDocumentBytes)...))}}},
		{"Documents[0].URL", &ai.Request{Prompt: "q", Documents: []ai.Document{ai.DocumentURL("file:///etc/passwd")}}},
		{"Documents", &ai.Request{Inputs: []string{"a"}, Documents: []ai.Document{document}}},
		{"History[0].Documents", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleAssistant, Text: "x", Documents: []ai.Document{document}}}}},
		{"Tools[0].Name", &ai.Request{Prompt: "q", Tools: []ai.Tool{{Name: "get rate"}}}},
		{"Tools[0].Name", &ai.Request{Prompt: "q", Tools: []ai.Tool{{Name: "required"}}}},
		{"Tools[1].Name", &ai.Request{Prompt: "q", Tools: []ai.Tool{tool, tool}}},
		{"Tools[0].Parameters", &ai.Request{Prompt: "q", Tools: []ai.Tool{{Name: "rate", Parameters: []byte("[]")}}}},
		{"ToolChoice", &ai.Request{Prompt: "q", ToolChoice: ai.ToolRequired}},
		{"ToolChoice", &ai.Request{Prompt: "q", Tools: []ai.Tool{tool}, ToolChoice: "other"}},
		{"Tools", &ai.Request{Inputs: []string{"a"}, Tools: []ai.Tool{tool}}},
		{"Schema", &ai.Request{Prompt: "q", Schema: []byte("{")}},
		{"Schema", &ai.Request{Prompt: "q", Schema: []byte("true")}},
		{"Effort", &ai.Request{Prompt: "q", Effort: "extreme"}},
		{"History[0].ToolCalls", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleUser, ToolCalls: []ai.ToolCall{call}}}}},
		{"History[0].ToolCalls[1].ID", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{call, call}}}}},
		{"History[0].ToolCalls[0].ID", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{Name: "rate"}}}}}},
		{"History[0].ToolCalls[0].Name", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "1"}}}}}},
		{"History[0].ToolCalls[0].Arguments", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "1", Name: "rate", Arguments: []byte("1")}}}}}},
		{"History[0].ToolResults", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleTool}}}},
		{"History[0].ToolResults", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleUser, ToolResults: []ai.ToolResult{{CallID: "1"}}}}}},
		{"History[0].ToolResults[0].CallID", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "1"}}}}}},
		{"History[0].Text", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleTool, Text: "x", ToolResults: []ai.ToolResult{{CallID: "1"}}}}}},
		{"Prompt", ai.ImageGeneration("")},
		{"Images", &ai.Request{Kind: ai.KindImageGeneration, Prompt: "q", Images: []ai.Image{image}}},
		{"Inputs", &ai.Request{Kind: ai.KindImageGeneration, Prompt: "q", Inputs: []string{"a"}}},
		{"MaxTokens", &ai.Request{Kind: ai.KindImageGeneration, Prompt: "q", MaxTokens: 1}},
		{"Output", &ai.Request{Kind: ai.KindText, Prompt: "q", Output: &ai.ImageOutput{}}},
		{"Output", &ai.Request{Inputs: []string{"a"}, Kind: ai.KindEmbedding, Output: &ai.ImageOutput{}}},
		{"Output.Height", &ai.Request{Prompt: "q", Output: &ai.ImageOutput{Width: 512}}},
		{"Output.Width", &ai.Request{Prompt: "q", Output: &ai.ImageOutput{Width: -1}}},
		{"Output.Count", &ai.Request{Prompt: "q", Output: &ai.ImageOutput{Count: 11}}},
		{"Output.MediaType", &ai.Request{Prompt: "q", Output: &ai.ImageOutput{MediaType: "image/gif"}}},
		{"Kind", &ai.Request{Kind: ai.KindFineTuning, Prompt: "q"}},
		{"Fallback.Order[0]", &ai.Request{Prompt: "q", Fallback: &ai.FallbackPolicy{Order: []ai.Step{"magic"}}}},
		{"Fallback.Order[1]", &ai.Request{Prompt: "q", Fallback: &ai.FallbackPolicy{Order: []ai.Step{ai.StepCache, ai.StepCache}}}},
	}
	primary := answers("first")
	client := newClient(t, ai.WithProvider("primary", primary), ai.WithStatic(&ai.Response{Text: "static"}))
	for _, test := range tests {
		err := mustFail(t, client, test.req)
		want := ai.CodeInvalidRequest
		if strings.Contains(err.Detail, "limit") {
			want = ai.CodeTooLarge
		}
		if err.Field != test.field || err.Code != want || !strings.Contains(err.Error(), test.field) {
			t.Errorf("want %s refused, got %v", test.field, err)
		}
	}
	if primary.count() != 0 {
		t.Errorf("%d calls reached the provider", primary.count())
	}
}

func TestWhatIsFilledInDecidesTheKind(t *testing.T) {
	tests := []struct {
		req  *ai.Request
		want ai.Kind
	}{
		{&ai.Request{Prompt: "q"}, ai.KindText},
		{&ai.Request{Prompt: "q", Images: []ai.Image{ai.ImageBytes(png)}}, ai.KindImage},
		{&ai.Request{Prompt: "and now?", History: []ai.Message{{Role: ai.RoleUser, Images: []ai.Image{ai.ImageBytes(png)}}}}, ai.KindImage},
		{&ai.Request{Inputs: []string{"a"}}, ai.KindEmbedding},
		{&ai.Request{Prompt: "q", Documents: []ai.Document{ai.DocumentBytes(append(make([]byte, 1019), "%PDF-1.7"...))}}, ai.KindText},
	}
	for _, test := range tests {
		if err := test.req.Validate(); err != nil || test.req.ResolvedKind() != test.want {
			t.Errorf("got %v, %v; want %v", test.req.ResolvedKind(), err, test.want)
		}
	}
}

func TestNewRefusesBadOptionsByName(t *testing.T) {
	good := ai.WithProvider("p", answers("x"))
	memory := func() cache.Store { return cache.NewMemory(cache.MemoryConfig{}) }
	var typedNil *provider
	tests := []struct {
		want    string
		options []ai.Option
	}{
		{"WithProvider", nil},
		{`WithProvider("").name`, []ai.Option{ai.WithProvider("", answers("x"))}},
		{`WithProvider("a/b").name`, []ai.Option{ai.WithProvider("a/b", answers("x"))}},
		{`WithProvider("p").name`, []ai.Option{good, ai.WithProvider("p", answers("x"))}},
		{`WithProvider("q").provider`, []ai.Option{ai.WithProvider("q", nil)}},
		{`WithProvider("q").provider`, []ai.Option{ai.WithProvider("q", typedNil)}},
		{`WithProvider("q").OnlyKinds`, []ai.Option{ai.WithProvider("q", answers("x"), ai.OnlyKinds())}},
		{`WithProvider("q").OnlyKinds`, []ai.Option{ai.WithProvider("q", answers("x"), ai.OnlyKinds(99))}},
		{`WithPolicy("p", text).policy`, []ai.Option{good, ai.WithPolicy("p", ai.KindText, resilience.Policy{Breaker: resilience.BreakerConfig{Failures: -1}})}},
		{`WithPolicy("absent", text).route`, []ai.Option{good, ai.WithPolicy("absent", ai.KindText, resilience.Policy{})}},
		{`WithPolicy("q", text).kind`, []ai.Option{ai.WithProvider("q", answers("x"), ai.OnlyKinds(ai.KindImage)), ai.WithPolicy("q", ai.KindText, resilience.Policy{})}},
		{"WithFallback.Order[0]", []ai.Option{good, ai.WithFallback(ai.FallbackPolicy{Order: []ai.Step{""}})}},
		{"WithStatic.answer", []ai.Option{good, ai.WithStatic(nil)}},
		{"WithStatic.kinds", []ai.Option{good, ai.WithStatic(&ai.Response{Text: "x"}, ai.KindEmbedding)}},
		{"WithFallback.Order", []ai.Option{good, ai.WithFallback(ai.FallbackPolicy{Order: []ai.Step{}})}},
		{"WithCache", []ai.Option{good, withMemory(1, 0), withMemory(1, 0)}},
		{"WithCache.store", []ai.Option{good, ai.WithCache(nil, ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour})}},
		{"WithCache.policy.Scope", []ai.Option{good, ai.WithCache(memory(), ai.CachePolicy{Fresh: time.Hour})}},
		{"WithCache.policy.Fresh", []ai.Option{good, ai.WithCache(memory(), ai.CachePolicy{Scope: ai.ScopeShared})}},
		{"WithCache.policy.Stale", []ai.Option{good, ai.WithCache(memory(), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: 1, Stale: -1})}},
		{"WithObserver", []ai.Option{good, ai.WithObserver(nil)}},
		{"WithLogger", []ai.Option{good, ai.WithLogger((*slog.Logger)(nil))}},
	}
	for _, test := range tests {
		client, err := ai.New(test.options...)
		var e *ai.Error
		if client != nil || !errors.As(err, &e) || e.Code != ai.CodeInvalidRequest || e.Field != test.want {
			t.Errorf("want %s refused, got %v", test.want, err)
		}
	}
}
