// Package otel watches calls with OpenTelemetry: a span of every call, with
// its attempts below it, and metrics, by the semantic conventions for
// generative AI (https://github.com/open-telemetry/semantic-conventions-genai,
// status Development; see SchemaURL).
//
//	telemetry, err := otel.New(otel.Config{})
//	client, err := ai.New(
//		ai.WithProvider("openai", openaiProvider),
//		ai.WithObserver(telemetry), // what happens within the Client
//	)
//	analyzer := telemetry.Wrap(client) // the calls
//	resp, err := analyzer.Analyze(ctx, req)
//	for delta, err := range analyzer.(ai.Streamer).Stream(ctx, req) { … }
//
// # Spans
//
// A call, streamed or not, is one span of kind CLIENT, "{operation} {model}", below the span of
// the caller's context and over those that a provider's HTTP client makes. Its
// operation is "chat", for images to be made and for the Gemini API and Vertex
// AI "generate_content", or "embeddings". The provider and the models are those that answered, of a
// failed call, or one that got a static answer, those of the primary. Usage is
// there only if a provider answered: cached answers cost nothing. Callers that
// a Client let share one exchange each show its usage, so costs are summed from
// the metrics, not from spans.
//
//	gen_ai.operation.name, gen_ai.provider.name, gen_ai.request.model,
//	gen_ai.output.type, gen_ai.request.choice.count, .max_tokens, .temperature,
//	.seed, .stream, gen_ai.response.model, .finish_reasons,
//	.time_to_first_chunk (s), gen_ai.usage.input_tokens, .output_tokens,
//	.cache_read.input_tokens, .reasoning.output_tokens,
//	gen_ai.embeddings.dimension.count
//	error.type                  the ai.Code, "_OTHER" for an error without one
//	finbrain.ai.kind            "text", "image", "embedding" or "image_generation"
//	finbrain.ai.route           who answered, or the primary
//	finbrain.ai.source          "provider", "cache" or "static"
//	finbrain.ai.fallback        whether something other than the primary answered
//	finbrain.ai.primary         the route that should have, of a fallback
//	finbrain.ai.reason          the ai.Code of its failure, of a fallback
//	finbrain.ai.cache.age       s, of a cached answer
//	finbrain.ai.attempts        how many times providers were asked
//	finbrain.ai.retry_after     s, the wait hint of an error
//	finbrain.ai.request_id      the provider's identifier of the exchange
//
// Below it is one span of kind INTERNAL for each attempt of the Trail,
// "attempt {route}", at the attempt's own time, with gen_ai.provider.name,
// gen_ai.request.model, error.type, http.response.status_code and
// finbrain.ai.route, .circuit and .retry_after. Steps that asked no provider
// are events: "finbrain.ai.step.skipped", with the reason, and
// "finbrain.ai.step.answered" (from the cache, or static).
//
// The span of a stream begins with the loop over it and ends when the last piece
// comes, before the caller has it, or when the caller leaves: "canceled", unless
// the finish reason had come, and with the primary and without attempts, as who
// answered is told at the end. The first chunk is the first with content: text,
// a tool call, or an answer in one piece.
//
// A failed span has the status Error with the Code as its description; an
// attempt that lost a race against another, or whose caller left, has not. No
// span holds the text of an error, a tenant or a key, and none holds content
// unless Config.Content asks for it: then gen_ai.system_instructions,
// gen_ai.input.messages, gen_ai.output.messages and
// gen_ai.request.stop_sequences are on the call's span.
//
// # Metrics
//
// Of the wrapped calls, with the labels gen_ai.operation.name,
// gen_ai.provider.name, gen_ai.request.model, gen_ai.response.model,
// error.type, finbrain.ai.kind, .source and .fallback:
//
//	gen_ai.client.operation.duration     s, the duration of the span
//	gen_ai.client.operation.time_to_first_chunk  s, of streams
//
// Of what providers reported, with gen_ai.token.type and the first four labels
// (without gen_ai.response.model if it comes from a Client). Tokens are counted
// once for each attempt that answered (failed ones belong into no histogram, say
// the conventions), so a Client's come from what it tells its Observer, those of a
// wrapped provider from its answers:
//
//	gen_ai.client.token.usage            {token}
//
// Of what happens within a Client, from its Observer, with the label
// finbrain.ai.circuit ("route/kind") unless another is named:
//
//	finbrain.ai.attempt.duration         s; error.type
//	finbrain.ai.attempt.time_to_first_chunk  s, of streams, from the start of the attempt
//	finbrain.ai.breaker.transitions      breaker.from, breaker.to, breaker.mode, reason
//	finbrain.ai.fallbacks                no circuit; kind, primary, reason, source, route (empty if static)
//	finbrain.ai.retries
//	finbrain.ai.retry_budget.exhausted
//	finbrain.ai.refusals                 refuser ("breaker", "gate", "limit"), reason
//	finbrain.ai.cache.lookups            cache.result ("fresh", "stale", "miss")
//	finbrain.ai.gate.closings            reason
//	finbrain.ai.hedges                   hedge.stage ("started", "won", "lost")
//	finbrain.ai.limit                    the value an adaptive limit found
//
// Of a wrapped Client, as Client.Health has it when metrics are collected:
//
//	finbrain.ai.breaker.state            1 or 0; breaker.state
//	finbrain.ai.breaker.failures         failures within the window
//	finbrain.ai.events.dropped           no circuit; counts of the Observer are that much too low
//
// # Names
//
// Labels are few: the routes, models, Codes and reasons of a Telemetry have up
// to a hundred names each, the first that were seen; any further one is
// "_OTHER". A model that a request names gets a name when it first answers: a
// made-up one takes none away. Names are cut to 256 bytes, on spans too, and
// what is not valid UTF-8 is replaced everywhere, as it would lose an exporter
// the rest of what it sends.
package otel
