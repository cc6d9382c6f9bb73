package openai

import (
	"encoding/json"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// responseEvent is an event of a stream of the Responses API
// (https://platform.openai.com/docs/api-reference/responses-streaming).
type responseEvent struct {
	Type      string
	At        int `json:"output_index"`
	Delta     content
	Arguments arguments
	Item      outputItem
	Response  json.RawMessage
}

// takeResponse passes on what an event of the Responses API holds. Events of an
// unknown type are passed over.
func (s *stream) takeResponse(event transport.Event, model string) *ai.Error {
	var e responseEvent
	err := decode(event.Data, &e)
	switch {
	case event.Failed():
		return s.fault(event.Data, model)
	case event.Stray:
		return &ai.Error{Code: ai.CodeBadResponse, Detail: "the service sent no stream"}
	case err != nil:
		return &ai.Error{Code: ai.CodeBadResponse, Detail: "the stream holds something that is not JSON"}
	}
	switch e.Type {
	case "error":
		return s.fault(event.Data, model)
	case "response.output_text.delta":
		if e.Delta != "" {
			s.text = true
			s.pass(&ai.Delta{Text: string(e.Delta)})
		}
	case "response.refusal.delta", "response.refusal.done":
		return refused()
	case "response.output_item.added":
		if e.Item.Type == itemCall {
			return s.callPiece(e.Item.piece(e.At))
		}
	case "response.function_call_arguments.delta":
		return s.callPiece(&completionCall{Index: &e.At, Function: completionFunction{Arguments: arguments(e.Delta)}})
	case "response.function_call_arguments.done": // which may be all that comes of them
		_, problem := s.called(e.At, &outputItem{Arguments: e.Arguments})
		s.passCalls()
		return problem
	case "response.output_item.done":
		return s.item(e.At, &e.Item)
	case "response.completed", "response.incomplete", "response.failed":
		return s.end(e.Response, model)
	}
	return nil
}

// fault is the error that an event tells of.
func (s *stream) fault(data []byte, model string) *ai.Error {
	s.call.body.Write(data)
	return s.call.noAnswer(model, "the service told of an error")
}

// callPiece takes a piece of a call.
func (s *stream) callPiece(piece *completionCall) *ai.Error {
	if problem := s.calls.add(piece); problem != nil {
		return problem
	}
	s.passCalls()
	return nil
}

// item takes an item that has come whole.
func (s *stream) item(at int, item *outputItem) *ai.Error {
	switch item.Type {
	case itemReasoning:
		s.think(item)
	case itemCall:
		i, problem := s.called(at, item)
		if problem != nil {
			return problem
		}
		s.passCalls()
		if state := s.states[i]; len(state) > 0 && s.calls.calls[i].announced {
			s.pass(&ai.Delta{ToolCall: &ai.ToolCallDelta{Index: i, State: state}})
		}
	case itemMessage:
		for i := range item.Content {
			if item.Content[i].Refusal != "" {
				return refused()
			}
		}
	}
	return nil
}

// items passes on a whole answer of which nothing had come before.
func (s *stream) items(output []outputItem) *ai.Error {
	s.reasoning = nil
	for i := range output {
		item := &output[i]
		if problem := s.item(i, item); problem != nil {
			return problem
		}
		for j := range item.Content {
			if text := item.Content[j].Text; item.Type == itemMessage && text != "" {
				s.text = true
				s.pass(&ai.Delta{Text: string(text)})
			}
		}
	}
	return nil
}

// end takes the event that ends the answer, which has the whole of it once
// more: for servers that say nothing before.
func (s *stream) end(data []byte, model string) *ai.Error {
	var answer response
	if err := decode(data, &answer); err != nil {
		return &ai.Error{Code: ai.CodeBadResponse, Detail: "the end of the stream is not of the documented shape"}
	}
	finish, problem := answer.finish()
	if problem != nil {
		s.call.body.Write(data)
		return s.call.noAnswer(model, problem.Detail)
	}
	if !s.text && len(s.calls.calls) == 0 {
		if problem := s.items(answer.Output); problem != nil {
			return problem
		}
	}
	reason, problem := ending(finish, s.text, &s.calls)
	if problem != nil {
		return problem
	}
	s.passCalls()
	answer.describe(&s.resp)
	s.resp.FinishReason, s.ended = reason, true
	s.pass(&ai.Delta{FinishReason: reason})
	if s.resp.Usage != (ai.Usage{}) {
		s.pass(&ai.Delta{Usage: new(s.resp.Usage)})
	}
	return nil
}
