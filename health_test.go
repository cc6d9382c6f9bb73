package ai_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// open opens the breaker of a route for 30 s.
func open(client *ai.Client, route string, kind ai.Kind) {
	for range 5 {
		client.Breaker(route, kind).RecordFailure()
	}
}

// inSpace plans to embed into the space of a vendor's model.
func inSpace(p *provider, vendor string) ai.Analyzer {
	return planning{p, func(req *ai.Request) (ai.Plan, error) {
		plan := ai.Plan{Model: vendor + "-default"}
		if req.ResolvedKind() == ai.KindEmbedding {
			plan.Space = ai.Space{Vendor: vendor, Model: plan.Model}
		}
		return plan, nil
	}}
}

func wantKind(t *testing.T, client *ai.Client, kind ai.Kind, want ai.KindHealth) {
	t.Helper()
	want.Kind = kind
	if got := client.KindHealth(kind); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	i := slices.IndexFunc(client.Health().Kinds, func(h ai.KindHealth) bool { return h.Kind == kind })
	if i >= 0 && client.Health().Kinds[i] != want {
		t.Errorf("Health says %+v, KindHealth %+v", client.Health().Kinds[i], want)
	}
}

func TestAKindIsAvailableUntilNoRouteOfItsLetsCallsThrough(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", answers("first")), ai.WithProvider("secondary", answers("second")))
		wantKind(t, client, ai.KindText, ai.KindHealth{Available: true})
		open(client, "primary", ai.KindText)
		wait(10 * time.Second)
		wantKind(t, client, ai.KindText, ai.KindHealth{Available: true})
		open(client, "secondary", ai.KindText)
		wait(5 * time.Second)
		wantKind(t, client, ai.KindText, ai.KindHealth{RetryAfter: 15 * time.Second})
		wantKind(t, client, ai.KindImage, ai.KindHealth{Available: true})
		client.Breaker("primary", ai.KindText).ForceOpen() // until nobody knows when
		wantKind(t, client, ai.KindText, ai.KindHealth{RetryAfter: 25 * time.Second})
		client.Breaker("primary", ai.KindText).Reset()
		open(client, "primary", ai.KindText)
		client.Breaker("secondary", ai.KindText).ForceOpen()
		wantKind(t, client, ai.KindText, ai.KindHealth{RetryAfter: 30 * time.Second})
		client.Breaker("primary", ai.KindText).ForceOpen()
		wantKind(t, client, ai.KindText, ai.KindHealth{})
		client.Breaker("secondary", ai.KindText).Reset()
		open(client, "secondary", ai.KindText)
		wait(30 * time.Second)
		if _, err := client.Breaker("secondary", ai.KindText).Acquire(); err != nil {
			t.Fatal(err)
		}
		wantKind(t, client, ai.KindText, ai.KindHealth{Available: true}) // while the probe is out, too
		if c := client.Health().Circuits[3]; c.Name != "secondary/text" || c.State != resilience.HalfOpen || c.RetryAfter != time.Second {
			t.Errorf("got %+v", c)
		}
	})
}

func TestAShutGateOfTheDefaultModelMakesARouteUnavailable(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("first")
		client := newClient(t, noRetries(), ai.WithProvider("primary", planning{primary, func(req *ai.Request) (ai.Plan, error) {
			if req.Model != "" {
				return ai.Plan{Model: req.Model}, nil
			}
			return ai.Plan{Model: "default"}, nil
		}}))
		primary.fail(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 40 * time.Second})
		mustFail(t, client, &ai.Request{Prompt: "q", Model: "other"})
		wantKind(t, client, ai.KindText, ai.KindHealth{Available: true})
		mustFail(t, client, ai.Text("q"))
		wait(500 * time.Millisecond)
		wantKind(t, client, ai.KindText, ai.KindHealth{RetryAfter: 39500 * time.Millisecond})
		open(client, "primary", ai.KindText) // for less long than the gate is shut
		wantKind(t, client, ai.KindText, ai.KindHealth{RetryAfter: 39500 * time.Millisecond})
		wait(39499 * time.Millisecond)
		wantKind(t, client, ai.KindText, ai.KindHealth{RetryAfter: time.Millisecond})
		if gates := client.Health().Circuits[0].Gates; len(gates) != 2 || gates[0].Model != "default" || gates[0].RetryAfter != time.Millisecond {
			t.Errorf("got %+v", gates)
		}
		wait(time.Millisecond)
		wantKind(t, client, ai.KindText, ai.KindHealth{Available: true})
		if gates := client.Health().Circuits[0].Gates; gates != nil {
			t.Errorf("got %+v, want none that is over", gates)
		}
		mustFail(t, client, ai.Text("q"))
		client.Breaker("primary", ai.KindText).ForceOpen()
		wantKind(t, client, ai.KindText, ai.KindHealth{}) // when the gate opens does not matter
	})
}

