// Package mocks stands in for AI providers in tests and demonstrations.
//
// For a unit test of code that depends on ai.Analyzer, script an [Analyzer]:
//
//	m := mocks.NewAnalyzer(t).Fail(ai.CodeUnavailable).Answer("Net debt fell.")
//	report, err := NewReporter(m).Report(t.Context(), filing)
//
// Each call takes the next step of the script. A call that the script does not
// expect, a call of the wrong kind, and a step never asked for fail the test.
// Streams take steps too, and may break where the script says:
//
//	m.Deltas("Net ", "debt ").ThenFail(ai.CodeUnavailable)
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
// They stream, call tools, follow schemas, look at images and documents, and
// make images; the fake OpenAI has the Responses API, files and fine-tuning jobs
// too. [Server.Answer] says what is answered in place of an emulation, a
// [StreamFault] what goes wrong within a stream:
//
//	openAI.Answer(mocks.Answer{Text: "Net debt fell.", Chunks: 3})
//	openAI.Script(mocks.CutStream(2))
//
// In memory they work within a testing/synctest bubble, where hours pass in
// milliseconds; on loopback ([Server.Start]) they serve any program.
//
// The package replay below records what a real provider says, and replays it.
package mocks
