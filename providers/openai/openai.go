package openai

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

const providerName = "openai"

// Provider answers requests with OpenAI's API, and keeps jobs and files there. It
// is an ai.Analyzer, an ai.Streamer, an ai.Planner, an ai.FineTuner and an
// ai.FileStore, is safe for concurrent use, keeps no goroutine and needs no
// closing.
type Provider struct {
	http    *http.Client
	library openai.ClientConfig // without the key: the library would print it
	header  http.Header         // of every request, without the key

	models          Models
	aliases         map[string]string
	kinds           []ai.Kind
	vendor          string
	effort          string
	detail          openai.ImageURLDetail
	format          openai.EmbeddingEncodingFormat
	legacyMaxTokens bool
	api             string
	official        bool // OpenAI's own host
	draws           bool // it makes images, unless kinds says otherwise
	links           bool // it answers with the addresses of images, unless asked not to
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
	vendor, format := address.Host, openai.EmbeddingEncodingFormatFloat
	if official(address) {
		vendor, format = defaultVendor, openai.EmbeddingEncodingFormatBase64
	}
	p := &Provider{
		http:            transport.New(transport.Config{Client: cfg.HTTPClient, Key: cfg.key()}),
		library:         openai.DefaultConfig(""),
		header:          make(http.Header),
		models:          cfg.Models.withDefaults(),
		aliases:         maps.Clone(cfg.Aliases),
		kinds:           slices.Clone(cfg.Kinds),
		vendor:          cmp.Or(cfg.Vendor, vendor),
		effort:          cfg.ReasoningEffort,
		detail:          openai.ImageURLDetail(cfg.ImageDetail),
		format:          openai.EmbeddingEncodingFormat(cmp.Or(cfg.EmbeddingFormat, string(format))),
		legacyMaxTokens: cfg.LegacyMaxTokens,
		api:             cfg.API,
		official:        official(address),
		draws:           official(address) || cfg.Models.ImageGeneration != "" || slices.Contains(cfg.Kinds, ai.KindImageGeneration),
	}
	p.links = !p.official && cfg.APIVersion == "" && !strings.HasSuffix(address.Hostname(), ".azure.com")
	p.library.BaseURL = strings.TrimRight(address.String(), "/")
	p.setHeaders(cfg)
	return p, nil
}

// setHeaders prepares the headers, and the addresses of Azure's deployments.
func (p *Provider) setHeaders(cfg Config) {
	if cfg.Organization != "" {
		p.header.Set("OpenAI-Organization", cfg.Organization)
	}
	if cfg.Project != "" {
		p.header.Set("OpenAI-Project", cfg.Project)
	}
	if cfg.APIVersion != "" {
		p.library.APIType, p.library.APIVersion = openai.APITypeAzure, cfg.APIVersion
		p.library.AzureModelMapperFunc = url.PathEscape
	}
}

// authorize adds the headers that say whose account is meant; the key is added
// below.
func (p *Provider) authorize(header http.Header) { maps.Copy(header, p.header) }

// Analyze answers the request in one call to the service, or in one for every
// 2048 inputs of an embedding request. It never retries. Its errors are
// *ai.Error.
func (p *Provider) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	if err := p.check(req); err != nil {
		return nil, err
	}
	model, _ := p.model(req)
	switch req.ResolvedKind() {
	case ai.KindEmbedding:
		return p.embed(ctx, req, model)
	case ai.KindImageGeneration:
		return p.draw(ctx, req, model)
	}
	return p.complete(ctx, req, model)
}

// Plan says which model, and for embeddings which space, would answer. It
// makes no call.
func (p *Provider) Plan(req *ai.Request) (ai.Plan, error) {
	if err := p.serves(req); err != nil {
		return ai.Plan{}, err
	}
	model, alias := p.model(req)
	plan := ai.Plan{Model: model, Alias: alias}
	if req.ResolvedKind() == ai.KindEmbedding {
		plan.Space = p.space(req, model)
	}
	return plan, nil
}

// check returns why a request is not sent.
func (p *Provider) check(req *ai.Request) error {
	if err := req.Validate(); err != nil {
		return err
	}
	return p.serves(req)
}

// serves returns the error of a request that the server cannot answer, as far
// as that is known here.
func (p *Provider) serves(req *ai.Request) error {
	kind := req.ResolvedKind()
	switch {
	case p.kinds != nil && !slices.Contains(p.kinds, kind):
		return unsupported("this server has no " + kind.String() + " requests")
	case kind == ai.KindImageGeneration && !p.draws:
		return unsupported("it is not known that this server makes images: say Models.ImageGeneration")
	case kind == ai.KindImageGeneration:
		model, _ := p.model(req)
		return drawable(req.Output, model)
	case kind == ai.KindEmbedding:
		return nil
	}
	switch model, _ := p.model(req); {
	case !p.responds(req, model) && documentsByURL(req):
		return unsupported("chat completions take no documents by URL")
	case p.responds(req, model) && len(req.Stop) > 0:
		return unsupported("the Responses API has no stop texts")
	}
	return nil
}

func unsupported(detail string) error {
	return &ai.Error{Code: ai.CodeUnsupported, Provider: providerName, Detail: detail}
}
