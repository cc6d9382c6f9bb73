package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

// question prints what is asked, and about what, before the answer is there.
func (s *screen) question(in input, question string) {
	s.line()
	s.text(bold, "", in.String())
	s.text(dim, "", question)
}

// answer prints a text and where it came from.
func (s *screen) answer(resp *ai.Response) {
	s.line()
	s.text(plain, "  ", strings.TrimSpace(resp.Text))
	s.line()
	s.provenance(resp)
}

// provenance prints what an answer says of itself.
func (s *screen) provenance(resp *ai.Response) {
	if resp.Provider != "" {
		s.field("provider", plain, resp.Provider)
		s.field("model", plain, resp.Model)
	}
	s.field("source", plain, string(resp.Source))
	if resp.Source == ai.SourceCache {
		s.field("age", plain, ageOf(resp.Age))
	}
	look, marker := markerOf(resp)
	s.field("fallback", look, marker)
	if resp.FinishReason == ai.FinishLength {
		s.field("finish", yellow, "cut short by the token limit")
	}
	s.field("usage", plain, usageOf(resp.Usage))
	s.field("trail", plain, resp.Trail.String())
}

// markerOf tells the fallback marker and its reason.
func markerOf(resp *ai.Response) (style, string) {
	if !resp.Fallback {
		return green, "false"
	}
	return yellow, "true, because of the primary: " + inWords(resp.Reason)
}

// inWords returns a code as it is said, "circuit open".
func inWords(c ai.Code) string { return strings.ReplaceAll(string(c), "_", " ") }

func ageOf(age time.Duration) string {
	if age < time.Second {
		return "less than a second"
	}
	return age.Round(time.Second).String()
}

func usageOf(u ai.Usage) string {
	if u == (ai.Usage{}) {
		return "not reported"
	}
	if u.OutputTokens == 0 {
		return count(u.TotalTokens, "token")
	}
	return fmt.Sprintf("%d tokens in, %d out, %d in all", u.InputTokens, u.OutputTokens, u.TotalTokens)
}
