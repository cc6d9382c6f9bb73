package ai

import "time"

// outlet is where the pieces of a streamed answer go: the caller's loop.
type outlet struct {
	yield func(*Delta, error) bool

	running  bool // the caller's loop body; still true if it ended by a panic
	begun    bool // the caller has content: nobody else may answer
	left     bool // the caller wants no more
	finished bool // the caller has the FinishReason

	content bool          // content has come
	first   time.Duration // when it came, from the start of the call

	last *Delta // with which the stream that answered ended; nil for other answers
}

// came notes that content has come, now.
func (o *outlet) came(now time.Duration) {
	if !o.content {
		o.content, o.first = true, now
	}
}

// give hands a piece to the caller and reports whether more is wanted.
func (o *outlet) give(d *Delta) bool {
	o.finished = o.finished || d.FinishReason != ""
	o.running = true
	more := o.yield(d, nil)
	o.running = false
	return more
}

// whole hands over an answer that came in one piece.
func (o *outlet) whole(resp *Response) bool {
	if resp.Text != "" && !o.give(&Delta{Text: resp.Text}) {
		return false
	}
	for i := range resp.ToolCalls {
		c := &resp.ToolCalls[i]
		part := &ToolCallDelta{Index: i, ID: c.ID, Name: c.Name, Arguments: string(c.Arguments), State: c.State}
		if !o.give(&Delta{ToolCall: part}) {
			return false
		}
	}
	return true
}

// end hands over the answer and what is still missing of its pieces.
func (o *outlet) end(resp *Response) {
	last := o.last
	if last == nil {
		last = new(Delta)
	}
	if !o.begun && !last.content() && !o.whole(resp) {
		return
	}
	last.Response, last.FinishReason = resp, ""
	if !o.finished {
		last.FinishReason = resp.FinishReason
	}
	o.give(last)
}
