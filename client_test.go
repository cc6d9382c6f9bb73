package ai_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// trip fails the primary five times, so that its breaker for text opens.
func trip(t *testing.T, client *ai.Client, primary *provider) {
	t.Helper()
	primary.fail(coded(ai.CodeUnavailable))
	for range 5 {
		_, _ = client.Analyze(t.Context(), &ai.Request{Prompt: "trip", Fallback: &ai.FallbackPolicy{Off: true}, Cache: ai.CacheControl{Off: true}})
		wait(time.Second)
	}
	if !client.Breaker("primary", ai.KindText).IsOpen() {
		t.Fatal("the breaker is not open after five failures")
	}
}

// noRetries keeps the count of attempts equal to that of calls.
func noRetries() ai.Option {
	var once resilience.Policy
	once.Retry.MaxAttempts = 1
	return ai.WithPolicy("", 0, once)
}

func TestThePrimaryAnswersWithoutAMarker(t *testing.T) {
	client := newClient(t, ai.WithProvider("primary", answers("first")), ai.WithProvider("secondary", answers("second")))
	resp := mustAnalyze(t, client, ai.Text("question"))
	if resp.Text != "first" || resp.Fallback || resp.Reason != "" || resp.Source != ai.SourceProvider ||
		resp.Provider != "primary" || resp.Model != "first-model" || resp.RequestID != "id" || resp.Age != 0 {
		t.Errorf("got %+v", resp)
	}
	if len(resp.Trail) != 1 || resp.Trail[0].Provider != "primary" || resp.Trail[0].Code != "" || resp.Trail[0].Model != "first-model" {
		t.Errorf("trail %v: want the one attempt that answered", resp.Trail)
	}
}

func TestAfterFiveFailuresTheSixthCallDoesNotReachTheProvider(t *testing.T) {
	question := ai.Text("question")
	tests := []struct {
		name    string
		cached  bool // the question was answered before the outage
		age     time.Duration
		options []ai.Option
		want    ai.Response // compared by its provenance
		text    string
	}{
		{
			name: "the cached answer within its stale age", cached: true, age: 30 * time.Minute,
			options: []ai.Option{ai.WithProvider("secondary", answers("second")), ai.WithStatic(&ai.Response{Text: "static"})},
			want:    ai.Response{Source: ai.SourceCache, Provider: "primary", Model: "first-model", Age: 30*time.Minute + 5*time.Second},
			text:    "first",
		},
		{
			name: "else the secondary", cached: true, age: 2 * time.Hour,
			options: []ai.Option{ai.WithProvider("secondary", answers("second")), ai.WithStatic(&ai.Response{Text: "static"})},
			want:    ai.Response{Source: ai.SourceProvider, Provider: "secondary", Model: "second-model"},
			text:    "second",
		},
		{
			name:    "else the static answer",
			options: []ai.Option{ai.WithStatic(&ai.Response{Text: "unavailable"})},
			want:    ai.Response{Source: ai.SourceStatic},
			text:    "unavailable",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				primary := answers("first")
				options := append([]ai.Option{ai.WithProvider("primary", primary), noRetries(), withMemory(time.Minute, time.Hour)}, test.options...)
				client := newClient(t, options...)
				if test.cached {
					mustAnalyze(t, client, question)
				}
				wait(test.age)
				trip(t, client, primary)
				before := primary.count()
				resp := mustAnalyze(t, client, question)
				if primary.count() != before {
					t.Error("the provider was asked although its breaker is open")
				}
				if resp.Text != test.text || !resp.Fallback || resp.Reason != ai.CodeCircuitOpen ||
					resp.Source != test.want.Source || resp.Provider != test.want.Provider ||
					resp.Model != test.want.Model || resp.Age != test.want.Age {
					t.Errorf("got %q %+v", resp.Text, resp)
				}
				if first := resp.Trail[0]; !first.Skipped || first.Code != ai.CodeCircuitOpen || first.RetryAfter != 29*time.Second {
					t.Errorf("trail begins with %+v: want the primary skipped, open for another 29 s", first)
				}
			})
		})
	}
	t.Run("else ErrOpen with the time left", func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			primary := answers("first")
			client := newClient(t, ai.WithProvider("primary", primary), noRetries())
			trip(t, client, primary)
			before := primary.count()
			err := mustFail(t, client, question)
			if primary.count() != before {
				t.Error("the provider was asked although its breaker is open")
			}
			if !errors.Is(err, ai.ErrOpen) || err.Code != ai.CodeCircuitOpen || err.RetryAfter != 29*time.Second || err.Provider != "primary" || !err.Temporary() {
				t.Errorf("got %#v", err)
			}
		})
	})
}

