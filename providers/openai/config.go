package openai

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/secret"
	"github.com/finbrain/ai/internal/transport"
)

const (
	defaultBaseURL = "https://api.openai.com/v1"
	defaultVendor  = "openai"
)

// Config says how to reach the service and which models to ask. Every field
// but APIKey may stay zero. New reads it once; no environment variable adds to
// it.
type Config struct {
	// APIKey is sent as a header, to the host of BaseURL only. It may be empty
	// with a BaseURL: a server of one's own may want none.
	APIKey string
	// KeyFunc is asked for the key at every request, in place of APIKey, so that
	// keys can rotate. It honours its context and is safe for concurrent use.
	// When it fails, or gives nothing that can be sent, the request fails with
	// CodeAuthentication; what it said of that is not kept.
	KeyFunc func(ctx context.Context) (string, error)
	// BaseURL is the service's address up to and with its version:
	// "http://localhost:11434/v1". Empty is OpenAI's own.
	BaseURL string
	// APIVersion is for Azure OpenAI's dated interface only ("2024-10-21"):
	// BaseURL is then the resource ("https://name.openai.azure.com"), the key
	// goes in Azure's header, and models are named by their deployments. Azure's
	// "/openai/v1" addresses work without it.
	APIVersion string
	// HTTPClient carries the calls. It is copied, and what it does with
	// redirects is replaced: a redirect to another host is refused. Nil is a
	// client of the Provider's own, without a time limit: the context has it.
	HTTPClient *http.Client
	// Organization and Project are sent as OpenAI's headers of these names.
	Organization string
	Project      string

	// Models are the models asked when a request names none.
	Models Models
	// Aliases map names that the application uses ("fast", "deep") to models of
	// the service.
	Aliases map[string]string
	// Kinds are what the server can do; nil is everything. The others are
	// answered with CodeUnsupported, without a call.
	Kinds []ai.Kind
	// Vendor names whose embedding models answer, for ai.Space. When empty it
	// is "openai" for OpenAI's own hosts and else the host of BaseURL. Say
	// "openai" for a gateway to OpenAI's models, so that their vectors are known
	// to be comparable.
	Vendor string

	// API is the interface that answers texts and images: "chat" for chat
	// completions, which every compatible server has, or "responses" for the
	// Responses API, which knows no Request.Stop and no Request.Seed. Empty is
	// chat completions, but of OpenAI's own hosts the Responses API for what only
	// that can do: documents by URL, models that have nothing else, and tools with
	// models that think.
	API string
	// ReasoningEffort is how much a model thinks before it answers: "none",
	// "minimal", "low", "medium", "high", "xhigh" or "max", of which each model
	// knows some; empty is the model's own choice. Thinking counts against
	// Request.MaxTokens.
	ReasoningEffort string
	// ImageDetail is how closely images are looked at: "low", "high" or "auto";
	// empty is the service's own choice. More detail costs more tokens.
	ImageDetail string
	// EmbeddingFormat is how vectors travel: "base64", which is several times
	// faster to read, or "float". Empty is base64 for OpenAI's own hosts and
	// float for others, which may not know base64. An answer in either is read.
	EmbeddingFormat string
	// LegacyMaxTokens sends Request.MaxTokens as max_tokens, for servers that do
	// not know max_completion_tokens. OpenAI's reasoning models refuse it.
	LegacyMaxTokens bool
}

// Format prints no field under any verb: one of them is the key, and BaseURL
// may hold another while it is unchecked. A Config within an unexported field
// of another struct cannot protect itself from fmt: keep none.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String returns the type's name only.
func (c Config) String() string { return "openai.Config{…}" }

