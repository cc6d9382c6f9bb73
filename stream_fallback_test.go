package ai_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// preamble says something, but nothing of the answer.
var preamble = gives(ai.Delta{Usage: &ai.Usage{InputTokens: 99}})

func TestARouteIsLeftUntilItsFirstContent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := script(preamble, breaks(coded(ai.CodeQuotaExhausted)))
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("second", script(says("a", "b"), stops)))
		p := play(client.Stream(t.Context(), ai.Text("q")))
		resp := p.wantAnswer(t, "a", "b")
		if !resp.Fallback || resp.Reason != ai.CodeQuotaExhausted || resp.Provider != "second" || resp.Source != ai.SourceProvider || resp.Usage.InputTokens != 0 {
			t.Errorf("got %+v", resp)
		}
		if got := resp.Trail.String(); got != "primary: quota exhausted after 0s; second: answered after 0s" {
			t.Errorf("trail %q", got)
		}
	})
}

func TestNoAnswerIsPutTogetherFromTwo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		second := script(says("B"), stops)
		client := newClient(t, ai.WithProvider("primary", script(says("a"), breaks(&ai.Error{Code: ai.CodeUnavailable, Status: 503, Cause: io.ErrUnexpectedEOF}))),
			ai.WithProvider("second", second), ai.WithStatic(&ai.Response{Text: "static"}))
		failed := play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeUnavailable, "a")
		if failed.Provider != "primary" || failed.Status != 503 || failed.Trail.String() != "primary: unavailable after 0s" || second.asked.Load() != 0 {
			t.Errorf("got %+v", failed)
		}

		// The error of a substitute's stream is the substitute's.
		client = newClient(t, ai.WithProvider("primary", script(breaks(&ai.Error{Code: ai.CodeContextLength}))), noRetries(),
			ai.WithProvider("second", script(says("b"), breaks(&ai.Error{Code: ai.CodeModelFailed, RetryAfter: time.Minute}))))
		failed = play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeModelFailed, "b")
		if failed.Provider != "second" || len(failed.Trail) != 2 || !errors.Is(failed, ai.CodeContextLength) || failed.RetryAfter != time.Minute {
			t.Errorf("got %+v", failed)
		}
	})
}

func TestWhenEveryStreamFailsTheErrorIsThePrimarys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, noRetries(), ai.WithProvider("primary", script(breaks(&ai.Error{Code: ai.CodeUnavailable, RetryAfter: time.Hour}))),
			ai.WithProvider("second", script(breaks(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: time.Minute}))))
		failed := play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeUnavailable)
		if failed.Provider != "primary" || failed.RetryAfter != time.Minute || len(failed.Trail) != 2 || !errors.Is(failed, ai.CodeRateLimited) {
			t.Errorf("got %+v", failed)
		}
	})
}

func TestHowAStreamEndsIsWhatTheBreakerHears(t *testing.T) {
	ends := map[string]struct {
		end  step
		code ai.Code // "": an answer
		hits int     // what the breaker counts
	}{
		"well":                   {stops, "", 0},
		"cut":                    {func(context.Context, yield) bool { return true }, ai.CodeBadResponse, 1},
		"by an error event":      {breaks(coded(ai.CodeUnavailable)), ai.CodeUnavailable, 1},
		"by an error of no kind": {breaks(io.ErrUnexpectedEOF), ai.CodeUnavailable, 1},
		"filtered":               {breaks(coded(ai.CodeContentFiltered)), ai.CodeContentFiltered, 0},
		"by a panic":             {func(context.Context, yield) bool { panic("the provider's") }, ai.CodeBadResponse, 1},
		"with nothing":           {func(_ context.Context, yield yield) bool { return yield(nil, nil) }, ai.CodeBadResponse, 1},
		"silently":               {pauses(time.Hour), ai.CodeTimeout, 1},
		"by a cancel of its own": {breaks(context.Canceled), ai.CodeUnavailable, 1},
		"well, and goes on": {func(ctx context.Context, yield yield) bool {
			_ = stops(ctx, yield)
			_ = yield(&ai.Delta{Text: "more"}, nil)
			_ = yield(nil, io.ErrUnexpectedEOF)
			panic("the provider's")
		}, "", 0},
		"by an error, and goes on": {func(ctx context.Context, yield yield) bool {
			_ = yield(nil, coded(ai.CodeModelFailed))
			return stops(ctx, yield)
		}, ai.CodeModelFailed, 0},
	}
	for name, tt := range ends {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client := newClient(t, ai.WithProvider("primary", script(says("a"), tt.end)), ai.WithStatic(&ai.Response{Text: "static"}))
				p := play(client.Stream(t.Context(), ai.Text("q")))
				if tt.code == "" {
					p.wantAnswer(t, "a")
				} else {
					p.wantError(t, tt.code, "a")
				}
				if got := client.Breaker("primary", ai.KindText).FailureCount(); got != tt.hits {
					t.Errorf("%d failures counted, want %d", got, tt.hits)
				}
			})
		})
	}
}

