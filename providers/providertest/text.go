package providertest

import (
	"math"
	"slices"
	"strings"

	"github.com/finbrain/ai"
)

func textChecks() []check {
	needs := []Ability{Texts}
	return []check{
		{"TheAnswerComesBackWhole", needs, "", wholeAnswer},
		{"TheAnswerSaysWhereItComesFrom", nil, "", provenance},
		{"UsageIsCounted", []Ability{Texts, Usage}, "", usage},
		{"ThePromptInstructionAndHistoryReachTheServiceInOrder", needs, "", conversation},
		{"TheModelOfTheRequestIsAsked", nil, "", modelAsked},
		{"ATemperatureOfZeroIsSent", []Ability{Texts, Temperatures}, "", func(s *subject) {
			s.answers(text("x"))
			s.compare("Temperature 0", &ai.Request{Prompt: "x"}, &ai.Request{Prompt: "x", Temperature: new(0.0)})
		}},
		{"ASeedOfZeroIsSent", []Ability{Texts, Seeds}, "", func(s *subject) {
			s.answers(text("x"))
			s.compare("Seed 0", &ai.Request{Prompt: "x"}, &ai.Request{Prompt: "x", Seed: new(int64(0))})
		}},
		{"MaxTokensIsSent", []Ability{Texts, TokenLimits}, "", func(s *subject) {
			s.answers(text("x"))
			s.compare("MaxTokens", &ai.Request{Prompt: "x"}, &ai.Request{Prompt: "x", MaxTokens: 321})
		}},
		{"StopTextsAreSent", []Ability{Texts, StopTexts}, "", func(s *subject) {
			s.answers(text("x"))
			s.answer(&ai.Request{Prompt: "x", Stop: []string{"stop-7f", "stop-8e"}})
			if c := s.sent(); !c.shows("stop-7f") || !c.shows("stop-8e") {
				s.Errorf("the call does not hold every one of Request.Stop")
			}
		}},
		{"AnEffortIsSent", []Ability{Texts, Efforts}, "", func(s *subject) {
			s.answers(text("x"))
			s.compare("Effort", &ai.Request{Prompt: "x", Effort: ai.EffortLow}, &ai.Request{Prompt: "x", Effort: ai.EffortHigh})
		}},
		{"AnAnswerCutByTheTokenLimitSaysSo", needs, "", func(s *subject) {
			a := text("Net sales")
			a.Finish = ai.FinishLength
			s.answers(a)
			if r := s.answer(ai.Text("x")); r.FinishReason != ai.FinishLength || r.Text != "Net sales" {
				s.Errorf("Text %q and FinishReason %q, want the text with %q", r.Text, r.FinishReason, ai.FinishLength)
			}
		}},
		{"AnAnswerWithoutTextIsABadResponse", needs, "", func(s *subject) {
			s.answers(text())
			s.fail(ai.Text("x"), ai.CodeBadResponse)
		}},
		{"UnknownFieldsArePassedOver", needs, "", func(s *subject) {
			s.service.play(func(st *stage) { st.send(strange(s.write(st, text("Net sales rose.")))) })
			if r := s.answer(ai.Text("x")); r.Text != "Net sales rose." {
				s.Errorf("Text is %q", r.Text)
			}
		}},
		{"ABodyThatArrivesByteByByteIsReadWhole", needs, "", func(s *subject) {
			s.service.play(func(st *stage) {
				r := s.write(st, text("Der Umsatz stieg: 一 🌍"))
				st.head(r)
				st.drip(strings.Join(r.Body, ""))
			})
			if r := s.answer(ai.Text("x")); r.Text != "Der Umsatz stieg: 一 🌍" {
				s.Errorf("Text is %q", r.Text)
			}
		}},
		{"TheRequestIsNotModified", nil, "", func(s *subject) {
			s.answers(s.reply())
			req := s.question()
			if !s.harness.lacks(Texts) {
				req.History = slices.Grow([]ai.Message{{Role: ai.RoleUser, Text: "a"}, {Role: ai.RoleAssistant, Text: "b"}}, 8)
				req.Temperature = new(0.5)
			}
			if !s.harness.lacks(Texts) && !s.harness.lacks(StopTexts) {
				req.Stop = slices.Grow([]string{"stop-7f"}, 8)
			}
			s.answer(req)
		}},
		{"AnInvalidRequestIsRefusedWithoutACall", nil, "", invalidRequests},
	}
}

