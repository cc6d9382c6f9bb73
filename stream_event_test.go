package ai_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
)

func TestEventsTellWhenTheFirstContentCame(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var attempts []ai.AttemptEnded
		var calls []ai.CallEnded
		observer := ai.ObserverFunc(func(e ai.Event) {
			switch e := e.(type) {
			case ai.AttemptEnded:
				attempts = append(attempts, e)
			case ai.CallEnded:
				calls = append(calls, e)
			}
		})
		const second = time.Second
		primary := script(pauses(second), breaks(coded(ai.CodeAuthentication)))
		client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Minute, 0), ai.WithObserver(observer),
			ai.WithProvider("second", script(pauses(2*second), preamble, pauses(second), says("b"), pauses(4*second), stops)))
		for d := range client.Stream(t.Context(), ai.Text("q")) {
			synctest.Wait()
			if over := d.Response != nil; over != (len(calls) == 1) || over != (len(attempts) == 2) {
				t.Errorf("%d attempts and %d calls ended when %+v came", len(attempts), len(calls), d)
			}
			wait(10 * second)
		}
		synctest.Wait()
		if a := attempts[0]; !a.Streamed || a.FirstContent != 0 || a.Duration != second || a.Code != ai.CodeAuthentication {
			t.Errorf("%+v", a)
		}
		if a := attempts[1]; !a.Streamed || a.FirstContent != 3*second || a.Duration != 27*second || a.Code != "" || a.Usage.TotalTokens != 3 {
			t.Errorf("%+v", a)
		}
		if c := calls[0]; !c.Streamed || c.FirstContent != 4*second || c.Duration != 28*second || c.Attempts != 2 || !c.Fallback {
			t.Errorf("%+v", c)
		}

		mustAnalyze(t, client, ai.Text("q"))
		synctest.Wait()
		if c := calls[1]; c.Streamed || c.FirstContent != 0 {
			t.Errorf("%+v: not a stream", c)
		}

		client = newClient(t, ai.WithProvider("primary", &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
			wait(5 * second)
			return &ai.Response{Text: "a"}, nil
		}}), ai.WithObserver(observer))
		for range client.Stream(t.Context(), ai.Text("q")) {
			break
		}
		synctest.Wait()
		if a, c := attempts[len(attempts)-1], calls[2]; a.Streamed || !c.Streamed || c.FirstContent != 5*second || c.Code != "" {
			t.Errorf("%+v, %+v: an answer in one piece", a, c)
		}
	})
}

func TestAnAbandonedStreamTellsWhatItUsed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var used []int
		client := newClient(t, ai.WithProvider("primary", script(preamble, pauses(time.Second), says("a"), stops)), ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
			if e, ok := e.(ai.AttemptEnded); ok {
				used = append(used, e.Usage.InputTokens)
				if e.Duration != time.Second || e.FirstContent != time.Second {
					t.Errorf("%+v", e)
				}
			}
		})))
		for range client.Stream(t.Context(), ai.Text("q")) {
			break
		}
		synctest.Wait()
		if !slices.Equal(used, []int{99}) {
			t.Errorf("told %v", used)
		}
	})
}

func TestWhatCannotBeUsedHasItsUsageTold(t *testing.T) {
	spent := ai.Usage{InputTokens: 99}
	cut := &ai.Response{FinishReason: ai.FinishLength, Usage: spent}
	for name, provider := range map[string]ai.Analyzer{
		"cut":           script(preamble, says("a")),
		"broken":        script(preamble, breaks(coded(ai.CodeUnavailable))),
		"without text":  script(gives(ai.Delta{Response: cut})),
		"not streaming": &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) { return cut, nil }},
	} {
		inBubble(t, func(t *testing.T) {
			var told []ai.Usage
			client := newClient(t, ai.WithProvider("primary", provider), noRetries(), ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
				if e, ok := e.(ai.AttemptEnded); ok {
					told = append(told, e.Usage)
				}
			})))
			if p := play(client.Stream(t.Context(), ai.Text("q"))); p.err == nil {
				t.Errorf("%s: got %+v", name, p.resp)
			}
			synctest.Wait()
			if !slices.Equal(told, []ai.Usage{spent}) {
				t.Errorf("%s: told %v", name, told)
			}
		})
	}
}

func TestAnAnswerThatComesWithTheEndIsItsFirstContent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var told []time.Duration
		client := newClient(t, ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
			switch e := e.(type) {
			case ai.AttemptEnded:
				told = append(told, e.FirstContent)
			case ai.CallEnded:
				told = append(told, e.FirstContent)
			}
		})), ai.WithProvider("primary", script(pauses(time.Second), breaks(coded(ai.CodeModelFailed)))),
			ai.WithProvider("second", script(breaks(coded(ai.CodeModelFailed)))),
			ai.WithProvider("third", script(pauses(time.Second), gives(ai.Delta{Text: "a", Response: &ai.Response{}}))))
		play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "a")
		synctest.Wait()
		if !slices.Equal(told, []time.Duration{0, 0, time.Second, 2 * time.Second}) {
			t.Errorf("told %v", told)
		}
	})
}

// pieces streams n times the same piece.
func pieces(n int) *streamer {
	piece, last := &ai.Delta{Text: "piece "}, &ai.Response{FinishReason: ai.FinishStop}
	return &streamer{script: func(_ context.Context, yield yield) {
		for range n {
			if !yield(piece, nil) {
				return
			}
		}
		yield(&ai.Delta{Response: last}, nil)
	}}
}

func read(ctx context.Context, t testing.TB, client *ai.Client, req *ai.Request) {
	t.Helper()
	for _, err := range client.Stream(ctx, req) {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestAPieceCostsNoAllocation(t *testing.T) {
	ctx, req := context.Background(), ai.Text("q")
	cost := func(n int, options ...ai.Option) float64 {
		client := newClient(t, append(options, ai.WithProvider("primary", pieces(n)))...)
		return testing.AllocsPerRun(20, func() { read(ctx, t, client, req) })
	}
	few, many := cost(100), cost(1100)
	t.Logf("%v allocations for 100 pieces, %v for 1100", few, many)
	if many-few > 30 { // the answer's text grows
		t.Errorf("%v allocations for 100 pieces, %v for 1100", few, many)
	}
	if logged := cost(100, ai.WithLogger(slog.New(slog.NewTextHandler(discard{}, nil)))); logged > few {
		t.Errorf("%v allocations with a logger, %v without", logged, few)
	}
}

func BenchmarkStreamOf100Pieces(b *testing.B) {
	client := benchClient(b, ai.WithProvider("primary", pieces(100)))
	ctx, req := context.Background(), ai.Text("q")
	b.ReportAllocs()
	for b.Loop() {
		read(ctx, b, client, req)
	}
}
