package mocks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

var (
	_ ai.Analyzer = (*mocks.Analyzer)(nil)
	_ ai.Planner  = (*mocks.Analyzer)(nil)
	_ mocks.TB    = (testing.TB)(nil)
)

// watched is a test that an Analyzer reports to.
type watched struct {
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func (w *watched) Helper() {}

func (w *watched) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

func (w *watched) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *watched) end() {
	for _, f := range w.cleanups {
		f()
	}
}

// expect compares what was reported with one fragment per report.
func (w *watched) expect(t *testing.T, fragments ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.failures) != len(fragments) {
		t.Fatalf("reported %q, want %d reports", w.failures, len(fragments))
	}
	for i, f := range fragments {
		if !strings.Contains(w.failures[i], f) {
			t.Errorf("report %q does not say %q", w.failures[i], f)
		}
	}
}

func TestEachCallTakesTheNextStep(t *testing.T) {
	m := mocks.NewAnalyzer(t).Fail(ai.CodeUnavailable).Times(2).Answer("fell").Embed([]float32{1, 0})
	for range 2 {
		if _, err := m.Analyze(t.Context(), ai.Text("debt?")); ai.CodeOf(err) != ai.CodeUnavailable {
			t.Fatalf("err = %v", err)
		}
	}
	resp, err := m.Analyze(t.Context(), &ai.Request{Prompt: "debt?", Model: "deep"})
	if err != nil || resp.Text != "fell" {
		t.Fatalf("%+v, %v", resp, err)
	}
	if resp.Source != ai.SourceProvider || resp.Provider == "" || resp.Model != "deep" ||
		resp.FinishReason != ai.FinishStop || resp.RequestID != "mock-3" || resp.Usage.TotalTokens == 0 {
		t.Errorf("incomplete: %+v", resp)
	}
	resp, err = m.Analyze(t.Context(), ai.Embedding("debt"))
	if err != nil || len(resp.Embeddings) != 1 || resp.Embeddings[0][0] != 1 {
		t.Fatalf("%+v, %v", resp, err)
	}
}

func TestAnUnexpectedCallFailsTheTestAndGetsAnError(t *testing.T) {
	tests := []struct {
		name   string
		script func(*mocks.Analyzer)
		req    *ai.Request
		want   []string
	}{
		{"empty script", func(*mocks.Analyzer) {}, ai.Text("x"), []string{"call 1 (text): no step is left"}},
		{"text for an embedding", func(m *mocks.Analyzer) { m.Answer("a") }, ai.Embedding("x"), []string{"call 1 (embedding): the next step, Answer"}},
		{"vectors for a text", func(m *mocks.Analyzer) { m.Embed([]float32{1}) }, ai.Text("x"), []string{"call 1 (text): the next step, Embed"}},
		{"too few vectors", func(m *mocks.Analyzer) { m.Embed([]float32{1}) }, ai.Embedding("x", "y"), []string{"Embed has 1 vectors, and the call 2 inputs"}},
		{"neither", func(m *mocks.Analyzer) {
			m.Do(func(context.Context, *ai.Request) (*ai.Response, error) { return nil, nil })
		}, ai.Text("x"), []string{"Do gave neither"}},
		{"both", func(m *mocks.Analyzer) {
			m.Do(func(context.Context, *ai.Request) (*ai.Response, error) { return &ai.Response{}, ai.CodeTimeout })
		}, ai.Text("x"), []string{"Do gave both"}},
		{"nil response", func(m *mocks.Analyzer) { m.Return(nil) }, ai.Text("x"), []string{"Return needs", "Return gave neither"}},
		{"nil error", func(m *mocks.Analyzer) { m.Fail(nil) }, ai.Text("x"), []string{"Fail needs"}},
		{"nil *ai.Error", func(m *mocks.Analyzer) { m.Fail((*ai.Error)(nil)) }, ai.Text("x"), []string{"Fail needs"}},
		{"Times without a step", func(m *mocks.Analyzer) { m.Times(2) }, ai.Text("x"), []string{"Times follows no step", "no step is left"}},
		{"Times behind Always", func(m *mocks.Analyzer) {
			m.Fail(ai.CodeTimeout).Answer("a").Always().Times(2)
		}, ai.Text("x"), []string{"Times follows no step"}},
		{"no times", func(m *mocks.Analyzer) { m.Fail(ai.CodeTimeout).Times(0) }, ai.Text("x"), []string{"Times: the argument"}},
		{"negative delay", func(m *mocks.Analyzer) { m.Fail(ai.CodeTimeout).After(-1) }, ai.Text("x"), []string{"After: the argument"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := new(watched)
			m := mocks.NewAnalyzer(w)
			tt.script(m)
			resp, err := m.Analyze(t.Context(), tt.req)
			var e *ai.Error
			if resp != nil || !errors.As(err, &e) {
				t.Fatalf("%+v, %v; want an *ai.Error", resp, err)
			}
			w.expect(t, tt.want...)
		})
	}
}