// LogValue is what slog prints.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is what JSON shows.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// check returns the error that names the first wrong field.
func (c Config) check() error {
	switch {
	case c.APIKey == "" && c.KeyFunc == nil && c.BaseURL == "":
		return invalid("APIKey", "is empty")
	case c.APIKey != "" && c.KeyFunc != nil:
		return invalid("KeyFunc", "must be nil when APIKey is given")
	case !transport.Sendable(c.APIKey):
		return invalid("APIKey", "cannot be sent as a header")
	case !transport.Sendable(c.Organization):
		return invalid("Organization", "cannot be sent as a header")
	case !transport.Sendable(c.Project):
		return invalid("Project", "cannot be sent as a header")
	case c.APIVersion != "" && c.BaseURL == "":
		return invalid("APIVersion", "is for Azure, and BaseURL is empty")
	case !transport.Sendable(c.APIVersion):
		return invalid("APIVersion", "is no version")
	}
	for i, kind := range c.Kinds {
		if !slices.Contains(ai.Kinds(), kind) {
			return invalid(fmt.Sprintf("Kinds[%d]", i), "is unknown")
		}
	}
	for _, alias := range slices.Sorted(maps.Keys(c.Aliases)) {
		if alias == "" || c.Aliases[alias] == "" {
			return invalid(fmt.Sprintf("Aliases[%q]", alias), "is empty")
		}
	}
	return c.checkOptions()
}

func (c Config) checkOptions() error {
	switch c.API {
	case "", apiChat, apiResponses:
	default:
		return invalid("API", "is not chat or responses")
	}
	switch c.ReasoningEffort {
	case "", openai.ReasoningEffortNone, openai.ReasoningEffortMinimal, openai.ReasoningEffortLow, openai.ReasoningEffortMedium,
		openai.ReasoningEffortHigh, openai.ReasoningEffortXHigh, openai.ReasoningEffortMax:
	default:
		return invalid("ReasoningEffort", "is not none, minimal, low, medium, high, xhigh or max")
	}
	switch openai.ImageURLDetail(c.ImageDetail) {
	case "", openai.ImageURLDetailLow, openai.ImageURLDetailHigh, openai.ImageURLDetailAuto:
	default:
		return invalid("ImageDetail", "is not low, high or auto")
	}
	switch openai.EmbeddingEncodingFormat(c.EmbeddingFormat) {
	case "", openai.EmbeddingEncodingFormatBase64, openai.EmbeddingEncodingFormatFloat:
	default:
		return invalid("EmbeddingFormat", "is not base64 or float")
	}
	return nil
}

// key says how requests carry the key.
func (c Config) key() transport.Key {
	if c.APIVersion != "" {
		return transport.Key{Header: http.CanonicalHeaderKey(openai.AzureAPIKeyHeader), Fixed: secret.New(c.APIKey), Func: c.KeyFunc}
	}
	return transport.Key{Header: "Authorization", Prefix: "Bearer ", Fixed: secret.New(c.APIKey), Func: c.KeyFunc}
}

// address checks BaseURL. What stands in an address may be logged on the way,
// so it holds neither credentials nor a query.
func (c Config) address() (*url.URL, error) {
	u, err := url.Parse(cmp.Or(c.BaseURL, defaultBaseURL))
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return nil, invalid("BaseURL", "is not an http or https address")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, invalid("BaseURL", "has credentials, a query or a fragment")
	}
	u.Host = strings.ToLower(u.Host)
	switch path := strings.TrimRight(u.Path, "/"); {
	case strings.HasSuffix(path, "/chat/completions"), strings.HasSuffix(path, "/embeddings"), strings.HasSuffix(path, responsesPath):
		return nil, invalid("BaseURL", "ends in an endpoint, which is added to it")
	case path == "" && official(u):
		return nil, invalid("BaseURL", "lacks the version: /v1")
	}
	return u, nil
}

// official reports whether the host is OpenAI's own, of any region.
func official(u *url.URL) bool {
	host := u.Hostname()
	return host == "api.openai.com" || strings.HasSuffix(host, ".api.openai.com")
}

func invalid(field, detail string) *ai.Error {
	return &ai.Error{Code: ai.CodeInvalidRequest, Field: field, Detail: detail, Provider: providerName}
}