func TestOnlyRoutesThatACallMayComeToCount(t *testing.T) {
	for name, test := range map[string]struct {
		kind      ai.Kind
		secondary ai.Analyzer
		options   []ai.Option
		want      ai.KindHealth
	}{
		"a substitute":                  {ai.KindText, answers(""), nil, ai.KindHealth{Available: true}},
		"fallback is off":               {ai.KindText, answers(""), []ai.Option{ai.WithFallback(ai.FallbackPolicy{Off: true})}, ai.KindHealth{RetryAfter: 30 * time.Second}},
		"the order names no provider":   {ai.KindText, answers(""), []ai.Option{ai.WithFallback(ai.FallbackPolicy{Order: []ai.Step{ai.StepCache}})}, ai.KindHealth{RetryAfter: 30 * time.Second}},
		"vectors of the same space":     {ai.KindEmbedding, inSpace(answers(""), "a"), nil, ai.KindHealth{Available: true}},
		"vectors of another space":      {ai.KindEmbedding, inSpace(answers(""), "b"), nil, ai.KindHealth{RetryAfter: 30 * time.Second}},
		"a space that nobody knows":     {ai.KindEmbedding, answers(""), nil, ai.KindHealth{RetryAfter: 30 * time.Second}},
		"images by whoever serves them": {ai.KindImage, inSpace(answers(""), "b"), nil, ai.KindHealth{Available: true}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client := newClient(t, append(test.options, ai.WithProvider("primary", inSpace(answers(""), "a")), ai.WithProvider("secondary", test.secondary))...)
				wantKind(t, client, test.kind, ai.KindHealth{Available: true})
				open(client, "primary", test.kind)
				wantKind(t, client, test.kind, test.want)
			})
		})
	}
}

func TestWhatStandsBehindTheRoutesShowsInAKindsHealth(t *testing.T) {
	static := ai.WithStatic(&ai.Response{Text: "static"}, ai.KindText)
	order := func(steps ...ai.Step) ai.Option { return ai.WithFallback(ai.FallbackPolicy{Order: steps}) }
	for name, test := range map[string]struct {
		options       []ai.Option
		cache, static bool
	}{
		"nothing":                        {nil, false, false},
		"a static answer":                {[]ai.Option{static}, false, true},
		"one for another kind":           {[]ai.Option{ai.WithStatic(&ai.Response{Text: "static"}, ai.KindImage)}, false, false},
		"one that the order leaves out":  {[]ai.Option{static, order(ai.StepProvider)}, false, false},
		"a cache":                        {[]ai.Option{withMemory(time.Minute, time.Hour)}, true, false},
		"a cache of stale answers":       {[]ai.Option{withMemory(0, time.Hour)}, true, false},
		"that the order leaves out":      {[]ai.Option{withMemory(0, time.Hour), order(ai.StepStatic), static}, false, true},
		"a cache of fresh answers":       {[]ai.Option{withMemory(time.Minute, 0)}, true, false},
		"which the order does not touch": {[]ai.Option{withMemory(time.Minute, 0), order(ai.StepProvider)}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, append(test.options, ai.WithProvider("primary", answers("")))...)
			wantKind(t, client, ai.KindText, ai.KindHealth{Available: true, Cache: test.cache, Static: test.static})
			client.Breaker("primary", ai.KindText).ForceOpen()
			wantKind(t, client, ai.KindText, ai.KindHealth{Cache: test.cache, Static: test.static})
			if got := client.KindHealth(ai.KindText).Answerable(); got != (test.cache || test.static) {
				t.Errorf("Answerable is %v", got)
			}
			_ = client.Close()
			wantKind(t, client, ai.KindText, ai.KindHealth{})
		})
	}
}

