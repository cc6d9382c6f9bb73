package openai

import (
	"encoding/json"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
)

// schemaName is what the service calls the answer's schema.
const schemaName = "answer"

// answerFormat returns how the request's schema is asked for, and the
// instruction. A schema is enforced strictly where the service can. It takes
// only the schema of an object at all: another is put to the model in words.
func answerFormat(req *ai.Request, model string) (format *openai.ChatCompletionResponseFormat, instruction string) {
	switch {
	case len(req.Schema) == 0:
		return nil, req.Instruction
	case !ofObject(req.Schema):
		return nil, schemaInWords(req)
	}
	return &openai.ChatCompletionResponseFormat{
		Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
		JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
			Name: schemaName, Schema: req.Schema, Strict: isStrict(req.Schema, model),
		},
	}, req.Instruction
}

// schemaInWords returns the instruction with the schema after it.
func schemaInWords(req *ai.Request) string {
	words := "Answer with nothing but JSON that is valid against this JSON Schema: " + string(req.Schema)
	if req.Instruction != "" {
		return req.Instruction + "\n\n" + words
	}
	return words
}

// ofObject reports whether a schema says of its root that it is an object.
func ofObject(schema json.RawMessage) bool {
	var root struct{ Type json.RawMessage }
	return json.Unmarshal(schema, &root) == nil && string(root.Type) == `"object"`
}
