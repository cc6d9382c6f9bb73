// Package ai asks AI providers for an analysis of text or images, or for
// embeddings, and gets an answer even while a provider is failing.
//
// An application depends on one interface, Analyzer. A Client implements it on
// top of any number of providers, each of which implements it too; so does the
// double in package mocks. Swapping a provider is a line at start-up, and a
// unit test needs no network.
//
//	client, err := ai.New(
//		ai.WithProvider("openai", openaiProvider), // the primary
//		ai.WithProvider("gemini", geminiProvider), // its substitute
//	)
//	resp, err := client.Analyze(ctx, &ai.Request{Prompt: "Which covenants does this filing put at risk? …"})
//
// # The story of one call
//
//	Analyze ─ check the request ─ fresh cached answer? ─ primary ─ substitutes ─ mark ─ return
//
//	substitutes, by default:  stale cached answer ─ next route … ─ static answer
//
//	a route:  limit ─ retry ( breaker and gate ─ time limit ─ provider )
//
// A route is a provider under a name, with one guard for each kind of request:
// "openai/text" can be open while "openai/embedding" works. The first route
// that can serve the kind is the primary. Whatever answers after the primary
// was left carries Fallback, the Reason (the primary's Code), the Source and
// the provider and model that served; the Trail lists every attempt made and
// every step skipped.
//
// # Time
//
// An attempt is limited to 60 s for text and images and 20 s for embeddings, a
// call whose context has no deadline to two minutes. While k other routes could
// still be called, a route may use 3/(2k+3) of the time left, so that a
// provider that hangs leaves the next one time to answer. Nobody waits in front
// of a ready fallback: one retry within 250 ms, none after a time limit. For a
// static answer's sake nobody hurries, but no wait is longer than a second.
// After the caller has cancelled nothing more is sent.
//
// # Streams
//
// Client.Stream takes the same way, and the answer comes piece by piece. A route
// may be left until its first content has reached the caller, never after: no
// answer is put together from two models. A route has 20 s until then and 30 s
// between chunks, counted only while the caller waits; the limits above hold
// until the first content, and then only the caller's context. A stream without
// a finish reason has been cut: that is an error, also after content. The breaker
// hears how the stream ended when it ends, and nothing of a caller who leaves the
// loop. Caches and static answers are streamed as one piece.
//
// # What counts as what
//
// Every failure has a Code, and the Code decides all else:
//
//	Code                 retried           breaker           next step
//	invalid_request      no                –                 no
//	too_large            no                –                 yes
//	context_length       no                –                 yes
//	max_tokens           no                –                 no
//	content_filtered     no                –                 no (an option)
//	model_failed         no                –                 yes
//	not_available        no                –                 yes
//	authentication       no                failure           yes
//	quota_exhausted      no                – (model shut)    yes
//	rate_limited         after the hint    – (gate shut)     yes
//	timeout              yes               failure           yes
//	unavailable          yes               failure           yes
//	bad_response         once              failure           yes
//	circuit_open         no                –                 yes
//	overloaded_here      no                –                 yes
//	incompatible_space   no                –                 yes
//	canceled             no                –                 no
//	deadline             no                failure¹          no
//	unsupported          no                –                 yes
//
// ¹ only if the attempt had run at least 5 s, or twice the route's observed
// p95 when that is less: hurried callers must not open a healthy provider. The
// same holds for an attempt cut by its share of the deadline.
//
// A rate limit or a used-up quota shuts a gate for that route, kind and model
// until the provider's hint has passed (10 minutes for a quota without one);
// then one call goes first.
//
// # Embeddings
//
// Vectors of different models cannot be compared. A Response names its Space,
// and a substitute answers an embedding request only from the primary's space,
// unless the request says AllowOtherSpace.
package ai
