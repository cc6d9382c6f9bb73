package otel

import (
	"strings"

	"github.com/finbrain/ai"
)

// saidBytes is how much of a streamed answer is recorded; a tool call counts
// as callBytes more than its parts. A Client ends longer ones itself.
const (
	saidBytes = 64 << 20
	callBytes = 128
)

// said is the content of a stream.
type said struct {
	text  strings.Builder
	calls []ai.ToolCall
	size  int
}

func (s *said) add(d *ai.Delta) {
	if s.size += len(d.Text); s.size > saidBytes {
		return
	}
	s.text.WriteString(d.Text)
	part := d.ToolCall
	if part == nil || part.Index < 0 || part.Index > len(s.calls) {
		return
	}
	begins := part.Index == len(s.calls)
	if begins {
		s.size += callBytes
	}
	if s.size += len(part.Arguments); s.size > saidBytes {
		return
	}
	if begins {
		s.calls = append(s.calls, ai.ToolCall{})
	}
	c := &s.calls[part.Index]
	if part.ID != "" {
		c.ID = part.ID
	}
	if part.Name != "" {
		c.Name = part.Name
	}
	c.Arguments = append(c.Arguments, part.Arguments...)
}