func TestStepsNeverAskedForFailTheTest(t *testing.T) {
	w := new(watched)
	m := mocks.NewAnalyzer(w).Answer("a").Fail(ai.CodeTimeout).Times(3).Answer("as usual").Always()
	if _, err := m.Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Fatal(err)
	}
	w.end()
	w.expect(t, "3 of 4 steps were never asked for, the first of them Fail")
}

func TestACallAfterTheTestTouchesItNoMore(t *testing.T) {
	w := new(watched)
	m := mocks.NewAnalyzer(w)
	w.end()
	if _, err := m.Analyze(t.Context(), ai.Text("x")); err == nil {
		t.Error("no error")
	}
	w.expect(t)
}

func TestAStandingAnswerYieldsToTheScript(t *testing.T) {
	m := mocks.NewAnalyzer(t).Answer("first").Always().Answer("usual").Always().Fail(ai.CodeTimeout)
	if _, err := m.Analyze(t.Context(), ai.Text("x")); ai.CodeOf(err) != ai.CodeTimeout {
		t.Errorf("err = %v", err)
	}
	for range 3 {
		if resp, err := m.Analyze(t.Context(), ai.Text("x")); err != nil || resp.Text != "usual" {
			t.Errorf("%+v, %v", resp, err)
		}
	}
}

func TestWhatACallerDoesToAnAnswerReachesNobodyElse(t *testing.T) {
	given := &ai.Response{Text: "a", Embeddings: [][]float32{{1, 2}}, Trail: ai.Trail{{Provider: "p"}}}
	failure := &ai.Error{Code: ai.CodeRateLimited, RetryAfter: time.Second, Trail: ai.Trail{{Provider: "p"}}}
	m := mocks.NewAnalyzer(t).Return(given).Times(2).Fail(failure).Times(2)
	given.Embeddings[0][0] = 9
	for range 2 {
		resp, err := m.Analyze(t.Context(), ai.Text("x"))
		if err != nil || resp.Embeddings[0][0] != 1 || resp.Trail[0].Provider != "p" {
			t.Fatalf("%+v, %v", resp, err)
		}
		resp.Embeddings[0][0], resp.Trail[0].Provider = 7, "q"
	}
	for range 2 {
		_, err := m.Analyze(t.Context(), ai.Text("x"))
		var e *ai.Error
		if !errors.As(err, &e) || e.RetryAfter != time.Second || e.Trail[0].Provider != "p" {
			t.Fatalf("err = %+v", err)
		}
		e.RetryAfter, e.Trail[0].Provider = 0, "q"
	}
}

func TestForeignErrorsArePassedOnAsTheyAre(t *testing.T) {
	cause := fmt.Errorf("wrapped: %w", &ai.Error{Code: ai.CodeTimeout})
	m := mocks.NewAnalyzer(t).Fail(cause)
	if _, err := m.Analyze(t.Context(), ai.Text("x")); err != cause {
		t.Errorf("err = %v", err)
	}
}

func TestWhatCannotBeSentTakesNoStep(t *testing.T) {
	m := mocks.NewAnalyzer(t).Answer("a")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Analyze(cancelled, ai.Text("x")); ai.CodeOf(err) != ai.CodeCanceled || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, req := range []*ai.Request{nil, {}, {Prompt: "x", MaxTokens: -1}} {
		if _, err := m.Analyze(t.Context(), req); ai.CodeOf(err) != ai.CodeInvalidRequest {
			t.Errorf("invalid: %v", err)
		}
	}
	if resp, err := m.Analyze(t.Context(), ai.Text("x")); err != nil || resp.Text != "a" {
		t.Errorf("%+v, %v", resp, err)
	}
	if n := len(m.Calls()); n != 5 {
		t.Errorf("%d calls recorded, want 5", n)
	}
}

func TestAHangingStepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mocks.NewAnalyzer(t).Hang().Answer("late").After(time.Minute).Answer("in time").After(time.Minute)
		for range 2 {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, err := m.Analyze(ctx, ai.Text("x"))
			cancel()
			if ai.CodeOf(err) != ai.CodeTimeout || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		}
		start := time.Now()
		if resp, err := m.Analyze(t.Context(), ai.Text("x")); err != nil || resp.Text != "in time" || time.Since(start) != time.Minute {
			t.Errorf("%+v, %v after %v", resp, err, time.Since(start))
		}
	})
}

func TestAPanicReachesTheCaller(t *testing.T) {
	m := mocks.NewAnalyzer(t).Panic("boom")
	defer func() {
		if recover() != "boom" {
			t.Error("no panic")
		}
	}()
	_, _ = m.Analyze(t.Context(), ai.Text("x"))
}

func TestConcurrentCallsTakeOneStepEach(t *testing.T) {
	const calls = 200
	m := mocks.NewAnalyzer(t)
	for i := range calls {
		m.Answer(fmt.Sprint(i))
	}
	var seen sync.Map
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			resp, err := m.Analyze(t.Context(), ai.Text("x"))
			if err != nil {
				t.Error(err)
				return
			}
			if _, twice := seen.LoadOrStore(resp.Text, true); twice {
				t.Errorf("answer %s given twice", resp.Text)
			}
		})
	}
	wg.Wait()
	if n := len(m.Calls()); n != calls {
		t.Errorf("%d calls recorded, want %d", n, calls)
	}
}
