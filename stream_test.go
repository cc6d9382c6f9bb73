package ai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

type yield = func(*ai.Delta, error) bool

// streamer is a provider that streams as its script says. It answers Analyze
// with what the stream comes to.
type streamer struct {
	script func(ctx context.Context, yield yield)
	asked  atomic.Int64
	ended  atomic.Int64
}

func (s *streamer) Stream(ctx context.Context, _ *ai.Request) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		s.asked.Add(1)
		defer s.ended.Add(1)
		s.script(ctx, yield)
	}
}

func (s *streamer) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	return ai.Collect(s.Stream(ctx, req))
}

// script plays steps in turn, as long as they want more.
func script(steps ...func(context.Context, yield) bool) *streamer {
	return &streamer{script: func(ctx context.Context, yield yield) {
		for _, step := range steps {
			if !step(ctx, yield) {
				return
			}
		}
	}}
}

type step = func(context.Context, yield) bool

func says(texts ...string) step {
	return func(_ context.Context, yield yield) bool {
		for _, text := range texts {
			if !yield(&ai.Delta{Text: text}, nil) {
				return false
			}
		}
		return true
	}
}

func gives(d ai.Delta) step {
	return func(_ context.Context, yield yield) bool { return yield(new(d), nil) }
}

// stops ends a stream well.
func stops(_ context.Context, yield yield) bool {
	return yield(&ai.Delta{
		FinishReason: ai.FinishStop, Usage: &ai.Usage{TotalTokens: 3},
		Response: &ai.Response{Model: "m", RequestID: "id"},
	}, nil)
}

func breaks(err error) step {
	return func(_ context.Context, yield yield) bool { return yield(nil, err) }
}

// pauses is silent for that long, unless its context ends.
func pauses(d time.Duration) step {
	return func(ctx context.Context, yield yield) bool {
		select {
		case <-time.After(d):
			return true
		case <-ctx.Done():
			return yield(nil, ctx.Err())
		}
	}
}

// played is what a caller saw of a stream.
type played struct {
	texts []string
	resp  *ai.Response
	err   error
}

func play(stream iter.Seq2[*ai.Delta, error]) (p played) {
	for d, err := range stream {
		if p.err != nil || p.resp != nil {
			panic("the stream goes on after its end")
		}
		if err != nil {
			p.err = err
			continue
		}
		if d.Text != "" {
			p.texts = append(p.texts, d.Text)
		}
		p.resp = d.Response
	}
	return p
}

func (p played) wantError(t *testing.T, code ai.Code, texts ...string) *ai.Error {
	t.Helper()
	failed, ok := p.err.(*ai.Error)
	if !ok || failed.Code != code || !slices.Equal(p.texts, texts) {
		t.Fatalf("heard %q, then %v, %+v: want %q, then %s", p.texts, p.err, p.resp, texts, code)
	}
	return failed
}

func (p played) wantAnswer(t *testing.T, texts ...string) *ai.Response {
	t.Helper()
	if p.err != nil || p.resp == nil || !slices.Equal(p.texts, texts) || p.resp.Text != strings.Join(texts, "") {
		t.Fatalf("heard %q, then %v, %+v: want %q", p.texts, p.err, p.resp, texts)
	}
	return p.resp
}

func TestAStreamComesToWhatAnalyzeReturns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		call := func(d ai.ToolCallDelta) step { return gives(ai.Delta{ToolCall: &d}) }
		for name, provider := range map[string]ai.Analyzer{
			"streamed":     script(says("a ", "filing"), stops),
			"not streamed": answers("a filing"),
			"with tools": script(call(ai.ToolCallDelta{ID: "1", Name: "look", Arguments: `{"n":`}), call(ai.ToolCallDelta{Arguments: `9007199254740993}`}),
				call(ai.ToolCallDelta{Index: 1, ID: "2", Name: "look", State: []byte("s")}),
				gives(ai.Delta{Response: &ai.Response{FinishReason: ai.FinishToolCalls}})),
			"at once":      script(gives(ai.Delta{Response: &ai.Response{Text: "all of it", FinishReason: ai.FinishStop}})),
			"in its last":  script(says("a "), gives(ai.Delta{Text: "filing", Response: &ai.Response{}})),
			"after a tale": script(gives(ai.Delta{Usage: &ai.Usage{InputTokens: 1}}), gives(ai.Delta{}), says("a"), gives(ai.Delta{FinishReason: ai.FinishStop}), stops),
		} {
			client := newClient(t, ai.WithProvider("primary", &provider2{Analyzer: provider}), ai.WithProvider("second", script(breaks(coded(ai.CodeUnavailable)))))
			streaming := newClient(t, ai.WithProvider("primary", provider), ai.WithProvider("second", script(breaks(coded(ai.CodeUnavailable)))))
			want := mustAnalyze(t, client, ai.Text("q"))
			got, err := ai.Collect(streaming.Stream(t.Context(), ai.Text("q")))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, want)
			}
		}
	})
}

