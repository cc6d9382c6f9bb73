package ai_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

func TestEveryKindOfAnswerCanBeStreamed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := script(says("a ", "filing"), stops)
		client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Minute, time.Hour), ai.WithStatic(&ai.Response{Text: "static"}))
		stream := func(req *ai.Request, texts ...string) *ai.Response {
			t.Helper()
			return play(client.Stream(t.Context(), req)).wantAnswer(t, texts...)
		}
		if resp := stream(ai.Text("q"), "a ", "filing"); resp.Source != ai.SourceProvider || resp.Fallback {
			t.Errorf("got %+v", resp)
		}
		wait(time.Second)
		if resp := stream(ai.Text("q"), "a filing"); resp.Source != ai.SourceCache || resp.Fallback || resp.Age != time.Second || primary.asked.Load() != 1 {
			t.Errorf("fresh: got %+v", resp)
		}
		stream(&ai.Request{Prompt: "q", Cache: ai.CacheControl{Refresh: true}}, "a ", "filing")
		wait(time.Hour)
		primary.script = script(preamble, breaks(coded(ai.CodeAuthentication))).script
		if resp := stream(ai.Text("q"), "a filing"); resp.Source != ai.SourceCache || !resp.Fallback || resp.Reason != ai.CodeAuthentication || resp.Model != "m" {
			t.Errorf("stale: got %+v", resp)
		}
		if resp := stream(ai.Text("other"), "static"); resp.Source != ai.SourceStatic || !resp.Fallback || resp.Trail.String() != "primary: authentication after 0s; cache: skipped, not available; static: answered" {
			t.Errorf("static: got %+v", resp)
		}
	})
}

func TestAnAnswerWithToolsCanBeStreamedAsOnePiece(t *testing.T) {
	calls := []ai.ToolCall{{ID: "1", Name: "look", Arguments: []byte(`{}`), State: []byte("s")}, {ID: "2", Name: "see", Arguments: []byte(`[]`)}}
	unary := &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
		return &ai.Response{Text: "a", ToolCalls: calls, FinishReason: ai.FinishToolCalls}, nil
	}}
	client := newClient(t, ai.WithProvider("primary", unary))
	var words []string
	for d, err := range client.Stream(t.Context(), ai.Text("q")) {
		if err != nil {
			t.Fatal(err)
		}
		if c := d.ToolCall; c != nil {
			words = append(words, fmt.Sprint(c.Index, c.ID, c.Name, c.Arguments, string(c.State)))
		}
		if len(words) == 2 && d.Response == nil {
			break
		}
	}
	if got := strings.Join(words, " "); got != "01look{}s 12see[]" {
		t.Errorf("heard %q", got)
	}
}

func TestAStreamedAnswerIsCachedAtItsTrueEnd(t *testing.T) {
	ends := func(d ai.Delta) step { d.Response = &ai.Response{Model: "m"}; return gives(d) }
	for name, tt := range map[string]struct {
		end    step
		stored bool
	}{
		"well":      {ends(ai.Delta{FinishReason: ai.FinishStop}), true},
		"truncated": {ends(ai.Delta{FinishReason: ai.FinishLength}), false},
		"with calls": {func(ctx context.Context, yield yield) bool {
			return gives(ai.Delta{ToolCall: &ai.ToolCallDelta{Name: "look"}})(ctx, yield) && ends(ai.Delta{FinishReason: ai.FinishToolCalls})(ctx, yield)
		}, false},
		"with calls it had stopped for": {func(ctx context.Context, yield yield) bool {
			return gives(ai.Delta{ToolCall: &ai.ToolCallDelta{Name: "look"}})(ctx, yield) && ends(ai.Delta{FinishReason: ai.FinishStop})(ctx, yield)
		}, false},
		"filtered": {breaks(coded(ai.CodeContentFiltered)), false},
		"cut":      {func(context.Context, yield) bool { return true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				primary := script(says("a"), tt.end)
				client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Minute, 0))
				play(client.Stream(t.Context(), ai.Text("q")))
				primary.script = script(says("new"), stops).script
				resp := mustAnalyze(t, client, ai.Text("q"))
				if stored := resp.Source == ai.SourceCache && resp.Text == "a" && resp.Model == "m"; stored != tt.stored {
					t.Errorf("got %+v", resp)
				}
			})
		})
	}
}

func TestASubstitutesStreamIsCachedAsItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := script(breaks(coded(ai.CodeAuthentication)))
		second := script(says("b"), stops)
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("second", second), withMemory(time.Minute, 0))
		for range 2 {
			resp := play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "b")
			if resp.Provider != "second" || !resp.Fallback {
				t.Errorf("got %+v", resp)
			}
		}
		if primary.asked.Load() != 2 || second.asked.Load() != 1 {
			t.Errorf("asked %d and %d times", primary.asked.Load(), second.asked.Load())
		}
	})
}
