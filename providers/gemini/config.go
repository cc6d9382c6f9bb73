package gemini

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

const (
	defaultBaseURL    = "https://generativelanguage.googleapis.com"
	defaultAPIVersion = "v1beta"
	defaultVendor     = "google"
)

// Config says how to reach the Gemini API and which models to ask. Every field
// but APIKey may stay zero. New reads it once; no environment variable adds to
// it.
type Config struct {
	// APIKey is sent as a header, and to no other host. It may be empty with a
	// BaseURL, for a gateway that has a key of its own.
	APIKey string
	// KeyFunc is asked for the key at every request, in place of APIKey, so that
	// keys can rotate. It honours its context and is safe for concurrent use.
	// When it fails, or gives nothing that can be sent, the request fails with
	// CodeAuthentication; what it said of that is not kept.
	KeyFunc func(ctx context.Context) (string, error)
	// BaseURL is the service's address without the API version; empty is
	// Google's own.
	BaseURL string
	// APIVersion is "v1beta" when empty.
	APIVersion string
	// HTTPClient carries the calls. It is copied, and what it does with
	// redirects is replaced: a redirect to another host is refused. Nil is a
	// client of the Provider's own, without a time limit: the context has it.
	HTTPClient *http.Client

	// Models are the models asked when a request names none.
	Models Models
	// Aliases map names that the application uses ("fast", "deep") to Gemini
	// models.
	Aliases map[string]string
	// Kinds are what may be asked for; nil is everything. The others are
	// answered with CodeUnsupported, without a call.
	Kinds []ai.Kind
	// Vendor names whose embedding models answer, for ai.Space. It is "google"
	// when empty, also with a BaseURL: what speaks this protocol is a gateway to
	// Google's models.
	Vendor string

	// ThinkingLevel is how much a model thinks before it answers when
	// Request.Effort does not say: "minimal", "low", "medium" or "high", of which
	// each model knows some; empty is the model's own choice. It is for Gemini 3
	// and later; earlier models are not sent it.
	ThinkingLevel string
	// ThinkingBudget is the same in tokens, for Gemini 2.5: 0 is not at all,
	// nil the model's own choice. Thinking counts against Request.MaxTokens.
	ThinkingBudget *int
	// ImageDetail is how closely images are looked at: "low", "medium" or
	// "high"; empty is the model's own choice. More detail costs more tokens.
	ImageDetail string
	// EmbeddingTask is what vectors are made for, such as "RETRIEVAL_DOCUMENT"
	// or "SEMANTIC_SIMILARITY"; empty is general use
	// (https://ai.google.dev/gemini-api/docs/embeddings).
	EmbeddingTask string
}

// Format prints no field under any verb: one of them is the key, and BaseURL
// may hold another while it is unchecked. A Config within an unexported field
// of another struct cannot protect itself from fmt: keep none.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String returns the type's name only.
func (c Config) String() string { return "gemini.Config{…}" }

// LogValue is what slog prints.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is what JSON shows.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// options are the checked settings that stand in every call.
type options struct {
	thinkingLevel  genai.ThinkingLevel
	thinkingBudget *int32
	resolution     genai.MediaResolution
	embeddingTask  string
}

// options checks the settings of the calls; its error names the wrong field.
func (c Config) options() (options, error) {
	var o options
	switch c.ThinkingLevel {
	case "":
	case "minimal", "low", "medium", "high":
		o.thinkingLevel = genai.ThinkingLevel(strings.ToUpper(c.ThinkingLevel))
	default:
		return o, invalid("ThinkingLevel", "is not minimal, low, medium or high")
	}
	if b := c.ThinkingBudget; b != nil {
		switch {
		case o.thinkingLevel != "":
			return o, invalid("ThinkingBudget", "must be nil when ThinkingLevel is given")
		case *b < 0 || *b > math.MaxInt32:
			return o, invalid("ThinkingBudget", "is negative or too large")
		}
		o.thinkingBudget = new(int32(*b))
	}
	switch c.ImageDetail {
	case "":
	case "low", "medium", "high":
		o.resolution = genai.MediaResolution("MEDIA_RESOLUTION_" + strings.ToUpper(c.ImageDetail))
	default:
		return o, invalid("ImageDetail", "is not low, medium or high")
	}
	switch c.EmbeddingTask {
	case "", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING", "RETRIEVAL_DOCUMENT",
		"RETRIEVAL_QUERY", "CODE_RETRIEVAL_QUERY", "QUESTION_ANSWERING", "FACT_VERIFICATION":
		o.embeddingTask = c.EmbeddingTask
	default:
		return o, invalid("EmbeddingTask", "is no task type of the Gemini API")
	}
	return o, nil
}

// check returns the error that names the first wrong field, as far as no
// other function has read it.
func (c Config) check() error {
	switch {
	case c.APIKey == "" && c.KeyFunc == nil && c.BaseURL == "":
		return invalid("APIKey", "is empty")
	case c.APIKey != "" && c.KeyFunc != nil:
		return invalid("KeyFunc", "must be nil when APIKey is given")
	case !transport.Sendable(c.APIKey):
		return invalid("APIKey", "cannot be sent as a header")
	case c.APIVersion != "" && (!validModel(c.APIVersion) || strings.Contains(c.APIVersion, "/")):
		return invalid("APIVersion", "is no version")
	}
	for i, kind := range c.Kinds {
		if !slices.Contains(ai.Kinds(), kind) {
			return invalid(fmt.Sprintf("Kinds[%d]", i), "is unknown")
		}
	}
	return nil
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
	case path.Base(u.Path) == cmp.Or(c.APIVersion, defaultAPIVersion):
		return nil, invalid("BaseURL", "ends in the API version, which is added to it")
	}
	return u, nil
}

// names checks every model name and completes the defaults.
func (c Config) names() (Models, map[string]string, error) {
	models := c.Models.withDefaults()
	for _, m := range []struct{ field, name string }{
		{"Models.Text", models.Text}, {"Models.Image", models.Image}, {"Models.Embedding", models.Embedding},
		{"Models.ImageGeneration", models.ImageGeneration},
	} {
		if !validModel(m.name) {
			return Models{}, nil, invalid(m.field, "is no Gemini model name")
		}
	}
	aliases := make(map[string]string, len(c.Aliases))
	for _, alias := range slices.Sorted(maps.Keys(c.Aliases)) {
		name := modelName(c.Aliases[alias])
		if alias == "" || !validModel(name) {
			return Models{}, nil, invalid(fmt.Sprintf("Aliases[%q]", alias), "is no Gemini model name")
		}
		aliases[alias] = name
	}
	return models, aliases, nil
}

func invalid(field, detail string) *ai.Error {
	return &ai.Error{Code: ai.CodeInvalidRequest, Field: field, Detail: detail, Provider: providerName}
}
