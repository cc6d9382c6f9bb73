package openai

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
)

// noParameters is the schema of a tool that takes none: the service demands an
// object's.
const noParameters = `{"type":"object","properties":{}}`

// chatTools declares the tools.
func chatTools(tools []ai.Tool) []openai.Tool {
	if len(tools) == 0 {
		return nil
	}
	list := make([]openai.Tool, len(tools))
	for i, t := range tools {
		list[i] = openai.Tool{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
			Name: t.Name, Description: t.Description, Parameters: toolParameters(t),
		}}
	}
	return list
}

func toolParameters(t ai.Tool) json.RawMessage {
	if len(t.Parameters) == 0 {
		return json.RawMessage(noParameters)
	}
	return t.Parameters
}

// chatToolChoice returns what the service reads as the choice, nil for its
// default. It refuses a choice without tools.
func chatToolChoice(req *ai.Request) any {
	switch {
	case req.ToolChoice == ai.ToolAuto, len(req.Tools) == 0:
		return nil
	case req.ToolChoice == ai.ToolNone, req.ToolChoice == ai.ToolRequired:
		return string(req.ToolChoice)
	}
	return openai.ToolChoice{Type: openai.ToolTypeFunction, Function: openai.ToolFunction{Name: string(req.ToolChoice)}}
}

// chatCalls writes an earlier turn's calls.
func chatCalls(calls []ai.ToolCall) []openai.ToolCall {
	if len(calls) == 0 {
		return nil
	}
	list := make([]openai.ToolCall, len(calls))
	for i, c := range calls {
		list[i] = openai.ToolCall{ID: callID(c.ID), Type: openai.ToolTypeFunction, Function: openai.FunctionCall{
			Name: c.Name, Arguments: cmp.Or(string(c.Arguments), "{}"),
		}}
	}
	return list
}

// maxCallID is the longest identifier of a call that the service takes.
const maxCallID = 40

// callID returns the identifier of a call as the service takes it: those of
// other providers, whose conversation goes on here, may be longer.
func callID(id string) string {
	if len(id) <= maxCallID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "call_" + hex.EncodeToString(sum[:16])
}
