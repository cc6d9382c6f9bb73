// Package transport is the plumbing under every provider adapter: an
// http.Client that keeps its connections, follows no redirect to another
// host, bounds what it reads and records each exchange, a reader of event
// streams, and the translation of what HTTP says into an ai.Code.
package transport