func TestAFreshCacheEntryAnswersWithoutAMarkerEvenInAnOutage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), noRetries(), withMemory(time.Minute, time.Hour))
		mustAnalyze(t, client, ai.Text("question"))
		trip(t, client, primary)
		resp := mustAnalyze(t, client, ai.Text("question"))
		if resp.Fallback || resp.Reason != "" || resp.Source != ai.SourceCache || resp.Age != 5*time.Second || resp.Text != "first" || resp.Provider != "primary" {
			t.Errorf("got %+v", resp)
		}
	})
}

func TestOneSuccessfulProbeClosesAndAFailedOneReopens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), noRetries())
		trip(t, client, primary)
		wait(29 * time.Second)
		before := primary.count()
		if resp := mustAnalyze(t, client, ai.Text("q")); resp.Provider != "secondary" || resp.Reason != ai.CodeUnavailable {
			t.Errorf("got %+v: want the probe to fail and the secondary to answer", resp)
		}
		if resp := mustAnalyze(t, client, ai.Text("q")); resp.Reason != ai.CodeCircuitOpen {
			t.Errorf("got %+v: want the breaker open again", resp)
		}
		if got := primary.count() - before; got != 1 {
			t.Errorf("%d calls reached the provider, want the one probe", got)
		}
		primary.answer("first")
		wait(30 * time.Second)
		for range 2 {
			if resp := mustAnalyze(t, client, ai.Text("q")); resp.Provider != "primary" || resp.Fallback {
				t.Errorf("got %+v: want the primary again", resp)
			}
		}
	})
}

func TestTextFailingStopsNeitherEmbeddingsNorTheOtherProvider(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), noRetries())
		trip(t, client, primary)
		primary.answer("first")
		if resp := mustAnalyze(t, client, ai.Embedding("text")); resp.Provider != "primary" || resp.Fallback {
			t.Errorf("embedding: got %+v", resp)
		}
		for _, name := range []string{"primary/image", "primary/embedding", "secondary/text"} {
			for _, b := range client.Breakers() {
				if b.Name() == name && b.IsOpen() {
					t.Errorf("%s is open", name)
				}
			}
		}
	})
}

func TestWhenEverythingFailsTheErrorHasThePrimarysCodeAndTheSmallestHint(t *testing.T) {
	primary, secondary := answers(""), answers("")
	primary.fail(&ai.Error{Code: ai.CodeAuthentication, Status: 401, RetryAfter: 9 * time.Second})
	secondary.fail(&ai.Error{Code: ai.CodeContextLength, Status: 400, RetryAfter: 4 * time.Second})
	client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", secondary))
	err := mustFail(t, client, ai.Text("q"))
	if err.Code != ai.CodeAuthentication || err.Provider != "primary" || err.Status != 401 || err.RetryAfter != 4*time.Second {
		t.Errorf("got %+v", err)
	}
	if !errors.Is(err, ai.CodeContextLength) || len(err.Unwrap()) != 2 || len(err.Trail) != 2 {
		t.Errorf("unwraps to %v, trail %v: want both steps", err.Unwrap(), err.Trail)
	}
}

func TestAClosedClientRefuses(t *testing.T) {
	primary := answers("first")
	client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Minute, 0))
	for range 2 {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := mustFail(t, client, ai.Text("q")); !errors.Is(err, ai.ErrClosed) || primary.count() != 0 {
		t.Errorf("got %v after %d calls", err, primary.count())
	}
}

