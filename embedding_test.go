package ai_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

// embedder plans and serves one space.
func embedder(space ai.Space) planning {
	p := answers("")
	p.set(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		resp := &ai.Response{Space: space, Model: space.Model}
		for range req.Inputs {
			resp.Embeddings = append(resp.Embeddings, make([]float32, max(space.Dimensions, 1)))
		}
		return resp, nil
	})
	return planning{p, func(*ai.Request) (ai.Plan, error) { return ai.Plan{Model: space.Model, Space: space}, nil }}
}

var (
	small = ai.Space{Vendor: "openai", Model: "small", Dimensions: 4, Normalized: true}
	other = ai.Space{Vendor: "google", Model: "other", Dimensions: 4, Normalized: true}
)

func TestAnEmbeddingIsNeverAnsweredFromAnotherSpaceUnlessAllowed(t *testing.T) {
	shorter := small
	shorter.Dimensions = 2
	unknown := small
	unknown.Dimensions = 0
	lying := embedder(other)
	lying.plan = func(*ai.Request) (ai.Plan, error) { return ai.Plan{Model: "small", Space: small}, nil }
	tests := []struct {
		name      string
		secondary ai.Analyzer
		allow     bool
		answered  bool
		asked     bool
	}{
		{"the same space", embedder(small), false, true, true},
		{"the same space of unknown length", embedder(unknown), false, true, true},
		{"another space", embedder(other), false, false, false},
		{"another length", embedder(shorter), false, false, false},
		{"another space, allowed", embedder(other), true, true, true},
		{"a route that does not say its space", answers(""), false, false, false},
		{"a route that serves another space than it planned", lying, false, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			primary := embedder(small)
			primary.fail(coded(ai.CodeUnavailable))
			client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", test.secondary), noRetries())
			resp, err := client.Analyze(t.Context(), &ai.Request{Inputs: []string{"a", "b"}, AllowOtherSpace: test.allow})
			var asked int
			switch s := test.secondary.(type) {
			case planning:
				asked = s.count()
			case *provider:
				asked = s.count()
			}
			if (asked > 0) != test.asked {
				t.Errorf("the secondary was asked %d times", asked)
			}
			if test.answered {
				if err != nil || resp.Provider != "secondary" || !resp.Fallback || resp.Space == (ai.Space{}) {
					t.Errorf("got %+v, %v", resp, err)
				}
				return
			}
			if !errors.Is(err, ai.ErrIncompatibleSpace) || ai.CodeOf(err) != ai.CodeIncompatibleSpace {
				t.Errorf("got %+v, %v", resp, err)
			}
			if !errors.Is(err, ai.CodeUnavailable) || !err.(*ai.Error).Temporary() {
				t.Errorf("%v does not tell that the primary failed for now", err)
			}
		})
	}
}

func TestACachedSubstituteIsHeldToThePrimarysSpaceToo(t *testing.T) {
	primary := embedder(small)
	primary.fail(coded(ai.CodeUnavailable))
	lying := embedder(other)
	lying.plan = func(*ai.Request) (ai.Plan, error) { return ai.Plan{Model: "small", Space: small}, nil }
	client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", lying), noRetries(), withMemory(time.Hour, 0))
	resp := mustAnalyze(t, client, &ai.Request{Inputs: []string{"a"}, AllowOtherSpace: true})
	if resp.Space != other {
		t.Fatalf("got %+v", resp)
	}
	if err := mustFail(t, client, ai.Embedding("a")); err.Code != ai.CodeIncompatibleSpace {
		t.Errorf("got %v", err)
	}
}

func TestARouteThatCannotEmbedIsNoSubstituteThatWasLeft(t *testing.T) {
	primary := embedder(small)
	primary.fail(coded(ai.CodeUnavailable))
	blind := planning{answers(""), func(*ai.Request) (ai.Plan, error) { return ai.Plan{}, coded(ai.CodeUnsupported) }}
	client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", embedder(other)), ai.WithProvider("blind", blind), noRetries())
	if err := mustFail(t, client, ai.Embedding("a")); err.Code != ai.CodeIncompatibleSpace {
		t.Errorf("got %v", err)
	}
}

func TestNotOneVectorPerInputIsABadResponse(t *testing.T) {
	for _, vectors := range [][][]float32{nil, {{1}}, {{1}, {}}, {{1}, {1, 2}}} {
		p := &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
			return &ai.Response{Embeddings: vectors}, nil
		}}
		client := newClient(t, ai.WithProvider("p", p), noRetries())
		if err := mustFail(t, client, ai.Embedding("a", "b")); err.Code != ai.CodeBadResponse {
			t.Errorf("%v: got %v", vectors, err)
		}
	}
}