func wholeAnswer(s *subject) {
	const want = "Net sales rose by 4 % – \"a record\".\n\t<b>&amp;</b> \\n 🌍 \u2028 end"
	s.answers(text(want[:20], want[20:]))
	r := s.answer(ai.Text("x"))
	if r.Text != want {
		s.Errorf("Text is\n%q, want\n%q", r.Text, want)
	}
	if r.FinishReason != ai.FinishStop {
		s.Errorf("FinishReason is %q, want %q", r.FinishReason, ai.FinishStop)
	}
}

func provenance(s *subject) {
	s.answers(s.reply())
	r := s.answer(s.question())
	if r.Source != ai.SourceProvider {
		s.Errorf("Source is %q, want %q", r.Source, ai.SourceProvider)
	}
	if r.Provider == "" {
		s.Errorf("Provider is empty: name the adapter")
	}
	if r.Model == "" {
		s.Errorf("Model is empty: give the name that the service does or else the one that was asked")
	}
	if r.RequestID != requestID && !s.harness.lacks(RequestIDs) {
		s.Errorf("RequestID is %q, want the service's: %q", r.RequestID, requestID)
	}
}

func usage(s *subject) {
	a := text("x")
	s.answers(a)
	if r := s.answer(ai.Text("x")); r.Usage.InputTokens != 11 || r.Usage.OutputTokens != 7 || r.Usage.TotalTokens != 18 {
		s.Errorf("Usage is %+v, want %+v", r.Usage, a.Usage)
	}
}

func conversation(s *subject) {
	s.answers(text("x"))
	s.answer(&ai.Request{
		Instruction: "instruction-1a",
		History:     []ai.Message{{Role: ai.RoleUser, Text: "asked-2b"}, {Role: ai.RoleAssistant, Text: "answered-3c"}},
		Prompt:      "prompt-4d",
	})
	c, last := s.sent(), -1
	if !c.shows("instruction-1a") {
		s.Errorf("the call does not hold Request.Instruction")
	}
	for _, said := range []string{"asked-2b", "answered-3c", "prompt-4d"} {
		at := c.position(said)
		if at < 0 {
			s.Errorf("the call does not hold %q: send every turn of History, and the Prompt", said)
		} else if at < last {
			s.Errorf("%q does not come after the turns before it", said)
		}
		last = max(at, last)
	}
}

func modelAsked(s *subject) {
	s.answers(s.reply())
	req := s.question()
	req.Model = "asked-model-5e"
	s.answer(req)
	if !s.sent().shows("asked-model-5e") {
		s.Errorf("the call does not name Request.Model, in its body or address")
	}
}

func invalidRequests(s *subject) {
	for _, bad := range []struct {
		field string
		req   *ai.Request
	}{
		{"Request", nil},
		{"Prompt", ai.Text(" ")},
		{"Inputs", ai.Embedding()},
		{"Inputs[1]", ai.Embedding("x", "")},
		{"Images", &ai.Request{Kind: ai.KindImage, Prompt: "x"}},
		{"Kind", &ai.Request{Kind: 99, Prompt: "x"}},
		{"MaxTokens", &ai.Request{Prompt: "x", MaxTokens: -1}},
		{"Temperature", &ai.Request{Prompt: "x", Temperature: new(math.NaN())}},
		{"Schema", &ai.Request{Prompt: "x", Schema: []byte(`{`)}},
	} {
		_, err := s.guarded(func() (*ai.Response, error) { return s.adapter.Analyze(s.Context(), bad.req) })
		if err == nil {
			s.Errorf("a request with a wrong %s is answered: call Request.Validate first", bad.field)
		} else if e := s.known("Analyze", err); e.Code != ai.CodeInvalidRequest || e.Field != bad.field {
			s.Errorf("a request with a wrong %s fails with Code %s and Field %q, want %s and the field: call Request.Validate first",
				bad.field, e.Code, e.Field, ai.CodeInvalidRequest)
		}
	}
	s.silent("an invalid request is refused before any network: call Request.Validate first")
}

// strange adds fields to the JSON objects of a reply that nobody knows.
func strange(r Reply) Reply {
	r.Body = slices.Clone(r.Body)
	for i, piece := range r.Body {
		before, after, found := strings.Cut(piece, "{")
		if comma := ","; found {
			if strings.HasPrefix(strings.TrimSpace(after), "}") {
				comma = ""
			}
			r.Body[i] = before + `{"x_unknown":{"a":[1,"b",null,{"c":true}]},"x_unknown_list":[[]]` + comma + after
		}
	}
	return r
}
