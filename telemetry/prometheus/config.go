package aiprom

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// Config configures a [Collector]. Its zero value is a sound default, which
// shows no model and no cost.
type Config struct {
	// Models are shown by name in the label "model", as are those of Prices; all
	// others are "other". Requests may name models, so they cannot all be shown.
	Models []string
	// Prices is what tokens cost. What used tokens without a price has no cost,
	// which is not the same as a cost of zero.
	Prices []Price
	// Currency of the Prices, a constant label of the cost. Default "USD".
	Currency string
	// Buckets are the upper bounds of both histograms, in seconds, ascending.
	// Default: 0.01·2ⁿ up to 81.92, which are those of the OpenTelemetry
	// conventions for GenAI clients.
	Buckets []float64
	// MaxCircuits is how many breakers of registries are shown at most, those
	// that are found first; how many are not is a metric of its own. A Client's
	// circuits are always shown. Default 500.
	MaxCircuits int
}

// Price is what a provider charges for a model, per million tokens. A price of
// zero is refused: what is not known, or free, is left out.
type Price struct {
	// Provider is the name of the route, as given to ai.WithProvider.
	Provider string
	// Model is the provider's own name of the model that is asked, as in
	// ai.Plan. Of a provider that is no ai.Planner it is the name in the request,
	// or where that has none the name in the answer.
	Model string
	// Input and Output are for tokens of the request and of the answer, tokens
	// spent on thinking included. Embeddings have no Output. An attempt that used
	// tokens of both has no cost if one of the two is 0.
	Input, Output float64
	// CachedInput is for input tokens that the provider had cached. 0: as Input.
	CachedInput float64
}

// of returns the cost of tokens, which is not known if some have no price.
func (p Price) of(t tokens) (cost float64, known bool) {
	cached := p.CachedInput
	if cached == 0 {
		cached = p.Input
	}
	output := t.output + t.reasoning
	if t.input > 0 && p.Input == 0 || t.cached > 0 && cached == 0 || output > 0 && p.Output == 0 {
		return 0, false
	}
	return (p.Input*float64(t.input) + cached*float64(t.cached) + p.Output*float64(output)) / 1e6, true
}

// models are those that are shown by name.
func (c Config) models() models {
	m := make(models)
	for _, name := range c.Models {
		m[name] = true
	}
	for _, p := range c.Prices {
		m[p.Model] = true
	}
	return m
}

func (c Config) prices() map[routeModel]Price {
	m := make(map[routeModel]Price, len(c.Prices))
	for _, p := range c.Prices {
		m[routeModel{p.Provider, p.Model}] = p
	}
	return m
}

func (c Config) withDefaults() Config {
	if c.Currency == "" {
		c.Currency = "USD"
	}
	c.Buckets = slices.Clone(c.Buckets)
	if len(c.Buckets) == 0 {
		c.Buckets = prometheus.ExponentialBuckets(0.01, 2, 14)
	}
	if c.MaxCircuits == 0 {
		c.MaxCircuits = 500
	}
	return c
}

func (c Config) validate() error {
	for i, m := range c.Models {
		if err := checkModel(fmt.Sprintf("Models[%d]", i), m); err != nil {
			return err
		}
	}
	priced := make(map[routeModel]bool, len(c.Prices))
	for i, p := range c.Prices {
		field := fmt.Sprintf("Prices[%d]", i)
		if err := p.validate(field); err != nil {
			return err
		}
		m := routeModel{p.Provider, p.Model}
		if priced[m] {
			return invalid(field, "is for %q of %q, which has a price already", p.Model, p.Provider)
		}
		priced[m] = true
	}
	if !utf8.ValidString(c.Currency) {
		return invalid("Currency", "is not valid UTF-8")
	}
	last := 0.0
	for i, b := range c.Buckets {
		if !(b > last) || math.IsInf(b, 1) {
			return invalid(fmt.Sprintf("Buckets[%d]", i), "is %v: must be finite and more than %v", b, last)
		}
		last = b
	}
	if c.MaxCircuits < 0 {
		return invalid("MaxCircuits", "is %d: must not be negative", c.MaxCircuits)
	}
	return nil
}

func (p Price) validate(field string) error {
	if err := checkName(field+".Provider", p.Provider); err != nil {
		return err
	}
	if err := checkModel(field+".Model", p.Model); err != nil {
		return err
	}
	for _, amount := range []struct {
		name  string
		value float64
	}{{"Input", p.Input}, {"Output", p.Output}, {"CachedInput", p.CachedInput}} {
		if !(amount.value >= 0) || math.IsInf(amount.value, 1) {
			return invalid(field+"."+amount.name, "is %v: must be finite and not negative", amount.value)
		}
	}
	if p.Input == 0 && p.Output == 0 {
		return invalid(field+".Input", "is 0, and so is Output: a model without a price is left out")
	}
	return nil
}

func checkName(field, name string) error {
	switch {
	case name == "":
		return invalid(field, "is empty")
	case !utf8.ValidString(name):
		return invalid(field, "is not valid UTF-8")
	}
	return nil
}

func checkModel(field, name string) error {
	if name == other {
		return invalid(field, "is %q, which stands for all that are not named", name)
	}
	return checkName(field, name)
}

func invalid(field, format string, args ...any) error {
	return fmt.Errorf("aiprom: Config."+field+" "+format, args...)
}
