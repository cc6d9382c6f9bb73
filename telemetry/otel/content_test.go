package otel_test

import (
	"context"
	"encoding/json"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

const png = "\x89PNG\r\n\x1a\nbytes"

func TestContentIsRecordedInTheConventionsForm(t *testing.T) {
	const (
		instructions = "gen_ai.system_instructions"
		input        = "gen_ai.input.messages"
		output       = "gen_ai.output.messages"
		stop         = "gen_ai.request.stop_sequences"
		answer       = `[{"finish_reason":"stop","parts":[{"content":"answer","type":"text"}],"role":"assistant"}]`
	)
	for _, test := range []struct {
		name string
		req  *ai.Request
		want map[attribute.Key]string
	}{
		{"a prompt", ai.Text("q"), map[attribute.Key]string{
			input:  `[{"parts":[{"content":"q","type":"text"}],"role":"user"}]`,
			output: answer,
		}},
		{"a conversation", &ai.Request{Instruction: "be brief", Prompt: "and now?", Stop: []string{"END"},
			History: []ai.Message{{Role: ai.RoleUser, Text: "q"}, {Role: ai.RoleAssistant, Text: "a"}}}, map[attribute.Key]string{
			instructions: `[{"content":"be brief","type":"text"}]`,
			input: `[{"parts":[{"content":"q","type":"text"}],"role":"user"},{"parts":[{"content":"a","type":"text"}],"role":"assistant"},` +
				`{"parts":[{"content":"and now?","type":"text"}],"role":"user"}]`,
			output: answer,
			stop:   `["END"]`,
		}},
		{"images", ai.ImageAnalysis("q", ai.ImageBytes([]byte(png)), ai.ImageURL("https://example.com/a"),
			ai.Image{URL: "https://example.com/b", MediaType: "image/webp"}), map[attribute.Key]string{
			input: `[{"parts":[{"content":"q","type":"text"},{"content":"","mime_type":"image/png","modality":"image","type":"blob"},` +
				`{"modality":"image","type":"uri","uri":"https://example.com/a"},` +
				`{"mime_type":"image/webp","modality":"image","type":"uri","uri":"https://example.com/b"}],"role":"user"}]`,
			output: answer,
		}},
		{"an image in the conversation", &ai.Request{Prompt: "q", History: []ai.Message{{Role: ai.RoleUser, Images: []ai.Image{ai.ImageURL("https://example.com/a")}}}},
			map[attribute.Key]string{
				input:  `[{"parts":[{"modality":"image","type":"uri","uri":"https://example.com/a"}],"role":"user"},{"parts":[{"content":"q","type":"text"}],"role":"user"}]`,
				output: answer,
			}},
		{"documents", &ai.Request{Prompt: "q", Documents: []ai.Document{{Data: []byte("%PDF-" + canary)}, {URL: "https://example.com/a"}}}, map[attribute.Key]string{
			input: `[{"parts":[{"content":"q","type":"text"},{"content":"","mime_type":"application/pdf","modality":"document","type":"blob"},` +
				`{"mime_type":"application/pdf","modality":"document","type":"uri","uri":"https://example.com/a"}],"role":"user"}]`,
			output: answer,
		}},
		{"tool calls and their results", &ai.Request{History: []ai.Message{
			{Role: ai.RoleUser, Text: "q"},
			{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "1", Name: "price", Arguments: json.RawMessage(`{"of":"x"}`), State: []byte(canary)}}},
			{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "1", Content: "7"}}},
		}}, map[attribute.Key]string{
			input: `[{"parts":[{"content":"q","type":"text"}],"role":"user"},` +
				`{"parts":[{"arguments":"{\"of\":\"x\"}","id":"1","name":"price","type":"tool_call"}],"role":"assistant"},` +
				`{"parts":[{"id":"1","response":"7","type":"tool_call_response"}],"role":"tool"}]`,
			output: answer,
		}},
		{"an embedding has none", ai.Embedding("q"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, asked := range []bool{true, false} {
				l := newLab(t, otel.Config{Content: asked})
				if _, err := l.Wrap(answers("gpt-4o", 0)).Analyze(t.Context(), test.req); err != nil {
					t.Fatal(err)
				}
				for _, key := range []attribute.Key{instructions, input, output, stop} {
					want := test.want[key]
					if !asked {
						want = ""
					}
					got := ""
					if v := value(l.calls()[0], key); v.Type() != attribute.EMPTY {
						got = v.String()
					}
					if got != want {
						t.Errorf("asked for: %t: %s is %s, want %s", asked, key, got, want)
					}
				}
			}
		})
	}
}

func TestAnAnswersEndIsRecordedAndAStaticOnesToo(t *testing.T) {
	for end, want := range map[ai.FinishReason]string{ai.FinishLength: "length", "": "stop"} {
		l := newLab(t, otel.Config{Content: true})
		client := l.client(t, ai.WithProvider("openai", fails("gpt-4o", 0, ai.CodeNotAvailable)), ai.WithStatic(&ai.Response{Text: "sorry", FinishReason: end}))
		if _, err := l.Wrap(client).Analyze(t.Context(), ai.Text("q")); err != nil {
			t.Fatal(err)
		}
		s := l.calls()[0]
		if got := value(s, "gen_ai.output.messages").String(); got != `[{"finish_reason":"`+want+`","parts":[{"content":"sorry","type":"text"}],"role":"assistant"}]` {
			t.Errorf("got %s", got)
		}
		if reasons := value(s, "gen_ai.response.finish_reasons"); (end == "") != (reasons.Type() == attribute.EMPTY) {
			t.Errorf("finish reasons %v", reasons)
		}
	}
}

func TestAnAnswerOfToolCallsOrImagesIsRecordedWithoutTheirBytes(t *testing.T) {
	for want, resp := range map[string]*ai.Response{
		`[{"finish_reason":"tool_call","parts":[{"arguments":"{}","id":"1","name":"price","type":"tool_call"}],"role":"assistant"}]`: {
			FinishReason: ai.FinishToolCalls, ToolCalls: []ai.ToolCall{{ID: "1", Name: "price", Arguments: json.RawMessage(`{}`), State: []byte(canary)}}},
		`[{"finish_reason":"stop","parts":[{"content":"","mime_type":"image/png","modality":"image","type":"blob"}],"role":"assistant"}]`: {
			Images: []ai.GeneratedImage{{Data: []byte(canary), MediaType: "image/png"}}},
	} {
		l := newLab(t, otel.Config{Content: true})
		_, _ = l.Wrap(ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) { return resp, nil })).Analyze(t.Context(), ai.Text("q"))
		if got := value(l.calls()[0], "gen_ai.output.messages").String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAFailedCallHasAQuestionAndNoAnswer(t *testing.T) {
	l := newLab(t, otel.Config{Content: true})
	_, _ = l.Wrap(fails("gpt-4o", 0, ai.CodeTimeout)).Analyze(t.Context(), ai.Text("q"))
	s := l.calls()[0]
	if value(s, "gen_ai.input.messages").Type() == attribute.EMPTY || value(s, "gen_ai.output.messages").Type() != attribute.EMPTY {
		t.Errorf("got %v", s.Attributes)
	}
}
