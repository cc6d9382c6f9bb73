package gemini

import (
	"cmp"
	"context"
	"slices"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

const providerName = "gemini"

// Provider answers requests with the Gemini API. It is an ai.Analyzer, an
// ai.Streamer and an ai.Planner, is safe for concurrent use, keeps no goroutine
// and needs no closing. It is no ai.FineTuner: no model of the Gemini API can be
// tuned.
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
	_ ai.Streamer = (*Provider)(nil)
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
//
// A response, after decompression, may have 64 MiB, 524,288 values in its JSON,
// 256 levels of nesting and 1,000 tool calls; beyond that it is
// CodeBadResponse.
func (p *Provider) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	model, err := p.accept(req)
	if err != nil {
		return nil, err
	}
	switch req.ResolvedKind() {
	case ai.KindEmbedding:
		return p.embed(ctx, req, model)
	case ai.KindImageGeneration:
		return p.draw(ctx, req, model)
	default:
		return p.generate(ctx, req, model)
	}
}

// accept checks the request and returns the model to ask.
func (p *Provider) accept(req *ai.Request) (model string, err error) {
	if err := req.Validate(); err != nil {
		return "", err
	}
	plan, err := p.Plan(req)
	return plan.Model, err
}

// Plan says which model, and for embeddings which space, would answer. It
// makes no call.
func (p *Provider) Plan(req *ai.Request) (ai.Plan, error) {
	kind := req.ResolvedKind()
	if p.kinds != nil && !slices.Contains(p.kinds, kind) {
		return ai.Plan{}, unsupported(kind.String() + " requests are not configured")
	}
	model, alias, err := p.model(req)
	if err != nil {
		return ai.Plan{}, err
	}
	plan := ai.Plan{Model: model, Alias: alias}
	switch kind {
	case ai.KindEmbedding:
		plan.Space = p.space(req, model)
	case ai.KindImageGeneration:
		if problem := drawable(req.Output, model); problem != nil {
			return ai.Plan{}, problem
		}
	}
	return plan, nil
}

func unsupported(detail string) *ai.Error {
	return &ai.Error{Code: ai.CodeUnsupported, Detail: detail, Provider: providerName}
}
