// Package httpguard puts the breakers and limiters of package resilience where
// HTTP passes: a [Transport] for the requests that a program makes, [Shed] and
// [Gate] for those that it serves.
//
// # Requests going out
//
// A [Transport] is the [http.RoundTripper] of an [http.Client]. In order, it
//
//  1. asks the breaker, and refuses with its [*resilience.OpenError], which
//     [http.Client] wraps: errors.Is(err, resilience.ErrOpen) holds;
//  2. makes the request through its Base;
//  3. judges an answer by its status ([Classify]), an error by who caused it;
//  4. opens the breaker for as long as a Retry-After asks ([RetryAfter]);
//  5. tells a success only once the body has been read or closed.
//
// A retry belongs around the client, so that each attempt asks the breaker, and
// a cache around the retry.
//
// # Requests coming in
//
// [Shed] takes a place of a limiter, then a permit of a breaker, and judges
// what the handler answers. [Gate] only looks at a breaker that other calls
// drive: it stands before an endpoint that enqueues work for a service.
// Both stand inside what logs and authenticates, so that refusals are seen and
// strangers take no place, and around what costs.
//
// Both refuse with one body, which [WriteRefusal] writes for any handler:
//
//	{"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
//
// Nothing here tells a breaker an address, a header, a body or the text of an
// error: no refusal, event or snapshot holds one.
package httpguard
