package providers

import (
	"net/http"
	"os"
	"strings"

	"github.com/finbrain/ai"
)

// Variable is the environment variable that FromEnv reads the list from.
const Variable = "AI_PROVIDERS"

// Provider is an opened provider and the name of its route.
type Provider struct {
	Route    string
	Analyzer ai.Analyzer
}

// List is opened providers in the order of preference.
type List []Provider

// Option returns what makes a Client ask these providers.
func (l List) Option() ai.Option {
	options := make([]ai.Option, len(l))
	for i, p := range l {
		options[i] = ai.WithProvider(p.Route, p.Analyzer)
	}
	return ai.Options(options...)
}

// Open opens the providers that list names; the package documentation has its
// syntax. It makes no call. Its error is a *ai.Error with CodeInvalidRequest
// whose Field names the offending part, and no key: "providers[1].key".
func Open(list string) (List, error) { return Opener{}.Open(list) }

// FromEnv opens the providers that the environment variable AI_PROVIDERS names.
// Without it, it opens those of openai and gemini, in this order, for which
// there is a key. Its error is as that of Open.
func FromEnv() (List, error) { return Opener{}.FromEnv() }

// Opener opens providers in other surroundings than those of the process. The
// zero Opener is what Open and FromEnv use.
type Opener struct {
	// LookupEnv finds an environment variable; nil is os.LookupEnv.
	LookupEnv func(name string) (value string, found bool)
	// HTTPClient carries the calls of all the providers; nil gives each a client
	// of its own.
	HTTPClient *http.Client
}

// Open is [Open].
func (o Opener) Open(list string) (List, error) {
	entries, err := parse(list)
	if err != nil {
		return nil, err
	}
	opened := make(List, len(entries))
	for i, e := range entries {
		a, err := o.open(e)
		if err != nil {
			return nil, err
		}
		opened[i] = Provider{Route: e.route, Analyzer: a}
	}
	return opened, nil
}

// FromEnv is [FromEnv].
func (o Opener) FromEnv() (List, error) {
	if list := o.env(Variable); list != "" {
		return o.Open(list)
	}
	var present []string
	for _, name := range [...]string{"openai", "gemini"} {
		if s, _ := serviceOf(name); o.holds(s.keys) {
			present = append(present, name)
		}
	}
	if len(present) == 0 {
		return nil, &ai.Error{
			Code: ai.CodeInvalidRequest, Field: Variable,
			Detail: "is not set, nor is OPENAI_API_KEY, GEMINI_API_KEY or GOOGLE_API_KEY",
		}
	}
	return o.Open(strings.Join(present, ","))
}

// holds reports whether one of the variables is set.
func (o Opener) holds(names []string) bool {
	_, found := o.key(names)
	return found
}

// env returns a variable, "" if it is not set.
func (o Opener) env(name string) string {
	lookup := o.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv //nolint:forbidigo // what this package is asked to read
	}
	value, _ := lookup(name)
	return value
}

// key returns the value of the first variable that is set.
func (o Opener) key(names []string) (value string, found bool) {
	for _, name := range names {
		if value := o.env(name); value != "" {
			return value, true
		}
	}
	return "", false
}
