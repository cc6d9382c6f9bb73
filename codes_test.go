package ai_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

func TestEveryCodeMeansWhatTheTableSays(t *testing.T) {
	tests := []struct {
		code     ai.Code
		attempts int  // of a provider that has no substitute
		failures int  // that its breaker counts for those attempts
		onward   bool // a substitute is asked
	}{
		{ai.CodeInvalidRequest, 1, 0, false},
		{ai.CodeTooLarge, 1, 0, true},
		{ai.CodeContextLength, 1, 0, true},
		{ai.CodeMaxTokens, 1, 0, false},
		{ai.CodeContentFiltered, 1, 0, false},
		{ai.CodeModelFailed, 1, 0, true},
		{ai.CodeNotAvailable, 1, 0, true},
		{ai.CodeAuthentication, 1, 1, true},
		{ai.CodeQuotaExhausted, 1, 0, true},
		{ai.CodeRateLimited, 3, 0, true},
		{ai.CodeTimeout, 3, 3, true},
		{ai.CodeUnavailable, 3, 3, true},
		{ai.CodeBadResponse, 2, 2, true},
		{ai.CodeOverloadedHere, 1, 0, true},
		{ai.CodeUnsupported, 1, 0, true},
	}
	for _, test := range tests {
		t.Run(string(test.code), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				alone := &provider{do: failing(coded(test.code))}
				client := newClient(t, ai.WithProvider("alone", alone))
				err := mustFail(t, client, ai.Text("q"))
				if err.Code != test.code || !errors.Is(err, test.code) || err.Provider != "alone" {
					t.Errorf("got %v", err)
				}
				if alone.count() != test.attempts || len(err.Trail) != test.attempts {
					t.Errorf("%d attempts, %d in the trail; want %d", alone.count(), len(err.Trail), test.attempts)
				}
				if got := client.Breaker("alone", ai.KindText).FailureCount(); got != test.failures {
					t.Errorf("the breaker counted %d failures, want %d", got, test.failures)
				}

				primary := &provider{do: failing(coded(test.code))}
				secondary := answers("second")
				client = newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", secondary))
				resp, _ := client.Analyze(t.Context(), ai.Text("q"))
				switch {
				case !test.onward && (resp != nil || secondary.count() != 0):
					t.Errorf("the substitute was asked")
				case test.onward && (resp == nil || !resp.Fallback || resp.Reason != test.code || resp.Provider != "secondary"):
					t.Errorf("got %+v", resp)
				}
			})
		})
	}
}

func TestAnUncodedErrorIsTakenForUnavailable(t *testing.T) {
	client := newClient(t, ai.WithProvider("p", &provider{do: failing(errors.New("canary"))}), noRetries())
	err := mustFail(t, client, ai.Text("q"))
	if err.Code != ai.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestFilteredContentGoesOnOnlyWhenThePolicySaysSo(t *testing.T) {
	client := newClient(t,
		ai.WithProvider("primary", &provider{do: failing(coded(ai.CodeContentFiltered))}),
		ai.WithProvider("secondary", answers("second")),
		ai.WithFallback(ai.FallbackPolicy{OnFiltered: true}))
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Reason != ai.CodeContentFiltered {
		t.Errorf("got %+v", resp)
	}
}

func TestARateLimitClosesTheGateOfThatModelUntilTheHintHasPassed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := &provider{do: failing(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 7 * time.Second})}
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")))
		mustAnalyze(t, client, ai.Text("q"))
		primary.answer("first")
		wait(6 * time.Second)
		resp := mustAnalyze(t, client, ai.Text("q"))
		if resp.Provider != "secondary" || resp.Reason != ai.CodeRateLimited || !resp.Trail[0].Skipped || resp.Trail[0].RetryAfter != time.Second {
			t.Errorf("got %+v: want the gate closed for another second", resp)
		}
		if resp := mustAnalyze(t, client, &ai.Request{Prompt: "q", Model: "other"}); resp.Provider != "primary" {
			t.Errorf("got %+v: another model's gate is open", resp)
		}
		wait(time.Second)
		if resp := mustAnalyze(t, client, ai.Text("q")); resp.Provider != "primary" {
			t.Errorf("got %+v: want the gate open", resp)
		}
		if client.Breaker("primary", ai.KindText).FailureCount() != 0 {
			t.Error("a rate limit counted as a failure")
		}
	})
}

func TestAloneARateLimitedCallWaitsForItsHint(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		calls := 0
		alone := &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
			if calls++; calls == 1 {
				return nil, &ai.Error{Code: ai.CodeRateLimited, RetryAfter: 7 * time.Second}
			}
			return &ai.Response{Text: "first"}, nil
		}}
		client := newClient(t, ai.WithProvider("alone", alone))
		start := time.Now()
		resp := mustAnalyze(t, client, ai.Text("q"))
		if took := time.Since(start); took < 7*time.Second || took > 8*time.Second || resp.Fallback || len(resp.Trail) != 2 {
			t.Errorf("after %v got %+v", took, resp)
		}
	})
}

func TestAUsedUpQuotaKeepsTheModelShutForTheTimeNamedOrTenMinutes(t *testing.T) {
	for _, named := range []time.Duration{0, 3 * time.Hour} {
		inBubble(t, func(t *testing.T) {
			primary := &provider{do: failing(&ai.Error{Code: ai.CodeQuotaExhausted, RetryAfter: named})}
			client := newClient(t, ai.WithProvider("primary", primary))
			mustFail(t, client, ai.Text("q"))
			primary.answer("first")
			shut := named
			if shut == 0 {
				shut = 10 * time.Minute
			}
			wait(shut - 70*time.Second) // less than MaxWait, and the call would wait for it
			err := mustFail(t, client, ai.Text("q"))
			if err.Code != ai.CodeQuotaExhausted || !errors.Is(err, ai.ErrOpen) || err.RetryAfter != 70*time.Second || primary.count() != 1 {
				t.Errorf("got %v after %d calls", err, primary.count())
			}
			gates := client.Health().Circuits[0].Gates
			if len(gates) != 1 || gates[0].Reason != ai.CodeQuotaExhausted {
				t.Errorf("health shows %+v", gates)
			}
			wait(70 * time.Second)
			mustAnalyze(t, client, ai.Text("q"))
		})
	}
}

func TestANilErrorHasNoCode(t *testing.T) {
	var none *ai.Error
	if code := ai.CodeOf(none); code != "" {
		t.Errorf("the code of a nil *Error is %q", code)
	}
	if code := ai.CodeOf(nil); code != "" {
		t.Errorf("the code of nil is %q", code)
	}
}
