package providertest

import (
	"encoding/json"

	"github.com/finbrain/ai"
)

func schemaChecks() []check {
	needs := []Ability{Texts, Schemas}
	ask := func() *ai.Request {
		return &ai.Request{Prompt: "x", Schema: json.RawMessage(
			`{"type":"object","properties":{"verdict-3d":{"type":"string","enum":["good-4e","bad"]}},"required":["verdict-3d"],"additionalProperties":false}`)}
	}
	return []check{
		{"TheSchemaReachesTheService", needs, "", func(s *subject) {
			s.answers(text(`{"verdict-3d":"bad"}`))
			s.answer(ask())
			if c := s.sent(); !c.shows("verdict-3d") || !c.shows("good-4e") {
				s.Errorf("the call does not hold Request.Schema: have the service enforce it, or put it to the model in words")
			}
		}},
		{"TheAnswerIsReturnedAsItCame", needs, "", func(s *subject) {
			s.answers(text(`{"verdict-3d": `, `"bad" }`))
			if r := s.answer(ask()); r.Text != `{"verdict-3d": "bad" }` {
				s.Errorf("Text is %q: AnalyzeAs checks the answer, an adapter does not change it", r.Text)
			}
		}},
		{"AnySchemaIsTaken", needs, "", func(s *subject) {
			s.answers(text(`[1]`))
			for _, schema := range []string{
				`{"type":"array","items":{"type":"integer"}}`, `{"anyOf":[{"type":"array"},{"$ref":"#/$defs/a"}],"$defs":{"a":{"type":"string"}}}`,
				`{"type":["object","null"],"properties":{"a":{"minimum":9007199254740993}}}`, `{}`,
			} {
				s.answer(&ai.Request{Prompt: "x", Schema: json.RawMessage(schema)})
			}
		}},
	}
}
