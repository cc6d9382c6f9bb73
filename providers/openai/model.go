package openai

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
	return Models{Text: "gpt-5.5", Image: "gpt-5.5", Embedding: "text-embedding-3-small", ImageGeneration: "gpt-image-2"}
}

func (m Models) withDefaults() Models {
	d := DefaultModels()
	return Models{
		Text:            cmp.Or(m.Text, d.Text),
		Image:           cmp.Or(m.Image, d.Image),
		Embedding:       cmp.Or(m.Embedding, d.Embedding),
		ImageGeneration: cmp.Or(m.ImageGeneration, d.ImageGeneration),
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
// (https://platform.openai.com/docs/guides/embeddings). OpenAI's models return
// vectors of length 1, shortened ones too; of others that is not known.
func dimensions(model string) int {
	switch model {
	case "text-embedding-3-small", "text-embedding-ada-002":
		return 1536
	case "text-embedding-3-large":
		return 3072
	}
	return 0
}

// model returns the name to ask for and whether the request used one of the
// application's own.
func (p *Provider) model(req *ai.Request) (name string, alias bool) {
	if req.Model == "" {
		return p.models.of(req.ResolvedKind()), false
	}
	if mapped, ok := p.aliases[req.Model]; ok {
		return mapped, true
	}
	return req.Model, false
}

// baseModel returns a model's name in lower case, without what a router puts
// before it, and whether the model was fine-tuned: then it is the name of what
// that was made from.
func baseModel(model string) (name string, tuned bool) {
	name = strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	if rest, ok := strings.CutPrefix(name, "ft:"); ok {
		name, _, _ = strings.Cut(rest, ":")
		return name, true
	}
	return name, false
}
