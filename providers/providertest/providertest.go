// Package providertest is the conformance suite for provider adapters: whoever
// writes an ai.Analyzer for a service runs it and knows that a Client can rely
// on the adapter.
//
// The suite plays the service itself, over HTTP in memory and in virtual time.
// A Harness teaches it the service's format, in some twenty lines; the faults
// (connections that break, bodies without an end, compressed bombs, redirects,
// silence) are the suite's own:
//
//	func TestConformance(t *testing.T) {
//		providertest.Run(t, providertest.Harness{
//			New: func(s providertest.Service) (ai.Analyzer, error) {
//				return acme.New(acme.Config{BaseURL: s.BaseURL, HTTPClient: s.Client, APIKey: s.Key})
//			},
//			Write: writeAcme,
//			Lacks: []providertest.Ability{providertest.Embeddings},
//		})
//	}
//
// Each subtest is named after an obligation of ai.Analyzer, ai.Planner or
// ai.Streamer, or after a line of the table in the documentation of package ai,
// and its message says what to do. examples/custom-provider is a whole adapter
// with its harness.
package providertest

import (
	"slices"
	"testing"
	"testing/synctest"
)

// Run checks the adapter, each obligation in a subtest of its own, with an
// adapter and a service of its own. A subtest runs in a testing/synctest
// bubble: what waits costs no time, and a goroutine that is left at the end
// fails it. The suite takes some seconds, of which most go into answers without
// an end: those are left out under the race detector. It is for a test that is
// not parallel, since it looks at what the adapter logs.
func Run(t *testing.T, h Harness) {
	t.Helper()
	switch {
	case h.New == nil:
		t.Fatal("providertest: Harness.New is nil")
	case h.Write == nil:
		t.Fatal("providertest: Harness.Write is nil")
	case h.lacks(Texts) && h.lacks(Embeddings):
		t.Fatal("providertest: Harness.Lacks names both Texts and Embeddings: there is nothing left to ask for")
	}
	for _, concern := range concerns() {
		t.Run(concern.name, func(t *testing.T) {
			for _, c := range concern.checks {
				t.Run(c.name, func(t *testing.T) {
					if missing := h.missing(c); missing != "" {
						t.Skip(missing)
					}
					synctest.Test(t, func(t *testing.T) { play(t, h, c) })
				})
			}
		})
	}
}

// concern is a group of checks.
type concern struct {
	name   string
	checks []check
}

// check is one obligation.
type check struct {
	name    string
	needs   []Ability // without one of these there is nothing to check
	without Ability   // with this neither
	run     func(*subject)
}

func concerns() []concern {
	return []concern{
		{"Text", textChecks()},
		{"Image", imageChecks()},
		{"Document", documentChecks()},
		{"Embedding", embeddingChecks()},
		{"Plan", planChecks()},
		{"Stream", streamChecks()},
		{"Tools", toolChecks()},
		{"Schema", schemaChecks()},
		{"ImageGeneration", generationChecks()},
		{"Unsupported", unsupportedChecks()},
		{"Errors", errorChecks()},
		{"Cancellation", cancellationChecks()},
		{"Limits", limitChecks()},
		{"Secrets", secretChecks()},
		{"Concurrency", concurrencyChecks()},
	}
}

func (h Harness) lacks(a Ability) bool { return slices.Contains(h.Lacks, a) }

// missing says why a check has nothing to check, "" when it has.
func (h Harness) missing(c check) string {
	for _, a := range c.needs {
		if h.lacks(a) {
			return "the adapter lacks " + string(a)
		}
	}
	if c.without != "" && !h.lacks(c.without) {
		return "the adapter has " + string(c.without)
	}
	return ""
}

// play runs a check in a bubble.
func play(t testing.TB, h Harness, c check) {
	t.Helper()
	s := newSubject(t, h)
	defer s.leave()
	c.run(s)
}
