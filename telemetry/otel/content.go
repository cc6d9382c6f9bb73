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
		messages = append(messages, message(string(m.Role), parts(m.Text, m.Images)))
	}
	messages = append(messages, message(string(ai.RoleUser), parts(req.Prompt, req.Images)))
	return append(attributes, inputMessages.Slice(messages...))
}

// answerOf is what an answer says. The schema requires a reason for its end.
func answerOf(resp *ai.Response) attribute.KeyValue {
	end := cmp.Or(resp.FinishReason, ai.FinishStop)
	return outputMessages.Slice(message(string(ai.RoleAssistant), []attribute.Value{textPart(resp.Text)},
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

func parts(said string, images []ai.Image) []attribute.Value {
	all := make([]attribute.Value, 0, len(images)+1)
	if said != "" {
		all = append(all, textPart(said))
	}
	for i := range images {
		all = append(all, imagePart(&images[i]))
	}
	return all
}

func textPart(content string) attribute.Value {
	return attribute.MapValue(attribute.String("type", "text"), attribute.String("content", text(content)))
}

// imagePart is a uri, or a blob whose content is left out: also where that
// came as a data: URL, which no provider is sent.
func imagePart(image *ai.Image) attribute.Value {
	part := []attribute.KeyValue{attribute.String("modality", "image")}
	if mime := image.Type(); mime != "" {
		part = append(part, attribute.String("mime_type", name(mime)))
	}
	if image.URL != "" && !dataURL(image.URL) {
		return attribute.MapValue(append(part, attribute.String("type", "uri"), attribute.String("uri", text(image.URL)))...)
	}
	return attribute.MapValue(append(part, attribute.String("type", "blob"), attribute.String("content", ""))...)
}

func dataURL(url string) bool {
	scheme, _, _ := strings.Cut(url, ":")
	return strings.EqualFold(strings.TrimSpace(scheme), "data")
}
