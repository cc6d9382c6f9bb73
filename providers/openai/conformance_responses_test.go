package openai_test

import (
	"slices"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/providertest"
)

// responsesFormat is that of the Responses API.
type responsesFormat struct{}

// write says an answer as the Responses API does.
func (f responsesFormat) write(a providertest.Answer) []string {
	if a.Stream {
		return f.events(a)
	}
	return []string{f.response(a).String()}
}

// response is the whole answer, which ends a stream as well.
func (f responsesFormat) response(a providertest.Answer) jsonObject {
	output := []jsonObject{{"type": "reasoning", "id": "rs_1", "summary": []string{}}}
	if len(a.Text) > 0 {
		output = append(output, jsonObject{"type": "message", "role": "assistant", "status": "completed", "content": []jsonObject{
			{"type": "output_text", "text": a.Joined(), "annotations": []string{}},
		}})
	}
	for _, c := range a.ToolCalls {
		output = append(output, f.call(c))
	}
	r := jsonObject{
		"id": "resp_1", "object": "response", "status": "completed", "model": a.Model, "output": output, "error": nil,
		"usage": jsonObject{
			"input_tokens": a.Usage.InputTokens, "output_tokens": a.Usage.OutputTokens, "total_tokens": a.Usage.TotalTokens,
		},
	}
	if a.Finish == ai.FinishLength {
		r["status"], r["incomplete_details"] = "incomplete", jsonObject{"reason": "max_output_tokens"}
	}
	return r
}

func (f responsesFormat) call(c ai.ToolCall) jsonObject {
	return jsonObject{"type": "function_call", "id": "fc_" + c.ID, "call_id": c.ID, "name": c.Name, "arguments": string(c.Arguments)}
}

func (f responsesFormat) events(a providertest.Answer) (list []string) {
	send := func(name string, event jsonObject) {
		event["type"] = name
		list = append(list, "event: "+name+"\ndata: "+event.String()+"\n\n")
	}
	send("response.created", jsonObject{"response": jsonObject{"status": "in_progress", "model": a.Model}})
	send("response.output_item.added", jsonObject{"output_index": 0, "item": jsonObject{"type": "message", "content": []string{}}})
	for _, text := range a.Text {
		send("response.output_text.delta", jsonObject{"output_index": 0, "delta": text})
	}
	for i, c := range a.ToolCalls {
		item := f.call(c)
		arguments := item["arguments"].(string)
		item["arguments"] = ""
		send("response.output_item.added", jsonObject{"output_index": i + 1, "item": item})
		for half := range slices.Chunk([]byte(arguments), len(arguments)/2+1) {
			send("response.function_call_arguments.delta", jsonObject{"output_index": i + 1, "delta": string(half)})
		}
		send("response.output_item.done", jsonObject{"output_index": i + 1, "item": f.call(c)})
	}
	switch {
	case a.Code != "":
		send("error", jsonObject{"code": "server_error", "message": a.Message})
	case a.Finish == ai.FinishLength:
		send("response.incomplete", jsonObject{"response": f.response(a)})
	case a.Finish != "":
		send("response.completed", jsonObject{"response": f.response(a)})
	}
	return list
}
