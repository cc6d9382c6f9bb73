package gemini

import (
	"cmp"
	"strings"

	"github.com/finbrain/ai"
)

// Models names the model asked for each kind of request. An empty field is the
// default named in DefaultModels.
type Models struct {
	Text            string
	Image           string
	Embedding       string
	ImageGeneration string
}

// DefaultModels returns the models asked when neither the request nor the
// Config names one.
func DefaultModels() Models {
	return Models{
		Text:            "gemini-3.8-flash",
		Image:           "gemini-3.8-flash",
		Embedding:       "gemini-embedding-001",
		ImageGeneration: "gemini-3.1-flash-image",
	}
}

func (m Models) withDefaults() Models {
	d := DefaultModels()
	return Models{
		Text:            modelName(cmp.Or(m.Text, d.Text)),
		Image:           modelName(cmp.Or(m.Image, d.Image)),
		Embedding:       modelName(cmp.Or(m.Embedding, d.Embedding)),
		ImageGeneration: modelName(cmp.Or(m.ImageGeneration, d.ImageGeneration)),
	}
}

func (m Models) of(kind ai.Kind) string {
	switch kind {
	case ai.KindImage:
		return m.Image
	case ai.KindEmbedding:
		return m.Embedding
	case ai.KindImageGeneration:
		return m.ImageGeneration
	default:
		return m.Text
	}
}

// dimensions returns the length of a model's vectors when nothing shorter is
// asked for, 0 when unknown
// (https://ai.google.dev/gemini-api/docs/embeddings).
func dimensions(model string) int {
	switch model {
	case "gemini-embedding-001", "gemini-embedding-2":
		return 3072
	}
	return 0
}

// model returns the name to ask for and whether the request used one of the
// application's own.
func (p *Provider) model(req *ai.Request) (name string, alias bool, err error) {
	if req.Model == "" {
		return p.models.of(req.ResolvedKind()), false, nil
	}
	if mapped, ok := p.aliases[req.Model]; ok {
		return mapped, true, nil
	}
	name = modelName(req.Model)
	if !validModel(name) {
		return "", false, &ai.Error{Code: ai.CodeInvalidRequest, Field: "Model", Detail: "is no Gemini model name", Provider: providerName}
	}
	return name, false, nil
}

// modelName drops the collection that Gemini itself writes before the names of
// its models, so that a model has one name in spaces and cache keys.
func modelName(name string) string { return strings.TrimPrefix(name, "models/") }

// validModel reports whether the name can stand in a URL path as it is; genai
// builds the path without escaping.
func validModel(name string) bool {
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("-_.:/@", c) >= 0:
		default:
			return false
		}
	}
	return name != "" && !strings.Contains(name, "..") && !strings.HasPrefix(name, "/")
}
