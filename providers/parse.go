package providers

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/finbrain/ai"
)

// MaxProviders is how many providers a list may name.
const MaxProviders = 64

// entry is one provider of a list.
type entry struct {
	field    string // its name in errors: "providers[1]"
	route    string
	service  string
	model    string
	settings url.Values
}

// settingNames are the names of settings; some services do not know all of them.
var settingNames = []string{
	"text", "image", "embedding", "image_generation", "kinds", "url", "version", "api", "key", "vendor",
}

// parse splits a list into its entries. What stands in one is not repeated in
// its errors: a key may have been put there by mistake.
func parse(list string) ([]entry, error) {
	parts := strings.Split(list, ",")
	if len(parts) > MaxProviders {
		return nil, &ai.Error{Code: ai.CodeInvalidRequest, Field: "providers", Detail: "are more than 64"}
	}
	entries := make([]entry, len(parts))
	for i, part := range parts {
		e, err := parseEntry(fmt.Sprintf("providers[%d]", i), strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(entries[:i], func(other entry) bool { return other.route == e.route }) {
			return nil, e.wrong("route", "is given twice: name one with route=")
		}
		entries[i] = e
	}
	return entries, nil
}

func parseEntry(field, text string) (entry, error) {
	e := entry{field: field}
	head, query, _ := strings.Cut(text, "?")
	name, model, named := strings.Cut(head, ":")
	if route, service, ok := strings.Cut(name, "="); ok {
		if e.route, name = route, service; !isName(route) {
			return e, e.wrong("route", `is not letters, digits, "_", "." and "-"`)
		}
	}
	e.service, e.model = name, model
	if e.route == "" {
		e.route = name
	}
	switch _, known := serviceOf(name); {
	case text == "":
		return e, e.wrong("", "is empty")
	case !known:
		return e, e.wrong("service", "is not openai, gemini, azure, ollama or compatible")
	case named && model == "":
		return e, e.wrong("model", "is empty")
	}
	settings, err := url.ParseQuery(query)
	if err != nil {
		return e, e.wrong("settings", "are not written as name=value&name=value")
	}
	e.settings = settings
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		values := settings[name]
		alias, isAlias := strings.CutPrefix(name, "alias.")
		if isAlias {
			name = "alias"
		}
		switch {
		case isAlias && !isName(alias):
			return e, e.wrong("alias", "names no model")
		case !isAlias && !slices.Contains(settingNames, name):
			return e, e.wrong("settings", "has another name than "+strings.Join(settingNames, ", ")+" and alias.NAME")
		case len(values) > 1:
			return e, e.wrong(name, "is given twice")
		case values[0] == "":
			return e, e.wrong(name, "is empty")
		}
	}
	return e, nil
}

func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '.' || r == '-')
	})
}

// get returns a setting, "" if it was not given.
func (e *entry) get(name string) string { return e.settings.Get(name) }

// kinds returns the kinds that the entry keeps its provider to; nil if it says
// nothing.
func (e *entry) kinds() ([]ai.Kind, error) {
	list := e.get("kinds")
	if list == "" {
		return nil, nil
	}
	var kinds []ai.Kind
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == '+' || r == ' ' }) { // a query's "+" is a space
		at := slices.IndexFunc(ai.Kinds(), func(k ai.Kind) bool { return k.String() == name })
		if at < 0 {
			return nil, e.wrong("kinds", "names another kind than text, image, embedding and image_generation")
		}
		kinds = append(kinds, ai.Kinds()[at])
	}
	if kinds == nil {
		return nil, e.wrong("kinds", "names no kind")
	}
	return kinds, nil
}

// aliases returns the models that the application's own names stand for.
func (e *entry) aliases() map[string]string {
	aliases := make(map[string]string)
	for name := range e.settings {
		if alias, ok := strings.CutPrefix(name, "alias."); ok {
			aliases[alias] = e.get(name)
		}
	}
	return aliases
}

// wrong is the error of a part of the entry.
func (e *entry) wrong(part, detail string) error {
	field := e.field
	if part != "" {
		field += "." + part
	}
	return &ai.Error{Code: ai.CodeInvalidRequest, Field: field, Detail: detail}
}
