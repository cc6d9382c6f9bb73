package aiprom_test

import (
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

func TestABadConfigIsRefusedByTheNameOfItsField(t *testing.T) {
	price := func(change func(*aiprom.Price)) aiprom.Config {
		p := aiprom.Price{Provider: "openai", Model: "gpt", Input: 1, Output: 2}
		change(&p)
		return aiprom.Config{Prices: []aiprom.Price{p}}
	}
	for want, c := range map[string]aiprom.Config{
		`Models[1] is empty`:                         {Models: []string{"a", ""}},
		`Models[0] is not valid UTF-8`:               {Models: []string{"\xff"}},
		`Models[0] is "other"`:                       {Models: []string{"other"}},
		`Prices[0].Provider is empty`:                price(func(p *aiprom.Price) { p.Provider = "" }),
		`Prices[0].Model is empty`:                   price(func(p *aiprom.Price) { p.Model = "" }),
		`Prices[0].Model is "other"`:                 price(func(p *aiprom.Price) { p.Model = "other" }),
		`Prices[0].Input is -1`:                      price(func(p *aiprom.Price) { p.Input = -1 }),
		`Prices[0].Output is NaN`:                    price(func(p *aiprom.Price) { p.Output = math.NaN() }),
		`Prices[0].CachedInput is +Inf`:              price(func(p *aiprom.Price) { p.CachedInput = math.Inf(1) }),
		`Prices[0].Input is 0, and so is Output`:     price(func(p *aiprom.Price) { p.Input, p.Output = 0, 0 }),
		`Prices[1] is for "gpt" of "openai", which`:  {Prices: []aiprom.Price{{Provider: "openai", Model: "gpt", Input: 1}, {Provider: "openai", Model: "gpt", Input: 2}}},
		`Currency is not valid UTF-8`:                {Currency: "\xff"},
		`Buckets[0] is 0: must be finite and more`:   {Buckets: []float64{0, 1}},
		`Buckets[1] is 1: must be finite and more`:   {Buckets: []float64{1, 1}},
		`Buckets[1] is NaN: must be finite and more`: {Buckets: []float64{1, math.NaN()}},
		`Buckets[0] is +Inf: must be finite`:         {Buckets: []float64{math.Inf(1)}},
		`MaxCircuits is -1: must not be negative`:    {MaxCircuits: -1},
	} {
		metrics, err := aiprom.New(c)
		if metrics != nil || err == nil || !strings.HasPrefix(err.Error(), "aiprom: Config."+want) {
			t.Errorf("New returned %v, want an error about %s", err, want)
		}
	}
}

func TestTheSameModelMayHaveAPriceAtEachProvider(t *testing.T) {
	newCollector(t, aiprom.Config{Models: []string{"gpt"}, Prices: []aiprom.Price{
		{Provider: "openai", Model: "gpt", Input: 1}, {Provider: "azure", Model: "gpt", Output: 1},
	}})
}

func TestBucketsAreThoseOfTheConfig(t *testing.T) {
	upper := []float64{0.5}
	metrics := newCollector(t, aiprom.Config{Buckets: upper})
	upper[0] = 7 // the caller's own again
	metrics.Observe(ai.AttemptEnded{Origin: text})
	metrics.Observe(ai.CallEnded{Origin: text})
	got := scrape(t, registered(t, metrics))
	buckets := 0
	for series := range got {
		if strings.Contains(series, "_bucket{") {
			buckets++
		}
	}
	if buckets != 4 { // 0.5 and +Inf in both
		t.Errorf("%d buckets", buckets)
	}
	got.want(t, values{`ai_call_duration_seconds_bucket{kind="text",source="none",le="0.5"}`: 1})
}

func TestNoBucketsAreTheDefault(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{Buckets: []float64{}})
	metrics.Observe(ai.CallEnded{Origin: text})
	scrape(t, registered(t, metrics)).want(t, values{`ai_call_duration_seconds_bucket{kind="text",source="none",le="81.92"}`: 1})
}

func TestTwoCollectorsShareARegistryUnderALabel(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for _, name := range []string{"interactive", "batch"} {
		metrics := newCollector(t, aiprom.Config{})
		if err := metrics.Watch(newClient(t, ai.WithProvider("openai", &provider{}, ai.OnlyKinds(ai.KindText)))); err != nil {
			t.Fatal(err)
		}
		prometheus.WrapRegistererWith(prometheus.Labels{"client": name}, registry).MustRegister(metrics)
	}
	scrape(t, registry).want(t, values{
		`ai_circuit_state{circuit="openai/text",client="interactive",state="closed"}`: 1,
		`ai_circuit_state{circuit="openai/text",client="batch",state="closed"}`:       1,
	})
}