func TestKindsThatNoRouteServesAreNotListed(t *testing.T) {
	textOnly := planning{answers(""), func(req *ai.Request) (ai.Plan, error) {
		if req.ResolvedKind() != ai.KindText {
			return ai.Plan{}, coded(ai.CodeUnsupported)
		}
		return ai.Plan{Model: "default"}, nil
	}}
	client := newClient(t, ai.WithProvider("primary", textOnly), ai.WithStatic(&ai.Response{Text: "static"}),
		ai.WithProvider("vectors", answers(""), ai.OnlyKinds(ai.KindEmbedding)))
	var kinds []ai.Kind
	for _, h := range client.Health().Kinds {
		kinds = append(kinds, h.Kind)
	}
	if !slices.Equal(kinds, []ai.Kind{ai.KindText, ai.KindEmbedding}) {
		t.Errorf("kinds %v", kinds)
	}
	for _, k := range []ai.Kind{0, ai.KindImage, ai.KindEmbedding + 1} {
		wantKind(t, client, k, ai.KindHealth{})
	}
	nobody := newClient(t, ai.WithProvider("vectors", textOnly, ai.OnlyKinds(ai.KindEmbedding)))
	if kinds := nobody.Health().Kinds; kinds == nil || len(kinds) > 0 {
		t.Errorf("kinds %#v, want an empty list", kinds)
	}
}

func TestHealthInJSONHasWholeSecondsAndMilliseconds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("")
		client := newClient(t, noRetries(), ai.WithProvider("primary", primary, ai.OnlyKinds(ai.KindText)))
		wait(123456789)
		primary.fail(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 40 * time.Second})
		mustFail(t, client, ai.Text("q"))
		open(client, "primary", ai.KindText)
		wait(1)
		got, err := json.Marshal(client.Health())
		if err != nil {
			t.Fatal(err)
		}
		want := `{"kinds":[{"kind":"text","available":false,"retry_after":40,"cache":false,"static":false}],` +
			`"circuits":[{"name":"primary/text","state":"open","failure_count":5,` +
			`"last_failure_time":"2000-01-01T00:00:00.123Z","opened_at":"2000-01-01T00:00:00.123Z","retry_after":30,"reason":"failures",` +
			`"provider":"primary","kind":"text","failures":5,"refusals":0,"trips":1,` +
			`"gates":[{"reason":"rate_limited","until":"2000-01-01T00:00:40.123Z","retry_after":40}]}],` +
			`"dropped_events":0,"closed":false}`
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		client.Breaker("primary", ai.KindText).ForceOpen()
		circuit, err := json.Marshal(client.Health().Circuits[0])
		if err != nil {
			t.Fatal(err)
		}
		if want := `"opened_at":"2000-01-01T00:00:00.123Z","reason":"forced","mode":"forced_open","provider"`; !strings.Contains(string(circuit), want) {
			t.Errorf("got %s, want %s in it", circuit, want)
		}
	})
}

func TestAWaitInJSONIsRoundedUpAndNeverNegative(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		-time.Minute: `"retry_after":0`, 0: `"retry_after":0`, 1: `"retry_after":1`, time.Second: `"retry_after":1`,
		time.Second + 1: `"retry_after":2`, math.MaxInt64: `"retry_after":9223372037`,
	} {
		if got, err := json.Marshal(ai.Gate{RetryAfter: wait}); err != nil || !strings.HasSuffix(string(got), want+"}") {
			t.Errorf("%d: got %s, %v, want %s", wait, got, err, want)
		}
	}
}

func TestAnEndlessWaitIsNotNegativeInJSON(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", answers(""), ai.OnlyKinds(ai.KindText)))
		client.Breaker("primary", ai.KindText).Trip(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), "contract over")
		got, err := json.Marshal(client.Health())
		if err != nil || strings.Count(string(got), `"retry_after":9223372037,`) != 2 {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

func TestABreakerThatOnlyMeasuresShowsWhatItWouldDo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", answers(""), ai.OnlyKinds(ai.KindText)),
			ai.WithPolicy("", 0, resilience.Policy{Breaker: resilience.BreakerConfig{Mode: resilience.MetricsOnly}}))
		circuit := func() ai.Circuit { return client.Health().Circuits[0] }
		for _, want := range []resilience.State{resilience.Closed, resilience.Open, resilience.HalfOpen} {
			if c := circuit(); c.State != resilience.Closed || c.Shadow != want {
				t.Errorf("got %+v, want the shadow %v", c, want)
			}
			wantKind(t, client, ai.KindText, ai.KindHealth{Available: true})
			told, err := json.Marshal(circuit())
			shadow := `"state":"closed","shadow_state":"` + want.String() + `"`
			if err != nil || strings.Contains(string(told), shadow) != (want != resilience.Closed) || strings.Count(string(told), "shadow") > 1 {
				t.Errorf("got %s, %v", told, err)
			}
			switch want {
			case resilience.Closed:
				open(client, "primary", ai.KindText)
			case resilience.Open:
				wait(30 * time.Second)
			}
		}
		client.Breaker("primary", ai.KindText).ForceOpen()
		if c := circuit(); c.State != resilience.Open || c.Shadow != resilience.Open {
			t.Errorf("got %+v", c)
		}
	})
}
