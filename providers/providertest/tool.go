package providertest

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/finbrain/ai"
)

func toolChecks() []check {
	needs, streams := []Ability{Texts, Tools}, []Ability{Texts, Tools, Streams}
	return []check{
		{"ToolsAreDeclared", needs, "", func(s *subject) {
			s.answers(text("x"))
			s.answer(withTools())
			c := s.sent()
			for _, said := range []string{"price_of", "Says what a share costs.", "ticker-9a", "convert"} {
				if !c.shows(said) {
					s.Errorf("the call does not hold %q: send each tool's Name, Description and Parameters", said)
				}
			}
		}},
		{"ToolCallsComeBack", needs, "", func(s *subject) {
			s.answers(calling())
			s.wantCalls(s.answer(withTools()))
		}},
		{"ToolCallsComeBackInAStream", streams, "", func(s *subject) {
			s.streams(calling())
			s.wantCalls(s.collected(s.stream(s.Context(), withTools())))
		}},
		{"LargeIntegersKeepTheirDigits", needs, "", func(s *subject) {
			s.answers(calling())
			r := s.answer(withTools())
			if len(r.ToolCalls) == 0 || !bytes.Contains(r.ToolCalls[0].Arguments, []byte("9007199254740993")) {
				s.Errorf("ToolCalls are %s, want the number 9007199254740993 as it came: keep Arguments as raw JSON", arguments(r.ToolCalls))
			}
		}},
		{"ACallWithoutArgumentsHasAnEmptyObject", needs, "", func(s *subject) {
			a := calling()
			a.ToolCalls = []ai.ToolCall{{ID: "call_1", Name: "convert", Arguments: json.RawMessage(`{}`)}}
			s.answers(a)
			if r := s.answer(withTools()); len(r.ToolCalls) != 1 || !sameJSON(r.ToolCalls[0].Arguments, []byte(`{}`)) {
				s.Errorf("ToolCalls are %s, want one with {}", arguments(r.ToolCalls))
			}
		}},
		{"ToolChoiceIsSent", needs, "", func(s *subject) {
			s.answers(text("x"))
			for _, choice := range []ai.ToolChoice{ai.ToolAuto, ai.ToolNone, ai.ToolRequired, "price_of", "convert"} {
				req := withTools()
				req.ToolChoice = choice
				s.answer(req)
			}
			bodies := map[string]bool{}
			for _, c := range s.service.received() {
				bodies[string(c.body)] = true
			}
			if len(bodies) != 5 {
				s.Errorf("5 requests with different ToolChoices made %d different bodies", len(bodies))
			}
		}},
		{"ResultsAreHandedBack", needs, "", resultsHandedBack},
		{"AConversationBegunWithAnotherProviderGoesOn", needs, "", foreignConversation},
	}
}

func withTools() *ai.Request {
	return &ai.Request{Prompt: "What does it cost?", Tools: []ai.Tool{
		{Name: "price_of", Description: "Says what a share costs.", Parameters: json.RawMessage(
			`{"type":"object","properties":{"ticker-9a":{"type":"string"},"id":{"type":"integer"}},"required":["ticker-9a"]}`)},
		{Name: "convert"},
	}}
}

// calling is an answer of two calls at once.
func calling() Answer {
	a := text()
	a.Finish = ai.FinishToolCalls
	a.ToolCalls = []ai.ToolCall{
		{ID: "call_1", Name: "price_of", Arguments: json.RawMessage(`{"ticker-9a":"ACME \"B\"","id":9007199254740993}`)},
		{ID: "call_2", Name: "convert", Arguments: json.RawMessage(`{"amounts":[1.50,-2e3],"to":null}`)},
	}
	return a
}

// wantCalls checks the calls of calling. Services that give calls no ID leave
// it to the adapter.
func (s *subject) wantCalls(r *ai.Response) {
	s.Helper()
	want := calling().ToolCalls
	if r.FinishReason != ai.FinishToolCalls {
		s.Errorf("FinishReason is %q, want %q", r.FinishReason, ai.FinishToolCalls)
	}
	if len(r.ToolCalls) != len(want) {
		s.Fatalf("there are %d ToolCalls, want %d", len(r.ToolCalls), len(want))
	}
	for i, got := range r.ToolCalls {
		if got.Name != want[i].Name || !sameJSON(got.Arguments, want[i].Arguments) {
			s.Errorf("ToolCalls[%d] is %s(%s), want %s(%s)", i, got.Name, got.Arguments, want[i].Name, want[i].Arguments)
		}
	}
	if a, b := r.ToolCalls[0].ID, r.ToolCalls[1].ID; a == "" || b == "" || a == b {
		s.Errorf("the calls have the IDs %q and %q: each needs one of its own; make them where the service has none", a, b)
	}
}

// resultsHandedBack goes on with the very calls that the adapter returned.
func resultsHandedBack(s *subject) {
	s.answers(calling())
	req := withTools()
	r := s.answer(req)
	if len(r.ToolCalls) != 2 {
		s.Fatalf("there are %d ToolCalls, want 2", len(r.ToolCalls))
	}
	s.answers(text("It costs 3 euros."))
	req.History = []ai.Message{
		{Role: ai.RoleUser, Text: req.Prompt},
		{Role: ai.RoleAssistant, Text: r.Text, ToolCalls: r.ToolCalls},
		{Role: ai.RoleTool, ToolResults: []ai.ToolResult{
			{CallID: r.ToolCalls[0].ID, Content: `{"price":"result-3a"}`}, {CallID: r.ToolCalls[1].ID, Content: "result-4b", Failed: true},
		}},
	}
	req.Prompt = ""
	if last := s.answer(req); last.Text != "It costs 3 euros." {
		s.Errorf("Text is %q", last.Text)
	}
	calls := s.service.received()
	c := calls[len(calls)-1]
	for _, said := range []string{"9007199254740993", "result-3a", "result-4b"} {
		if !c.shows(said) && !strings.Contains(string(c.body), said) {
			s.Errorf("the call does not hold %q: send the assistant's calls with their Arguments as they are, and every result", said)
		}
	}
}

// foreignConversation goes on with calls of another provider's.
func foreignConversation(s *subject) {
	s.answers(text("It costs 3 euros."))
	req := withTools()
	id := "foreign|" + strings.Repeat("8", 70)
	req.History = []ai.Message{
		{Role: ai.RoleUser, Text: "asked-2b"},
		{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{
			{ID: id, Name: "price_of", Arguments: json.RawMessage(`{"id":9007199254740993}`), State: []byte("another:state-5c")},
		}},
		{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: id, Content: "result-3a"}}},
	}
	req.Prompt = ""
	s.answer(req)
	c := s.sent()
	if !strings.Contains(string(c.body), "9007199254740993") || !c.shows("result-3a") {
		s.Errorf("the call does not hold the other provider's calls and their results")
	}
	if c.shows("state-5c") || c.holds([]byte("another:state-5c")) {
		s.Errorf("the call holds the State of another provider's call: mark your own, and pass over any other")
	}
}

func arguments(calls []ai.ToolCall) string {
	var b strings.Builder
	for _, c := range calls {
		b.WriteString(c.Name + "(" + string(c.Arguments) + ") ")
	}
	return b.String()
}

// sameJSON compares two JSON values, numbers by what they are as float64.
func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	left, err := json.Marshal(x)
	right, other := json.Marshal(y)
	return err == nil && other == nil && bytes.Equal(left, right)
}
