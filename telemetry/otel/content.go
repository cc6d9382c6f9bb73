package otel

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/finbrain/ai"
)

// The forms below follow the JSON schemas of the conventions,
// docs/gen-ai/gen-ai-input-messages.json, gen-ai-output-messages.json and
// gen-ai-system-instructions.json, as structured values: that is how they are
// to be recorded where a library has such values.

// contentOf is what a request says, without the bytes of its images.
func contentOf(req *ai.Request) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if req.Instruction != "" {
		attributes = append(attributes, instructions.Slice(textPart(req.Instruction)))
	}
	if len(req.Stop) > 0 {
		attributes = append(attributes, requestStop.StringSlice(texts(req.Stop)))
	}
	messages := make([]attribute.Value, 0, len(req.History)+1)
	for i := range req.History {
		m := &req.History[i]
		said := parts(m.Text, m.Images, m.Documents)
		messages = append(messages, message(string(m.Role), append(append(said, calls(m.ToolCalls)...), results(m.ToolResults)...)))
	}
	if said := parts(req.Prompt, req.Images, req.Documents); len(said) > 0 { // else the model goes on with tool results
		messages = append(messages, message(string(ai.RoleUser), said))
	}
	return append(attributes, inputMessages.Slice(messages...))
}

// answerOf is what an answer says. The schema requires a reason for its end,
// and has a word of its own for tool calls.
func answerOf(resp *ai.Response) attribute.KeyValue {
	end := cmp.Or(resp.FinishReason, ai.FinishStop)
	if end == ai.FinishToolCalls {
		end = "tool_call"
	}
	said := parts(resp.Text, nil, nil)
	for i := range resp.Images {
		said = append(said, filePart("image", resp.Images[i].MediaType, ""))
	}
	return outputMessages.Slice(message(string(ai.RoleAssistant), append(said, calls(resp.ToolCalls)...),
		attribute.String("finish_reason", name(string(end)))))
}

func texts(all []string) []string {
	fit := make([]string, len(all))
	for i, s := range all {
		fit[i] = text(s)
	}
	return fit
}

func message(role string, parts []attribute.Value, more ...attribute.KeyValue) attribute.Value {
	return attribute.MapValue(append(more, attribute.String("role", name(role)), attribute.Slice("parts", parts...))...)
}

func parts(said string, images []ai.Image, documents []ai.Document) []attribute.Value {
	all := make([]attribute.Value, 0, len(images)+len(documents)+1)
	if said != "" {
		all = append(all, textPart(said))
	}
	for i := range images {
		all = append(all, filePart("image", images[i].Type(), images[i].URL))
	}
	for i := range documents {
		all = append(all, filePart("document", "application/pdf", documents[i].URL))
	}
	return all
}

func textPart(content string) attribute.Value {
	return attribute.MapValue(attribute.String("type", "text"), attribute.String("content", text(content)))
}

// filePart is a uri, or a blob whose content is left out: also that of a data:
// URL, which no provider is sent.
func filePart(modality, mediaType, url string) attribute.Value {
	part := []attribute.KeyValue{attribute.String("modality", modality)}
	if mediaType != "" {
		part = append(part, attribute.String("mime_type", name(mediaType)))
	}
	if url == "" || dataURL(url) {
		return attribute.MapValue(append(part, attribute.String("type", "blob"), attribute.String("content", ""))...)
	}
	return attribute.MapValue(append(part, attribute.String("type", "uri"), attribute.String("uri", text(url)))...)
}

// calls are the tool calls of a turn or an answer, without their State, which
// is the provider's own.
func calls(all []ai.ToolCall) []attribute.Value {
	parts := make([]attribute.Value, len(all))
	for i := range all {
		c := &all[i]
		parts[i] = attribute.MapValue(attribute.String("type", "tool_call"), attribute.String("id", name(c.ID)),
			attribute.String("name", name(c.Name)), attribute.String("arguments", text(string(c.Arguments))))
	}
	return parts
}

func results(all []ai.ToolResult) []attribute.Value {
	parts := make([]attribute.Value, len(all))
	for i := range all {
		r := &all[i]
		parts[i] = attribute.MapValue(attribute.String("type", "tool_call_response"), attribute.String("id", name(r.CallID)),
			attribute.String("response", text(r.Content)))
	}
	return parts
}

func dataURL(url string) bool {
	scheme, _, _ := strings.Cut(url, ":")
	return strings.EqualFold(strings.TrimSpace(scheme), "data")
}
