package ai_test

import (
	"errors"
	"testing"

	"github.com/finbrain/ai"
)

// mapping is a planner that knows some names of the application's.
func mapping(name string, models map[string]string) planning {
	return planning{answers(name), func(req *ai.Request) (ai.Plan, error) {
		if model, ok := models[req.Model]; ok {
			return ai.Plan{Model: model, Alias: true}, nil
		}
		if req.Model == "" {
			return ai.Plan{Model: name + "-default"}, nil
		}
		return ai.Plan{Model: req.Model}, nil
	}}
}

func TestAModelNameReachesOnlyTheRouteItIsMeantFor(t *testing.T) {
	tests := []struct {
		model             string
		first             string // the route that is asked first
		primary, fallback string // the model each of the two is asked for
	}{
		{"", "primary", "", ""},
		{"gpt", "primary", "gpt", ""},
		{"meta/llama", "primary", "meta/llama", ""},
		{"fast", "primary", "fast", "fast"},
		{"primary/gpt", "primary", "gpt", ""},
		{"secondary/flash", "secondary", "", "flash"},
		{"secondary/fast", "secondary", "", "fast"},
	}
	for _, test := range tests {
		t.Run(test.model, func(t *testing.T) {
			fast := map[string]string{"fast": "turbo"}
			primary, secondary := mapping("primary", fast), mapping("secondary", fast)
			primary.fail(coded(ai.CodeNotAvailable))
			secondary.fail(coded(ai.CodeNotAvailable))
			client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", secondary))
			err := mustFail(t, client, &ai.Request{Prompt: "q", Model: test.model})
			if err.Provider != test.first {
				t.Errorf("%q was first, want %q", err.Provider, test.first)
			}
			if got := primary.calls[0].Model; got != test.primary {
				t.Errorf("the primary was asked for %q, want %q", got, test.primary)
			}
			if got := secondary.calls[0].Model; got != test.fallback {
				t.Errorf("the secondary was asked for %q, want %q", got, test.fallback)
			}
		})
	}
}

func TestAnAddressedRouteAnswersWithoutAMarker(t *testing.T) {
	client := newClient(t, ai.WithProvider("primary", answers("first")), ai.WithProvider("secondary", answers("second")))
	resp := mustAnalyze(t, client, &ai.Request{Prompt: "q", Model: "secondary/deep"})
	if resp.Provider != "secondary" || resp.Fallback {
		t.Errorf("got %+v", resp)
	}
}

func TestAnAddressedRouteThatCannotServeTheKindIsNotReplacedInSilence(t *testing.T) {
	client := newClient(t,
		ai.WithProvider("primary", embedder(small)),
		ai.WithProvider("texts", embedder(other), ai.OnlyKinds(ai.KindText)))
	resp, err := client.Analyze(t.Context(), &ai.Request{Inputs: []string{"a"}, Model: "texts/embed", AllowOtherSpace: true})
	if err != nil || resp.Provider != "primary" || !resp.Fallback || resp.Reason != ai.CodeUnsupported {
		t.Errorf("got %+v, %v", resp, err)
	}
	if err := mustFail(t, client, &ai.Request{Inputs: []string{"a"}, Model: "texts/embed"}); !errors.Is(err, ai.CodeUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestTheFirstRouteThatCanServeTheKindIsThePrimary(t *testing.T) {
	blind := planning{answers("blind"), func(req *ai.Request) (ai.Plan, error) {
		if req.ResolvedKind() == ai.KindImage {
			return ai.Plan{}, coded(ai.CodeUnsupported)
		}
		return ai.Plan{Model: "m"}, nil
	}}
	vectors := answers("vectors")
	client := newClient(t,
		ai.WithProvider("vectors", vectors, ai.OnlyKinds(ai.KindEmbedding)),
		ai.WithProvider("blind", blind),
		ai.WithProvider("seeing", answers("seeing")))
	if resp := mustAnalyze(t, client, ai.ImageAnalysis("q", ai.ImageBytes(png))); resp.Provider != "seeing" || resp.Fallback || len(resp.Trail) != 1 {
		t.Errorf("got %+v", resp)
	}
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Provider != "blind" || resp.Fallback {
		t.Errorf("got %+v", resp)
	}
	if vectors.count()+blind.count() != 1 {
		t.Error("a route was asked for what it cannot serve")
	}
}

func TestWhenNoRouteServesTheKindTheErrorSaysUnsupported(t *testing.T) {
	client := newClient(t, ai.WithProvider("vectors", answers(""), ai.OnlyKinds(ai.KindEmbedding)))
	if err := mustFail(t, client, ai.Text("q")); err.Code != ai.CodeUnsupported {
		t.Errorf("got %v", err)
	}
}

func TestThePolicyOfARequestReplacesTheClients(t *testing.T) {
	primary := &provider{do: failing(coded(ai.CodeNotAvailable))}
	client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), ai.WithStatic(&ai.Response{Text: "static"}))
	static := &ai.Request{Prompt: "q", Fallback: &ai.FallbackPolicy{Order: []ai.Step{ai.StepStatic, ai.StepProvider}}}
	if resp := mustAnalyze(t, client, static); resp.Source != ai.SourceStatic {
		t.Errorf("got %+v", resp)
	}
	if err := mustFail(t, client, &ai.Request{Prompt: "q", Fallback: &ai.FallbackPolicy{Off: true}}); err.Code != ai.CodeNotAvailable {
		t.Errorf("got %v", err)
	}
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Provider != "secondary" {
		t.Errorf("got %+v", resp)
	}
}
