package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/providertest"
)

// TestSibylKeepsEveryObligation is all the test that an adapter needs: the
// suite plays the service, with every fault it knows.
func TestSibylKeepsEveryObligation(t *testing.T) {
	providertest.Run(t, providertest.Harness{
		New:   func(s providertest.Service) (ai.Analyzer, error) { return NewSibyl(s.BaseURL, s.Key, s.Client), nil },
		Write: func(_ *http.Request, a providertest.Answer) providertest.Reply { return say(a) },
		Lacks: []providertest.Ability{
			providertest.Images, providertest.ImageURLs, providertest.Documents, providertest.DocumentURLs, providertest.Embeddings,
			providertest.ImageGeneration, providertest.Tools, providertest.Schemas, providertest.StopTexts, providertest.Seeds,
			providertest.Efforts,
		},
	})
}

// say writes an answer as the service does.
func say(a providertest.Answer) providertest.Reply {
	r := providertest.Reply{Header: http.Header{"Sibyl-Request": {a.RequestID}}}
	end := reply{Model: a.Model, Ended: map[ai.FinishReason]string{ai.FinishStop: "done", ai.FinishLength: "limit"}[a.Finish]}
	end.Tokens.In, end.Tokens.Out = a.Usage.InputTokens, a.Usage.OutputTokens
	for word, code := range reasons {
		if a.Code == code {
			end.Reason = word
		}
	}
	switch {
	case a.Code != "" && end.Reason == "":
		return providertest.Reply{} // the service has no word for it
	case a.Code != "" && len(a.Text) == 0:
		r.Status = http.StatusBadRequest
		if a.RetryAfter > 0 {
			r.Header.Set("Retry-After", strconv.Itoa(int(a.RetryAfter.Seconds())))
		}
	case !a.Stream:
		end.Text = a.Joined()
	default:
		for _, piece := range a.Text {
			r.Body = append(r.Body, line(reply{Text: piece}))
		}
		if a.Finish == "" && a.Code == "" {
			return r
		}
	}
	r.Body = append(r.Body, line(end))
	return r
}

func line(r reply) string {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(data) + "\n"
}
