package gemini

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

const providerName = "gemini"

// Provider answers text, image and embedding requests with the Gemini API. It
// is an ai.Analyzer and an ai.Planner, is safe for concurrent use, keeps no
// goroutine and needs no closing.
type Provider struct {
	client  *genai.Client
	models  Models
	aliases map[string]string
	kinds   []ai.Kind
	vendor  string
	options options
}

var (
	_ ai.Analyzer = (*Provider)(nil)
	_ ai.Planner  = (*Provider)(nil)
)

// New checks the Config and returns a Provider. It makes no call. Its error is
// a *ai.Error with CodeInvalidRequest whose Field names the wrong part of the
// Config.
func New(cfg Config) (*Provider, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	address, err := cfg.address()
	if err != nil {
		return nil, err
	}
	models, aliases, err := cfg.names()
	if err != nil {
		return nil, err
	}
	options, err := cfg.options()
	if err != nil {
		return nil, err
	}
	client, err := connect(cfg, address)
	if err != nil {
		return nil, err
	}
	return &Provider{
		client:  client,
		models:  models,
		aliases: aliases,
		kinds:   slices.Clone(cfg.Kinds),
		vendor:  cmp.Or(cfg.Vendor, defaultVendor),
		options: options,
	}, nil
}

// Analyze answers the request in one call to the service, or in one for every
// 100 inputs of an embedding request. It never retries. Its errors are
// *ai.Error.
func (p *Provider) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	if err := req.Validate(); err != nil {
		return nil, err
	}
	if err := p.serves(req); err != nil {
		return nil, err
	}
	model, _, err := p.model(req)
	if err != nil {
		return nil, err
	}
	if req.ResolvedKind() == ai.KindEmbedding {
		return p.embed(ctx, req, model)
	}
	return p.generate(ctx, req, model)
}

// Plan says which model, and for embeddings which space, would answer. It
// makes no call.
func (p *Provider) Plan(req *ai.Request) (ai.Plan, error) {
	if err := p.serves(req); err != nil {
		return ai.Plan{}, err
	}
	model, alias, err := p.model(req)
	if err != nil {
		return ai.Plan{}, err
	}
	plan := ai.Plan{Model: model, Alias: alias}
	if req.ResolvedKind() == ai.KindEmbedding {
		plan.Space = p.space(req, model)
	}
	return plan, nil
}

// serves returns the error of a kind that is not among Config.Kinds.
func (p *Provider) serves(req *ai.Request) error {
	kind := req.ResolvedKind()
	switch {
	case kind == ai.KindImageGeneration, len(req.Documents)+len(req.Tools)+len(req.Schema) > 0:
		return &ai.Error{Code: ai.CodeUnsupported, Provider: providerName}
	case p.kinds == nil || slices.Contains(p.kinds, kind):
		return nil
	}
	return &ai.Error{Code: ai.CodeUnsupported, Provider: providerName, Detail: kind.String() + " requests are not configured"}
}
