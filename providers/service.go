package providers

import (
	"cmp"
	"errors"
	"net/url"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/gemini"
	"github.com/finbrain/ai/providers/openai"
)

// service is how a provider of one name is reached.
type service struct {
	keys    []string // the variables that may hold its key; nil: it needs none
	url     string   // where it is unless the entry says so
	urlFrom string   // or the variable that says so
	named   bool     // it has only the models that the entry names
	dated   bool     // it has versions
	chats   bool     // it has OpenAI's interfaces, of which one can be chosen
	open    func(Opener, *entry, access) (ai.Analyzer, error)
}

// access is what an entry and the environment say of how to reach a service.
type access struct {
	key, url string
	kinds    []ai.Kind
}

// serviceOf returns the service of a name, and whether there is one.
func serviceOf(name string) (service, bool) {
	switch name {
	case "openai":
		return service{keys: []string{"OPENAI_API_KEY"}, chats: true, open: openOpenAI}, true
	case "gemini":
		return service{keys: []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"}, dated: true, open: openGemini}, true
	case "azure":
		return service{
			keys: []string{"AZURE_OPENAI_API_KEY"}, urlFrom: "AZURE_OPENAI_ENDPOINT", named: true, dated: true, chats: true, open: openAzure,
		}, true
	case "ollama":
		return service{url: "http://localhost:11434/v1", named: true, chats: true, open: openOpenAI}, true
	case "compatible":
		return service{named: true, chats: true, open: openOpenAI}, true
	}
	return service{}, false
}

// open makes the entry's adapter.
func (o Opener) open(e entry) (ai.Analyzer, error) {
	s, _ := serviceOf(e.service)
	switch {
	case !s.dated && e.get("version") != "":
		return nil, e.wrong("version", "is of azure and gemini only")
	case !s.chats && e.get("api") != "":
		return nil, e.wrong("api", "is of services with OpenAI's interface only")
	}
	var to access
	var err error
	if to.key, err = o.keyOf(&e, s); err != nil {
		return nil, err
	}
	to.url = cmp.Or(e.get("url"), s.url)
	if to.url == "" && s.urlFrom != "" {
		to.url = o.env(s.urlFrom)
	}
	if s.named && to.url == "" {
		detail := "is missing"
		if s.urlFrom != "" {
			detail += ", and " + s.urlFrom + " is not set"
		}
		return nil, e.wrong("url", detail)
	}
	if to.kinds, err = e.kinds(); err != nil {
		return nil, err
	}
	if s.named {
		if to.kinds, err = e.namedKinds(to.kinds); err != nil {
			return nil, err
		}
	}
	a, err := s.open(o, &e, to)
	if failed, ok := errors.AsType[*ai.Error](err); ok {
		return nil, e.wrong(settingOf(failed.Field), failed.Detail)
	}
	return a, err
}

// keyOf returns the key that the entry's variable holds, or else the service's.
func (o Opener) keyOf(e *entry, s service) (string, error) {
	names := s.keys
	own := e.get("key")
	if own != "" {
		names = []string{own}
	}
	key, found := o.key(names)
	switch {
	case found || len(names) == 0:
		return key, nil
	case own != "": // which may be a key itself
		return "", e.wrong("key", "names an environment variable that is not set")
	default:
		return "", e.wrong("key", "is missing: "+strings.Join(names, " or ")+" is not set")
	}
}

// modelOf returns the model that the entry names for a kind; "" if it names none.
func (e *entry) modelOf(k ai.Kind) string {
	name := e.get(k.String())
	if name == "" && (k == ai.KindText || k == ai.KindImage) {
		return e.model
	}
	return name
}

// namedKinds returns the kinds for which the entry names a model, or those of
// asked for, of which each must have one.
func (e *entry) namedKinds(asked []ai.Kind) ([]ai.Kind, error) {
	var named []ai.Kind
	for _, k := range ai.Kinds() {
		if e.modelOf(k) != "" {
			named = append(named, k)
		}
	}
	if len(named) == 0 {
		return nil, e.wrong("model", "is missing: "+e.service+" has no default")
	}
	for _, k := range asked {
		if e.modelOf(k) == "" {
			return nil, e.wrong(k.String(), "is missing: "+e.service+" has no default")
		}
	}
	if asked != nil {
		return asked, nil
	}
	return named, nil
}

func openOpenAI(o Opener, e *entry, to access) (ai.Analyzer, error) {
	return openai.New(openai.Config{
		APIKey: to.key, BaseURL: to.url, APIVersion: e.get("version"), HTTPClient: o.HTTPClient,
		Models: openai.Models{
			Text: e.modelOf(ai.KindText), Image: e.modelOf(ai.KindImage), Embedding: e.modelOf(ai.KindEmbedding), ImageGeneration: e.modelOf(ai.KindImageGeneration),
		},
		Aliases: e.aliases(), Kinds: to.kinds, Vendor: e.get("vendor"), API: e.get("api"),
	})
}

// openAzure opens a resource by its bare address too: without an API version
// its interface is at /openai/v1.
func openAzure(o Opener, e *entry, to access) (ai.Analyzer, error) {
	if u, err := url.Parse(to.url); err == nil && e.get("version") == "" && strings.Trim(u.Path, "/") == "" {
		to.url = u.JoinPath("openai", "v1").String()
	}
	return openOpenAI(o, e, to)
}

func openGemini(o Opener, e *entry, to access) (ai.Analyzer, error) {
	return gemini.New(gemini.Config{
		APIKey: to.key, BaseURL: to.url, APIVersion: e.get("version"), HTTPClient: o.HTTPClient,
		Models: gemini.Models{
			Text: e.modelOf(ai.KindText), Image: e.modelOf(ai.KindImage), Embedding: e.modelOf(ai.KindEmbedding), ImageGeneration: e.modelOf(ai.KindImageGeneration),
		},
		Aliases: e.aliases(), Kinds: to.kinds, Vendor: e.get("vendor"),
	})
}

// settingOf returns the setting that an adapter's field comes from.
func settingOf(field string) string {
	name, _, _ := strings.Cut(field, "[")
	switch name {
	case "APIKey":
		return "key"
	case "BaseURL":
		return "url"
	case "APIVersion":
		return "version"
	case "API":
		return "api"
	case "Aliases":
		return "alias"
	case "Models.Embedding":
		return "embedding"
	case "Models.ImageGeneration":
		return "image_generation"
	case "Models.Text", "Models.Image":
		return "model"
	}
	return "settings"
}
