package mocks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

var _ ai.Streamer = (*mocks.Analyzer)(nil)

// texts reads a stream and returns the pieces of its text.
func texts(ctx context.Context, m *mocks.Analyzer, req *ai.Request) (pieces []string, last *ai.Delta, err error) {
	for d, failed := range m.Stream(ctx, req) {
		if failed != nil {
			return pieces, nil, failed
		}
		if d.Text != "" {
			pieces = append(pieces, d.Text)
		}
		last = d
	}
	return pieces, last, nil
}

func TestAStreamedAnswerIsTheAnswer(t *testing.T) {
	price := ai.ToolCall{Name: "price", Arguments: json.RawMessage(`{"isin":"DE0007164600"}`), State: []byte("s")}
	tests := map[string]struct {
		script func(*mocks.Analyzer)
		req    *ai.Request
	}{
		"answer":    {func(m *mocks.Analyzer) { m.Answer("Net debt  fell.\n") }, ai.Text("x")},
		"no words":  {func(m *mocks.Analyzer) { m.Answer(" ") }, ai.Text("x")},
		"deltas":    {func(m *mocks.Analyzer) { m.Deltas("Net", " debt") }, ai.Text("x")},
		"slow":      {func(m *mocks.Analyzer) { m.Deltas("Net", " debt").After(time.Second).Pause(time.Minute) }, ai.Text("x")},
		"calls":     {func(m *mocks.Analyzer) { m.Call(price, ai.ToolCall{Name: "today"}) }, ai.Text("x")},
		"embedding": {func(m *mocks.Analyzer) { m.Embed([]float32{1, 0}) }, ai.Embedding("x")},
		"images":    {func(m *mocks.Analyzer) { m.Paint(ai.GeneratedImage{Data: []byte("i")}) }, ai.ImageGeneration("x")},
		"whole": {func(m *mocks.Analyzer) {
			m.Return(&ai.Response{Text: "a b", ToolCalls: []ai.ToolCall{price}, FinishReason: ai.FinishLength, RequestID: "r"})
		}, ai.Text("x")},
		"emulated": {func(m *mocks.Analyzer) { m.Emulate() }, ai.Text(filing)},
		"failure":  {func(m *mocks.Analyzer) { m.Fail(ai.CodeTimeout) }, ai.Text("x")},
		"fails":    {func(m *mocks.Analyzer) { m.Deltas("Net").ThenFail(ai.CodeUnavailable) }, &ai.Request{Prompt: "x", Model: "deep"}},
		"cut":      {func(m *mocks.Analyzer) { m.Call(price).ThenCut() }, ai.Text("x")},
		"hangs":    {func(m *mocks.Analyzer) { m.Deltas("Net").ThenHang() }, ai.Text("x")},
		"invalid":  {func(m *mocks.Analyzer) { m.Emulate().Always() }, ai.Text("")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer := func(do func(context.Context, *mocks.Analyzer) (*ai.Response, error)) (*ai.Response, time.Duration, error) {
					m := mocks.NewAnalyzer(t)
					tt.script(m)
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					begun := time.Now()
					resp, err := do(ctx, m)
					return resp, time.Since(begun), err
				}
				whole, took, wholeErr := answer(func(ctx context.Context, m *mocks.Analyzer) (*ai.Response, error) {
					return m.Analyze(ctx, tt.req)
				})
				parts, partsTook, partsErr := answer(func(ctx context.Context, m *mocks.Analyzer) (*ai.Response, error) {
					return ai.Collect(m.Stream(ctx, tt.req))
				})
				if !reflect.DeepEqual(whole, parts) || fmt.Sprintf("%#v", wholeErr) != fmt.Sprintf("%#v", partsErr) || took != partsTook {
					t.Errorf("analyzed %+v, %v in %v\nstreamed %+v, %v in %v", whole, wholeErr, took, parts, partsErr, partsTook)
				}
				if (whole == nil) == (wholeErr == nil) {
					t.Errorf("%+v, %v", whole, wholeErr)
				}
			})
		})
	}
}

func TestAStreamComesInTheScriptsPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mocks.NewAnalyzer(t).Deltas("Net ", "debt ", "fell.").Pause(time.Minute).Answer("Net debt fell.").
			Deltas("Net ", "debt ").ThenFail(ai.CodeUnavailable)
		begun := time.Now()
		got, last, err := texts(t.Context(), m, ai.Text("x"))
		if want := []string{"Net ", "debt ", "fell."}; !slices.Equal(got, want) || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if time.Since(begun) != 2*time.Minute {
			t.Errorf("took %v", time.Since(begun))
		}
		if last.Response == nil || last.Response.Text != "" || last.Response.Source != ai.SourceProvider || last.Response.FinishReason != ai.FinishStop {
			t.Errorf("ended in %+v", last)
		}
		got, _, err = texts(t.Context(), m, ai.Text("x"))
		if want := []string{"Net", " debt", " fell."}; !slices.Equal(got, want) || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		got, _, err = texts(t.Context(), m, ai.Text("x"))
		if want := []string{"Net ", "debt "}; !slices.Equal(got, want) || !errors.Is(err, ai.CodeUnavailable) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestAStreamTakesItsStepWhenItIsRead(t *testing.T) {
	m := mocks.NewAnalyzer(t)
	stream := m.Stream(t.Context(), ai.Text("x"))
	if len(m.Calls()) != 0 {
		t.Error("a call before the stream was read")
	}
	m.Deltas("a", "b")
	for d, err := range stream {
		if err != nil || d.Text != "a" {
			t.Errorf("%+v, %v", d, err)
		}
		break
	}
	if len(m.Calls()) != 1 {
		t.Errorf("%d calls", len(m.Calls()))
	}
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		m := mocks.NewAnalyzer(t).Deltas("a", "b").Pause(time.Hour).Deltas("a", "b").Deltas("a").ThenHang()
		time.AfterFunc(time.Minute, cancel)
		got, _, err := texts(ctx, m, ai.Text("x"))
		if len(got) != 1 || ai.CodeOf(err) != ai.CodeCanceled {
			t.Errorf("%q, %v", got, err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		for _, err = range m.Stream(ctx, ai.Text("x")) {
			cancel()
		}
		if ai.CodeOf(err) != ai.CodeCanceled {
			t.Errorf("ended in %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err = texts(ctx, m, ai.Text("x")); ai.CodeOf(err) != ai.CodeTimeout {
			t.Errorf("ended in %v", err)
		}
	})
}

func TestModifiersOfStreamsNeedAStepAndSense(t *testing.T) {
	w := new(watched)
	m := mocks.NewAnalyzer(w)
	m.Pause(time.Second)
	m.ThenCut()
	m.Answer("a").Pause(-1)
	m.ThenFail(nil)
	if _, err := m.Analyze(t.Context(), ai.Text("x")); ai.CodeOf(err) != ai.CodeBadResponse {
		t.Errorf("err = %v", err)
	}
	w.expect(t, "Pause follows no step", "ThenCut follows no step", "Pause: the argument", "ThenFail needs an error")
}

func TestAnEmulationFollowsSchemaAndToolChoice(t *testing.T) {
	m := mocks.NewAnalyzer(t).Emulate().Always()
	schema := json.RawMessage(`{"type":"object","properties":{"risk":{"type":"string"},"ratio":{"type":"number","minimum":2}}}`)
	resp, err := m.Analyze(t.Context(), &ai.Request{Prompt: "x", Schema: schema})
	if err != nil || resp.Text != `{"ratio":2,"risk":"[emulated]"}` {
		t.Errorf("%+v, %v", resp, err)
	}
	tools := []ai.Tool{{Name: "today"}, {Name: "price", Parameters: schema}}
	resp, err = m.Analyze(t.Context(), &ai.Request{Prompt: "x", Tools: tools, ToolChoice: "price"})
	if err != nil || len(resp.ToolCalls) != 1 || resp.ToolCalls[0].Name != "price" || resp.ToolCalls[0].ID == "" ||
		string(resp.ToolCalls[0].Arguments) != `{"ratio":2,"risk":"[emulated]"}` || resp.FinishReason != ai.FinishToolCalls {
		t.Errorf("%+v, %v", resp, err)
	}
	resp, err = m.Analyze(t.Context(), &ai.Request{Prompt: "x", Output: &ai.ImageOutput{Width: 8, Height: 4, MediaType: "image/jpeg", Count: 2}})
	if err != nil || len(resp.Images) != 2 || resp.Images[1].MediaType != "image/jpeg" {
		t.Errorf("%+v, %v", resp, err)
	}
}
