// Package mocks stands in for AI providers in tests and demonstrations.
//
// For a unit test of code that depends on ai.Analyzer, script an [Analyzer]:
//
//	m := mocks.NewAnalyzer(t).Fail(ai.CodeUnavailable).Answer("Net debt fell.")
//	report, err := NewReporter(m).Report(t.Context(), filing)
//
// Each call takes the next step of the script. A call that the script does not
// expect, a call of the wrong kind, and a step never asked for fail the test.
//
// For a test of everything down to the wire, [NewOpenAI] and [NewGemini] are
// fakes of the providers' HTTP services with answers made from the input:
//
//	openAI := mocks.NewOpenAI()
//	defer openAI.Close()
//	p, err := openai.New(openai.Config{
//		APIKey: "any", BaseURL: openAI.BaseURL(), HTTPClient: openAI.Client()})
//	openAI.Script(mocks.RateLimited(2*time.Second), mocks.Reset())
//
// In memory they work within a testing/synctest bubble, where hours pass in
// milliseconds; on loopback ([Server.Start]) they serve any program.
package mocks
