package mocks

// responseEvent is one event of a streamed response.
type responseEvent struct {
	Type         string          `json:"type"`
	Number       int             `json:"sequence_number"`
	Response     *openAIResponse `json:"response,omitempty"`
	ItemID       string          `json:"item_id,omitempty"`
	OutputIndex  *int            `json:"output_index,omitempty"`
	ContentIndex *int            `json:"content_index,omitempty"`
	Item         *outputItem     `json:"item,omitempty"`
	Part         *outputPart     `json:"part,omitempty"`
	Delta        *string         `json:"delta,omitempty"`
	Text         *string         `json:"text,omitempty"`
	Refusal      *string         `json:"refusal,omitempty"`
	Arguments    *string         `json:"arguments,omitempty"`
}

// responseWriter writes the events of a response in order.
type responseWriter struct {
	chunks []chunk
	pieces int
}

func (w *responseWriter) add(e responseEvent) *chunk {
	e.Number = len(w.chunks)
	w.chunks = append(w.chunks, chunk{name: e.Type, data: mustMarshal(e)})
	return &w.chunks[len(w.chunks)-1]
}

// responseEvents writes an answer as the stream of a response
// (https://platform.openai.com/docs/api-reference/responses-streaming). The
// last event, response.completed or response.incomplete, is the finish and the
// terminator in one.
func responseEvents(q question, a said) []chunk {
	w := &responseWriter{pieces: a.chunks}
	w.add(responseEvent{Type: "response.created", Response: new(opened(q))})
	w.add(responseEvent{Type: "response.in_progress", Response: new(opened(q))})
	whole := responseOf(q, a)
	for i := range whole.Output {
		w.item(i, &whole.Output[i])
	}
	last := w.add(responseEvent{Type: "response." + whole.Status, Response: &whole})
	last.finish, last.end = true, true
	return w.chunks
}

// item writes an item of the output, from its opening to its end.
func (w *responseWriter) item(i int, item *outputItem) {
	begun := *item
	if item.Status != "" {
		begun.Status = inProgress
	}
	if item.Content != nil {
		begun.Content = &[]outputPart{}
	}
	if item.Arguments != nil {
		begun.Arguments = new("")
	}
	opening := w.add(responseEvent{Type: "response.output_item.added", OutputIndex: &i, Item: &begun})
	if item.Arguments != nil {
		opening.content = true // it names the tool
		of := responseEvent{ItemID: item.ID, OutputIndex: &i}
		w.deltas(of, "response.function_call_arguments", argumentPieces(*item.Arguments, w.pieces))
		of.Type, of.Arguments = "response.function_call_arguments.done", item.Arguments
		w.add(of)
	}
	if item.Content != nil {
		for j := range *item.Content {
			w.part(responseEvent{ItemID: item.ID, OutputIndex: &i, ContentIndex: &j}, &(*item.Content)[j])
		}
	}
	w.add(responseEvent{Type: "response.output_item.done", OutputIndex: &i, Item: item})
}

// part writes a part of a message.
func (w *responseWriter) part(of responseEvent, part *outputPart) {
	begun, done := *part, of
	prefix, text := "response.output_text", part.Text
	if part.Refusal != nil {
		prefix, text = "response.refusal", part.Refusal
		begun.Refusal, done.Refusal = new(""), text
	} else {
		begun.Text, done.Text = new(""), text
	}
	added := of
	added.Type, added.Part = "response.content_part.added", &begun
	w.add(added)
	w.deltas(of, prefix, pieces(*text, w.pieces))
	done.Type = prefix + ".done"
	w.add(done)
	of.Type, of.Part = "response.content_part.done", part
	w.add(of)
}

func (w *responseWriter) deltas(of responseEvent, prefix string, pieces []string) {
	of.Type = prefix + ".delta"
	for _, piece := range pieces {
		of.Delta = &piece
		w.add(of).content = true
	}
}
