// Package health tells over HTTP what a Client's circuits are doing, and keeps
// work out that could not be done.
//
// # Endpoints
//
// [Endpoints] serves three documents, all built anew for every request:
//
//	/health       overall status, what could answer each kind, every circuit; always 200
//	/readyz       whether to send requests here: 200 or 503
//	/jobs/status  whether jobs would find a provider: circuit_breaker_open
//
// A circuit breaker that is open is a provider's trouble, not this process's:
// restarting it would not help, and taking it out of service, with all others
// like it, would make an outage of what a substitute bears. So a liveness probe
// may point at /health, which never fails while the process serves, and /readyz
// fails only while the service drains, or when for a kind of request neither a
// provider nor the cache nor a static answer is left.
//
// # Gates
//
// [Gate] stands before an endpoint that enqueues jobs, [GateDirect] before one
// that asks a provider itself; both only look, and refuse with
//
//	{"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
//
// and the same number of seconds in a Retry-After header. [WriteError] answers
// with an error of a Client.
//
// A circuit that is half-open counts everywhere as one that may answer: it is
// finding out, and jobs that are accepted now come when it has.
//
// Whoever looks at a circuit ends an open time that is over. So the callbacks
// that the application gave to a breaker may run within a request to an endpoint
// or a gate, which they hold up while they last and break off if they panic;
// observers of the Client ([ai.WithObserver]) do neither.
//
// No body holds an error's text, a key, a prompt or an answer.
package health
