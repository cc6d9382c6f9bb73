package aiprom_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

// planner is a provider whose answers name a longer model than it asks for.
type planner struct {
	asked, served string
	space, got    ai.Space
}

func (p *planner) Plan(*ai.Request) (ai.Plan, error) {
	return ai.Plan{Model: p.asked, Space: p.space}, nil
}

func (p *planner) Analyze(_ context.Context, req *ai.Request) (*ai.Response, error) {
	if p.served == "" {
		return nil, &ai.Error{Code: ai.CodeAuthentication}
	}
	answer := &ai.Response{Text: "answer", Model: p.served, Space: p.got, Usage: ai.Usage{InputTokens: 1_000_000}}
	for range req.Inputs {
		answer.Embeddings = append(answer.Embeddings, []float32{1})
	}
	return answer, nil
}

func TestAModelIsCountedAndPricedUnderTheNameThatIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{Prices: []aiprom.Price{
			{Provider: "openai", Model: "gpt", Input: 2}, {Provider: "openai", Model: "gpt-dated", Input: 7},
		}})
		client := newClient(t, ai.WithProvider("openai", &planner{asked: "gpt", served: "gpt-dated"}), ai.WithObserver(metrics))
		if _, err := client.Analyze(t.Context(), ai.Text("q")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		scrape(t, registered(t, metrics)).want(t, values{
			`ai_attempts_total{code="ok",kind="text",model="gpt",provider="openai"}`:  1,
			`ai_cost_total{currency="USD",kind="text",model="gpt",provider="openai"}`: 2,
		})
	})
}

func TestVectorsThatAreOfNoUseArePaidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{Prices: []aiprom.Price{{Provider: "second", Model: "small", Input: 2}}})
		space := ai.Space{Vendor: "v", Model: "small", Dimensions: 1}
		client := newClient(t, ai.WithObserver(metrics),
			ai.WithProvider("first", &planner{asked: "small", space: space}),
			ai.WithProvider("second", &planner{asked: "small", served: "large", space: space, got: ai.Space{Vendor: "v", Model: "large", Dimensions: 1}}))
		if _, err := client.Analyze(t.Context(), ai.Embedding("a")); err == nil {
			t.Fatal("vectors of another space were answered")
		}
		synctest.Wait()
		scrape(t, registered(t, metrics)).want(t, values{
			`ai_attempts_total{code="incompatible_space",kind="embedding",model="small",provider="second"}`: 1,
			`ai_tokens_total{kind="embedding",model="small",provider="second",type="input"}`:                1_000_000,
			`ai_cost_total{currency="USD",kind="embedding",model="small",provider="second"}`:                2,
		})
	})
}

func TestACostThatIsKnownOnlyInPartIsAbsent(t *testing.T) {
	for name, test := range map[string]struct {
		price aiprom.Price
		usage ai.Usage
		cost  float64
	}{
		"output without a price":            {aiprom.Price{Input: 2}, ai.Usage{InputTokens: 1, OutputTokens: 1}, math.NaN()},
		"thinking without a price":          {aiprom.Price{Input: 2}, ai.Usage{InputTokens: 1, OutputTokens: 1, ReasoningTokens: 1}, math.NaN()},
		"input without a price":             {aiprom.Price{Output: 2}, ai.Usage{InputTokens: 1, OutputTokens: 1}, math.NaN()},
		"cached input without a price":      {aiprom.Price{Output: 2}, ai.Usage{InputTokens: 1, CachedTokens: 1, OutputTokens: 1}, math.NaN()},
		"nothing but what has a price":      {aiprom.Price{Input: 2}, ai.Usage{InputTokens: 1_000_000}, 2},
		"nothing but cached input":          {aiprom.Price{Input: 2}, ai.Usage{InputTokens: 1_000_000, CachedTokens: 1_000_000}, 2},
		"cached input is all that is known": {aiprom.Price{CachedInput: 1, Output: 1}, ai.Usage{InputTokens: 1_000_000, CachedTokens: 1_000_000}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			test.price.Provider, test.price.Model = "openai", "gpt"
			metrics := newCollector(t, aiprom.Config{Prices: []aiprom.Price{test.price}})
			metrics.Observe(ai.AttemptEnded{Origin: text, Usage: test.usage})
			unpriced := 1.0
			if test.cost > 0 {
				unpriced = math.NaN()
			}
			scrape(t, registered(t, metrics)).want(t, values{
				`ai_cost_total{currency="USD",kind="text",model="gpt",provider="openai"}`: test.cost,
				`ai_unpriced_attempts_total{kind="text",provider="openai"}`:               unpriced,
			})
		})
	}
}

func TestTokensOfAFailureWithoutAPriceAreCountedAsMissing(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	metrics.Observe(ai.AttemptEnded{Origin: text, Code: ai.CodeIncompatibleSpace, Usage: ai.Usage{InputTokens: 1}})
	scrape(t, registered(t, metrics)).want(t, values{`ai_unpriced_attempts_total{kind="text",provider="openai"}`: 1})
}

func TestWorkOnJobsAndFilesIsNotMissingFromTheCost(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	for _, kind := range []ai.Kind{ai.KindFineTuning, ai.KindFile, ai.KindImageGeneration} {
		metrics.Observe(ai.AttemptEnded{Origin: ai.Origin{Provider: "openai", Kind: kind}})
	}
	scrape(t, registered(t, metrics)).want(t, values{
		`ai_unpriced_attempts_total{kind="finetune",provider="openai"}`:         math.NaN(),
		`ai_unpriced_attempts_total{kind="file",provider="openai"}`:             math.NaN(),
		`ai_unpriced_attempts_total{kind="image_generation",provider="openai"}`: 1,
	})
}

func TestWhatIsServedToManyCallersIsPaidForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{Models: []string{"gpt"}})
		slow := &provider{model: "gpt", took: time.Second, usage: ai.Usage{InputTokens: 7}}
		client := newClient(t, ai.WithProvider("openai", slow), ai.WithObserver(metrics), withCache())
		for range 10 {
			go func() { _, _ = client.Analyze(context.Background(), ai.Text("q")) }()
		}
		elapse(2 * time.Second)
		if _, err := client.Analyze(t.Context(), ai.Text("q")); err != nil { // from the cache, which remembers usage
			t.Fatal(err)
		}
		synctest.Wait()
		scrape(t, registered(t, metrics)).want(t, values{
			`ai_calls_total{code="ok",kind="text",provider="openai",source="provider"}`: 10,
			`ai_calls_total{code="ok",kind="text",provider="openai",source="cache"}`:    1,
			`ai_attempts_total{code="ok",kind="text",model="gpt",provider="openai"}`:    1,
			`ai_tokens_total{kind="text",model="gpt",provider="openai",type="input"}`:   7,
			`ai_cache_lookups_total{kind="text",provider="openai",result="miss"}`:       10,
			`ai_cache_lookups_total{kind="text",provider="openai",result="fresh"}`:      1,
		})
	})
}
