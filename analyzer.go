package ai

import "context"

// Analyzer answers requests. *Client, every provider adapter and every mock
// implement it, so an application depends on this one method only.
//
// Implementations are safe for concurrent use, never modify the request nor
// keep it after they return, honour the context, and return either a response
// or an error, never both and never neither. The response belongs to the
// caller. Errors are *Error; any other error is taken for CodeUnavailable.
type Analyzer interface {
	Analyze(ctx context.Context, req *Request) (*Response, error)
}

// AnalyzerFunc lets an ordinary function be an Analyzer.
type AnalyzerFunc func(ctx context.Context, req *Request) (*Response, error)

// Analyze calls f.
func (f AnalyzerFunc) Analyze(ctx context.Context, req *Request) (*Response, error) {
	return f(ctx, req)
}

// Planner is an optional ability of an Analyzer: to say, without the network,
// what it would do with a request. A Client needs it to build cache keys that
// change with the provider's model, and to know that two routes embed into
// the same space; an Analyzer that is no Planner never stands in for another
// on an embedding request.
//
// Plan is called on every request: it must be quick, must not block, and must
// not modify the request.
type Planner interface {
	// Plan returns what Analyze would do. Its error is a *Error with
	// CodeUnsupported when the request's kind cannot be served at all, and with
	// another Code when this request cannot.
	Plan(req *Request) (Plan, error)
}

// Plan is what an Analyzer would do with a request.
type Plan struct {
	// Model is the provider's own name of the model that would be asked.
	Model string
	// Alias is true when the request's model name is one that the application
	// chose and this Analyzer maps to a model of its own ("fast"). A Client
	// hands such a name on to a substitute; other names only to the primary.
	Alias bool
	// Space is the space an embedding request would be answered in; zero for
	// other kinds.
	Space Space
}
