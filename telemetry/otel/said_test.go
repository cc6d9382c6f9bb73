package otel

import (
	"testing"

	"github.com/finbrain/ai"
)

func TestAnEndlessAnswerIsRecordedToALimit(t *testing.T) {
	s := said{size: saidBytes - 1}
	s.add(&ai.Delta{Text: "a"})
	s.add(&ai.Delta{Text: "b"})
	if s.text.String() != "a" {
		t.Errorf("recorded %q", s.text.String())
	}
	s = said{size: saidBytes - 2*callBytes - 2}
	for i := range 3 {
		s.add(&ai.Delta{ToolCall: &ai.ToolCallDelta{Index: i, Arguments: "{}"}})
	}
	s.add(&ai.Delta{ToolCall: &ai.ToolCallDelta{Index: 0, Arguments: " "}})
	if len(s.calls) != 1 || string(s.calls[0].Arguments) != "{}" {
		t.Errorf("recorded %+v", s.calls)
	}
}