// provider2 hides that a provider is a Streamer.
type provider2 struct{ ai.Analyzer }

func TestPiecesOfEveryKindReachTheCaller(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", script(
			gives(ai.Delta{Usage: &ai.Usage{InputTokens: 1}}), gives(ai.Delta{Usage: &ai.Usage{InputTokens: 2}}), gives(ai.Delta{}),
			says("a"), gives(ai.Delta{}), gives(ai.Delta{ToolCall: &ai.ToolCallDelta{Name: "look"}}), gives(ai.Delta{Usage: &ai.Usage{OutputTokens: 3}}),
			gives(ai.Delta{FinishReason: ai.FinishStop}), gives(ai.Delta{Response: &ai.Response{}}))))
		var heard []string
		for d, err := range client.Stream(t.Context(), ai.Text("q")) {
			if err != nil {
				t.Fatal(err)
			}
			word := d.Text + string(d.FinishReason)
			if d.Usage != nil {
				word += fmt.Sprint(d.Usage.InputTokens, d.Usage.OutputTokens)
			}
			if d.ToolCall != nil {
				word += d.ToolCall.Name
			}
			if d.Response != nil {
				word += fmt.Sprintf("= %s %s %s %+v", d.Response.Text, d.Response.FinishReason, d.Response.ToolCalls[0].Name, d.Response.Usage.OutputTokens)
			}
			heard = append(heard, word)
		}
		if want := []string{"2 0", "a", "look", "0 3", "stop", "= a stop look 3"}; !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
	})
}

func TestAStreamSaysOnceWhyItEnded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for name, provider := range map[string]ai.Analyzer{
			"by itself":         script(says("a"), gives(ai.Delta{FinishReason: ai.FinishStop}), stops),
			"with its last":     script(says("a"), stops),
			"in one piece":      answers("a"),
			"in the response":   script(says("a"), gives(ai.Delta{Response: &ai.Response{FinishReason: ai.FinishStop}})),
			"before its answer": script(gives(ai.Delta{FinishReason: ai.FinishStop}), says("a"), gives(ai.Delta{Response: &ai.Response{}})),
		} {
			client := newClient(t, ai.WithProvider("primary", provider))
			said := 0
			for d, err := range client.Stream(t.Context(), ai.Text("q")) {
				if err != nil {
					t.Fatal(err)
				}
				if d.FinishReason == ai.FinishStop {
					said++
				}
			}
			if said != 1 {
				t.Errorf("%s: said %d times", name, said)
			}
		}
	})
}