func TestBeforeItsFirstContentAStreamIsRetriedAsAnalyzeIs(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   step
		asked int64
	}{
		{"unavailable", breaks(coded(ai.CodeUnavailable)), 3},
		{"empty", stops, 2},
		{"cut", preamble, 2},
		{"a panic", func(context.Context, yield) bool { panic("the provider's") }, 2},
		{"refused", breaks(coded(ai.CodeAuthentication)), 1},
		{"rate limited beyond patience", breaks(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: time.Hour}), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				primary := script(tt.end)
				client := newClient(t, ai.WithProvider("primary", primary))
				p := play(client.Stream(t.Context(), ai.Text("q")))
				if failed, ok := p.err.(*ai.Error); !ok || len(failed.Trail) != int(tt.asked) || primary.asked.Load() != tt.asked {
					t.Errorf("asked %d times, want %d; %v", primary.asked.Load(), tt.asked, p.err)
				}
			})
		})
	}
}

func TestANilStreamIsABadResponse(t *testing.T) {
	client := newClient(t, noRetries(), ai.WithProvider("primary", noStream{answers("a")}))
	play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeBadResponse)
}

type noStream struct{ *provider }

func (noStream) Stream(context.Context, *ai.Request) iter.Seq2[*ai.Delta, error] { return nil }

func TestAProbeThatStreamsLetsOthersInAtItsFirstContent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := script(pauses(time.Second), says("a"), pauses(20*time.Second), breaks(coded(ai.CodeUnavailable)))
		client := newClient(t, ai.WithProvider("primary", primary))
		breaker := client.Breaker("primary", ai.KindText)
		for range 5 {
			breaker.RecordFailure()
		}
		wait(30 * time.Second)
		go func() { play(client.Stream(t.Context(), ai.Text("q"))) }()
		synctest.Wait()
		if _, err := breaker.Acquire(); !errors.Is(err, ai.ErrOpen) {
			t.Errorf("a second probe: %v", err)
		}
		wait(time.Second)
		synctest.Wait()
		if got := breaker.State(); got != resilience.Closed {
			t.Errorf("the breaker is %v", got)
		}
		wait(20 * time.Second)
		synctest.Wait()
		if got := breaker.FailureCount(); got != 0 {
			t.Errorf("the probe's end counted")
		}
	})
}

func TestAStreamedAnswerHasASizeLimit(t *testing.T) {
	piece := &ai.Delta{Text: strings.Repeat("a", 32<<20)}
	for name, big := range map[string]*ai.Delta{
		"text":      piece,
		"arguments": {ToolCall: &ai.ToolCallDelta{Arguments: piece.Text}},
		"ID":        {ToolCall: &ai.ToolCallDelta{ID: piece.Text}},
		"name":      {ToolCall: &ai.ToolCallDelta{Name: piece.Text}},
		"state":     {ToolCall: &ai.ToolCallDelta{State: []byte(piece.Text)}},
	} {
		endless := func(_ context.Context, yield yield) bool {
			for range 4 {
				if !yield(big, nil) {
					return false
				}
			}
			return true
		}
		client := newClient(t, ai.WithProvider("primary", script(endless, stops)))
		n := 0
		var last error
		for _, err := range client.Stream(t.Context(), ai.Text("q")) {
			n, last = n+1, err
		}
		if ai.CodeOf(last) != ai.CodeBadResponse || n < 2 || n > 3 { // a call counts for more than its parts
			t.Errorf("%s: %d pieces, %v", name, n, last)
		}
	}
	n := 0
	_, err := ai.Collect(func(yield func(*ai.Delta, error) bool) {
		for ; n < 1e6 && yield(&ai.Delta{ToolCall: &ai.ToolCallDelta{Index: n}}, nil); n++ {
		}
	})
	if ai.CodeOf(err) != ai.CodeBadResponse || n != 64<<20/128 {
		t.Errorf("%d calls, %v", n, err)
	}
}

func TestNoPieceIsLostInSilence(t *testing.T) {
	for _, index := range []int{-1, 2, 1 << 40} {
		lost := gives(ai.Delta{ToolCall: &ai.ToolCallDelta{Index: index, Name: "look"}})
		provider := script(gives(ai.Delta{ToolCall: &ai.ToolCallDelta{Name: "look"}}), lost, stops)
		client := newClient(t, ai.WithProvider("primary", provider))
		play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeBadResponse)
		if _, err := provider.Analyze(t.Context(), nil); ai.CodeOf(err) != ai.CodeBadResponse {
			t.Errorf("call %d: %v", index, err)
		}
	}
	nothing := func(_ context.Context, yield yield) bool { return yield(nil, nil) }
	if _, err := script(nothing, stops).Analyze(t.Context(), nil); ai.CodeOf(err) != ai.CodeBadResponse {
		t.Errorf("neither piece nor error: %v", err)
	}
}
