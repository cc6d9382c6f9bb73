package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/resilience"
)

// inMemory reaches the emulations without a network, as virtual time needs it.
func inMemory(s *mocks.Server) (string, *http.Client, error) { return s.BaseURL(), s.Client(), nil }

// inDrill gives a test a drill in virtual time and what it prints.
func inDrill(t *testing.T, test func(t *testing.T, d *drill, printed *strings.Builder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var printed strings.Builder
		d, err := newDrill(newScreen(&printed, noKeys), inMemory)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := d.close(); err != nil {
				t.Error(err)
			}
		}()
		test(t, d, &printed)
	})
}

func TestTheDrillShowsEveryStepOfAnOutage(t *testing.T) {
	inDrill(t, func(t *testing.T, d *drill, printed *strings.Builder) {
		start := time.Now()
		if err := d.play(t.Context()); err != nil {
			t.Fatalf("%v after:\n%s", err, printed)
		}
		if took := time.Since(start); took < 15*time.Second || took > 22*time.Second {
			t.Errorf("it takes %v, and was said to take about 20 s", took)
		}
		inOrder(t, printed.String(),
			"1. All is well", "openai · fallback: false", "cache (openai, 500ms ago) · fallback: false",
			"2. The primary fails", "openai/text failed with status 503: 1 of 5", "gemini · fallback: true, unavailable", "4 of 5",
			"3. The breaker opens", "5 of 5", "openai/text: closed → open for 8s, after 5 failures",
			"gemini · fallback: true, circuit open", "skipped, circuit open, retry in", "Calls that reached openai meanwhile: 0.",
			"4. Both are down", "cache (openai, 1", "ago) · fallback: true, circuit open", "“[emulated]",
			"5. Both are down", "gemini/text failed", "static answer · fallback: true, circuit open", "“unavailable”",
			"6. Recovery", "openai/text: open → half_open", "openai/text: half_open → closed", "Calls that reached openai meanwhile: 1",
			"7. All is well again", "openai · fallback: false",
			"openai/text closed 5", "gemini/text closed 1")
	})
}

func TestOneProbeOfThreeCallsReachesThePrimary(t *testing.T) {
	inDrill(t, func(t *testing.T, d *drill, printed *strings.Builder) {
		for _, step := range []func(context.Context) error{d.primaryFails, d.breakerOpens} {
			if err := step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		printed.Reset()
		if err := d.recovery(t.Context()); err != nil {
			t.Fatal(err)
		}
		if probes, others := strings.Count(printed.String(), "openai · fallback: false"), strings.Count(printed.String(), "gemini · fallback: true, circuit open"); probes != 1 || others != 2 {
			t.Errorf("%d answers of the primary and %d of its substitute, want 1 and 2:\n%s", probes, others, printed)
		}
		if state := d.client.Breaker(routeOpenAI, ai.KindText).State(); state != resilience.Closed {
			t.Errorf("the breaker is %v", state)
		}
	})
}

func TestAnInterruptEndsTheDrillAtOnce(t *testing.T) {
	inDrill(t, func(t *testing.T, d *drill, _ *strings.Builder) {
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		start := time.Now()
		if err := d.play(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("it went on until %v", took)
		}
	})
}