func TestNothingHappensBeforeTheLoopBegins(t *testing.T) {
	provider := script(says("a"), stops)
	client := newClient(t, ai.WithProvider("primary", provider))
	stream := client.Stream(t.Context(), ai.Text("q"))
	if provider.asked.Load() != 0 {
		t.Error("asked")
	}
	play(stream).wantAnswer(t, "a")
	play(stream).wantError(t, ai.CodeInvalidRequest)
	if n := provider.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestAStreamThatCannotBeginIsOneError(t *testing.T) {
	provider := script(says("a"), stops)
	client := newClient(t, ai.WithProvider("primary", provider))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	play(client.Stream(t.Context(), nil)).wantError(t, ai.CodeInvalidRequest)
	play(client.Stream(t.Context(), &ai.Request{})).wantError(t, ai.CodeInvalidRequest)
	play(client.Stream(ended, ai.Text("q"))).wantError(t, ai.CodeCanceled)
	_ = client.Close()
	if failed := play(client.Stream(t.Context(), ai.Text("q"))).wantError(t, ai.CodeInvalidRequest); !errors.Is(failed, ai.ErrClosed) {
		t.Errorf("got %v", failed)
	}
	if provider.asked.Load() != 0 {
		t.Error("asked")
	}
}

func TestOtherKindsAreStreamedAsOnePiece(t *testing.T) {
	provider := &both{streamer: script(says("no")), provider: &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
		return &ai.Response{Embeddings: [][]float32{{1}, {2}}}, nil
	}}}
	client := newClient(t, ai.WithProvider("primary", provider))
	n := 0
	for range client.Stream(t.Context(), ai.Embedding("a", "b")) {
		n++
	}
	p := play(client.Stream(t.Context(), ai.Embedding("a", "b")))
	if n != 1 || p.err != nil || len(p.resp.Embeddings) != 2 || provider.asked.Load() != 0 {
		t.Errorf("got %+v", p)
	}
	image := &ai.Request{Prompt: "?", Images: []ai.Image{{URL: "https://example.test/a.png"}}}
	if play(client.Stream(t.Context(), image)); provider.asked.Load() == 0 {
		t.Error("an image analysis is not streamed")
	}
}

// both streams one thing and answers another.
type both struct {
	*streamer
	provider *provider
}

func (b *both) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	return b.provider.Analyze(ctx, req)
}

func TestAClientIsAStreamerToAnother(t *testing.T) {
	inner := newClient(t, ai.WithProvider("down", script(breaks(coded(ai.CodeAuthentication)))), ai.WithProvider("up", script(says("a", "b"), stops)))
	outer := newClient(t, ai.WithProvider("inner", inner))
	resp := play(outer.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "a", "b")
	if !resp.Fallback || resp.Reason != ai.CodeAuthentication || resp.Provider != "inner" || len(resp.Trail) != 1 {
		t.Errorf("got %+v", resp)
	}
}

func TestToolArgumentsKeepEveryDigit(t *testing.T) {
	client := newClient(t, ai.WithProvider("primary", script(
		gives(ai.Delta{ToolCall: &ai.ToolCallDelta{Name: "look", Arguments: `{"n":90071992547`}}),
		gives(ai.Delta{ToolCall: &ai.ToolCallDelta{Arguments: `40993}`}}),
		gives(ai.Delta{Response: &ai.Response{FinishReason: ai.FinishToolCalls}}))))
	resp := play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t)
	if got := resp.ToolCalls[0].Arguments; string(got) != `{"n":9007199254740993}` || !json.Valid(got) {
		t.Errorf("got %s", got)
	}
}

func TestAProvidersLastPieceIsNotWrittenOn(t *testing.T) {
	shared := &ai.Response{Model: "m", FinishReason: ai.FinishStop}
	for _, text := range []string{"a", "b"} {
		client := newClient(t, ai.WithProvider("primary", script(says(text), gives(ai.Delta{Response: shared}))))
		play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, text)
	}
	if !reflect.DeepEqual(shared, &ai.Response{Model: "m", FinishReason: ai.FinishStop}) {
		t.Errorf("it is %+v now", shared)
	}
}

func TestAThousandStreamsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		provider := script(says("a"), pauses(time.Second), says("b"), pauses(time.Second), stops)
		client := newClient(t, ai.WithProvider("primary", script(breaks(coded(ai.CodeContextLength)))), ai.WithProvider("second", provider))
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				if i%4 == 0 {
					for range client.Stream(t.Context(), ai.Text("q")) {
						break
					}
					return
				}
				p := play(client.Stream(t.Context(), ai.Text("q")))
				if p.err != nil || p.resp.Text != "ab" || len(p.texts) != 2 || len(p.resp.Trail) < 2 {
					t.Errorf("got %+v", p)
				}
			})
		}
		wg.Wait()
		if asked, ended := provider.asked.Load(), provider.ended.Load(); asked != 1000 || ended != 1000 {
			t.Errorf("%d streams begun, %d ended", asked, ended)
		}
	})
}