func TestANilErrorInAnInterfaceIsABadResponse(t *testing.T) {
	primary := answers("")
	primary.set(func(context.Context, *ai.Request) (*ai.Response, error) {
		var none *ai.Error
		return &ai.Response{Text: "x"}, none
	})
	client := newClient(t, ai.WithProvider("primary", primary), noRetries())
	if err := mustFail(t, client, ai.Text("q")); err.Code != ai.CodeBadResponse {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerWithoutTextIsNoAnswer(t *testing.T) {
	for finish, want := range map[ai.FinishReason]ai.Code{ai.FinishStop: ai.CodeBadResponse, "": ai.CodeBadResponse, ai.FinishLength: ai.CodeMaxTokens} {
		primary := answers("")
		primary.set(func(context.Context, *ai.Request) (*ai.Response, error) {
			return &ai.Response{FinishReason: finish}, nil
		})
		client := newClient(t, ai.WithProvider("primary", primary), noRetries())
		if err := mustFail(t, client, ai.Text("q")); err.Code != want {
			t.Errorf("%q: got %v", finish, err)
		}
	}
}

func TestAPanickingPlannerStopsOnlyItsOwnRoute(t *testing.T) {
	panicking := planning{answers("x"), func(*ai.Request) (ai.Plan, error) { panic("canary") }}
	client := newClient(t, ai.WithProvider("primary", answers("first")), ai.WithProvider("secondary", panicking))
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Text != "first" {
		t.Errorf("got %+v", resp)
	}
	client = newClient(t, ai.WithProvider("primary", panicking), ai.WithProvider("secondary", answers("second")))
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Provider != "secondary" || resp.Reason != ai.CodeBadResponse {
		t.Errorf("got %+v", resp)
	}
}

func TestAModelThatTheAnswerDoesNotNameIsThePlannedOne(t *testing.T) {
	quiet := planning{&provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
		return &ai.Response{Text: "x"}, nil
	}}, func(*ai.Request) (ai.Plan, error) { return ai.Plan{Model: "planned"}, nil }}
	client := newClient(t, ai.WithProvider("primary", quiet), withMemory(time.Hour, 0))
	for range 2 {
		if resp := mustAnalyze(t, client, ai.Text("q")); resp.Model != "planned" {
			t.Errorf("got %+v", resp)
		}
	}
}

func TestAClientWithinAClientKeepsItsMarkerAndIsNotCached(t *testing.T) {
	primary := &provider{do: failing(coded(ai.CodeNotAvailable))}
	inner := newClient(t, ai.WithProvider("primary", primary), ai.WithStatic(&ai.Response{Text: "unavailable"}))
	outer := newClient(t, ai.WithProvider("inner", inner), withMemory(time.Hour, 0))
	if resp := mustAnalyze(t, outer, ai.Text("q")); !resp.Fallback || resp.Reason != ai.CodeNotAvailable {
		t.Errorf("got %+v", resp)
	}
	primary.answer("first")
	if resp := mustAnalyze(t, outer, ai.Text("q")); resp.Text != "first" || resp.Fallback {
		t.Errorf("got %+v", resp)
	}
}

func TestAPanickingProviderIsABadResponseAndTheNextAnswers(t *testing.T) {
	primary := answers("")
	primary.set(func(context.Context, *ai.Request) (*ai.Response, error) { panic("canary") })
	client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), noRetries())
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Provider != "secondary" || resp.Reason != ai.CodeBadResponse {
		t.Errorf("got %+v", resp)
	}
}

func TestGuardsAreThoseOfTheBreakersInTheirOrder(t *testing.T) {
	client := newClient(t, ai.WithProvider("primary", answers("first")), ai.WithProvider("vectors", answers(""), ai.OnlyKinds(ai.KindEmbedding)))
	guards, breakers := client.Guards(), client.Breakers()
	if len(guards) != 4 || len(breakers) != 4 {
		t.Fatalf("%d guards of %d breakers, want 4 of 4", len(guards), len(breakers))
	}
	for i, g := range guards {
		if g.Breaker() != breakers[i] || g.Name() != client.Health().Circuits[i].Name {
			t.Errorf("guard %d is that of %s, want %s", i, g.Name(), breakers[i].Name())
		}
	}
}
