package otel_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/telemetry/otel"
)

func TestOfARaceTheLoserIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		p := answers("gpt-4o", 0)
		answer, turns := p.do, 0
		p.do = func(ctx context.Context, req *ai.Request) (*ai.Response, error) {
			if turns++; turns == 1 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			elapse(time.Second)
			return answer(ctx, req)
		}
		client := l.client(t, ai.WithProvider("openai", p), ai.WithPolicy("openai", 0, resilience.Policy{
			Hedge: resilience.HedgePolicy{MaxShare: 1, Delay: 2 * time.Second}}))
		begun := time.Now()
		if _, err := l.Wrap(client).Analyze(t.Context(), ai.Text("q")); err != nil {
			t.Fatal(err)
		}
		attempts := map[string][2]time.Duration{}
		for _, s := range l.attempts() {
			if s.Status.Code != codes.Unset {
				t.Errorf("status %+v", s.Status)
			}
			attempts[value(s, "error.type").AsString()] = [2]time.Duration{s.StartTime.Sub(begun), s.EndTime.Sub(begun)}
		}
		lost, won := [2]time.Duration{0, 3 * time.Second}, [2]time.Duration{2 * time.Second, 3 * time.Second}
		if len(attempts) != 2 || attempts["canceled"] != lost || attempts[""] != won {
			t.Errorf("attempts %v", attempts)
		}
		hedges := sums(t, l.collect(t)["finbrain.ai.hedges"], "finbrain.ai.hedge.stage")
		if hedges["started"] != 1 || hedges["won"] != 1 || len(hedges) != 2 {
			t.Errorf("hedges %v", hedges)
		}
	})
}

func TestACallerThatJoinedAnotherSeesItsAttemptsAtTheirTrueTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		analyzer := l.Wrap(l.client(t, ai.WithProvider("openai", answers("gpt-4o", 5*time.Second)),
			ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour})))
		begun := time.Now()
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() { _, _ = analyzer.Analyze(t.Context(), ai.Text("q")) })
			elapse(time.Second)
		}
		callers.Wait()
		for i, s := range l.attempts() {
			if !s.StartTime.Equal(begun) || !s.EndTime.Equal(begun.Add(5*time.Second)) {
				t.Errorf("attempt %d from %v to %v", i, s.StartTime.Sub(begun), s.EndTime.Sub(begun))
			}
		}
		if len(l.attempts()) != 3 {
			t.Errorf("%d attempts, want one below each caller", len(l.attempts()))
		}
		if tokens := sums(t, l.collect(t)["gen_ai.client.token.usage"], "gen_ai.token.type"); tokens["input"] != 120 || tokens["output"] != 40 {
			t.Errorf("tokens %v: what was used once is counted once", tokens)
		}
	})
}
