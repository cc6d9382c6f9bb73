package mocks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/finbrain/ai"
)

// step is what one call gets.
type step struct {
	name  string  // as in the script, for reports
	only  ai.Kind // KindText for text and image, 0 for all
	delay time.Duration
	run   func(context.Context, *ai.Request) (*ai.Response, error)

	pieces  []string // of the text; nil is its words
	between time.Duration
	ending  func(ctx context.Context, model string) error // in place of an answer; nil is an answer
}

// Answer adds a step that answers a text or image request with a text.
func (a *Analyzer) Answer(text string) *Analyzer {
	return a.add(textStep("Answer", text))
}

func textStep(name, text string) step {
	return step{name: name, only: ai.KindText, run: func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		usage := question{ask: questionOf(req)}.usageOf(said{text: text})
		return &ai.Response{Text: text, Usage: usage}, nil
	}}
}

// Call adds a step that answers a text or image request with tool calls. A
// call without an ID gets "call_1", counted within the answer.
func (a *Analyzer) Call(calls ...ai.ToolCall) *Analyzer {
	resp := (&ai.Response{ToolCalls: calls}).Clone()
	for i := range resp.ToolCalls {
		c := &resp.ToolCalls[i]
		c.ID = cmp.Or(c.ID, fmt.Sprintf("call_%d", i+1))
	}
	return a.add(step{name: "Call", only: ai.KindText, run: func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		answer := resp.Clone()
		answer.Usage = question{ask: questionOf(req)}.usageOf(said{calls: answer.ToolCalls})
		return answer, nil
	}})
}

// Paint adds a step that answers a request for image generation.
func (a *Analyzer) Paint(images ...ai.GeneratedImage) *Analyzer {
	resp := (&ai.Response{Images: images}).Clone()
	return a.add(step{name: "Paint", only: ai.KindImageGeneration, run: func(context.Context, *ai.Request) (*ai.Response, error) {
		return resp, nil
	}})
}

// Embed adds a step that answers an embedding request with the vectors, one
// per input. Any other number of inputs fails the test.
func (a *Analyzer) Embed(vectors ...[]float32) *Analyzer {
	a.tb.Helper()
	resp := (&ai.Response{Embeddings: vectors}).Clone()
	return a.add(step{name: "Embed", only: ai.KindEmbedding, run: func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		a.tb.Helper()
		if len(req.Inputs) != len(resp.Embeddings) {
			a.report("mocks: Embed has %d vectors, and the call %d inputs", len(resp.Embeddings), len(req.Inputs))
			return nil, &ai.Error{Code: ai.CodeBadResponse, Provider: name, Detail: "not one vector per input"}
		}
		return resp, nil
	}})
}

// Return adds a step that answers with a copy of the response, whatever the
// kind of the request. What every answer carries (Source, Provider, Model,
// RequestID, FinishReason, Space) is filled in where it is empty. A nil
// response fails the test.
func (a *Analyzer) Return(resp *ai.Response) *Analyzer {
	a.tb.Helper()
	if resp == nil {
		a.report("mocks: Return needs a response")
	}
	resp = resp.Clone()
	return a.add(step{name: "Return", run: func(context.Context, *ai.Request) (*ai.Response, error) { return resp, nil }})
}

// Fail adds a step that fails with err. A bare Code becomes an *ai.Error with
// that Code, and a whole *ai.Error is copied for each call:
//
//	m.Fail(ai.CodeUnavailable)
//	m.Fail(&ai.Error{Code: ai.CodeRateLimited, Status: 429, RetryAfter: 2 * time.Second})
//
// Any other error is returned as it is. A nil error fails the test.
func (a *Analyzer) Fail(err error) *Analyzer {
	a.tb.Helper()
	err = a.sound("Fail", err)
	return a.add(step{name: "Fail", run: func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		return nil, failure(err, modelOf(req))
	}})
}

// sound returns the error that a step is to fail with; none fails the test.
func (a *Analyzer) sound(method string, err error) error {
	a.tb.Helper()
	if e, ok := err.(*ai.Error); err == nil || ok && e == nil {
		a.report("mocks: %s needs an error", method)
		return ai.CodeBadResponse
	}
	return err
}

// failure returns the error for one call.
func failure(err error, model string) error {
	switch e := err.(type) { // not errors.As: what wraps an *ai.Error is passed on with its wrapping
	case ai.Code:
		return &ai.Error{Code: e, Provider: name, Model: model}
	case *ai.Error:
		fresh := *e
		fresh.Trail = slices.Clone(e.Trail)
		return &fresh
	}
	return err
}

// Do adds a step that answers in free form. The request is a copy of the
// caller's. Returning both a response and an error, or neither, fails the
// test; ctx is the caller's and must be honoured.
func (a *Analyzer) Do(answer func(ctx context.Context, req *ai.Request) (*ai.Response, error)) *Analyzer {
	return a.add(step{name: "Do", run: func(ctx context.Context, req *ai.Request) (*ai.Response, error) {
		return answer(ctx, req.Clone())
	}})
}

// Emulate adds a step that makes its answer from the request, as the fake
// servers do: a summary of the text, a description of the image, JSON that
// follows the schema, a call of the tool that must be called, an image of one
// colour, embeddings in which similar texts are near. Vectors have the dimensions asked for, else
// those of the Space, else 256.
func (a *Analyzer) Emulate() *Analyzer {
	return a.add(step{name: "Emulate", run: a.emulate})
}

// Hang adds a step that answers nothing until the call's context ends.
func (a *Analyzer) Hang() *Analyzer {
	return a.add(step{name: "Hang", run: func(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
		<-ctx.Done()
		return nil, ended(ctx)
	}})
}

// Panic adds a step that panics, as a provider's library might.
func (a *Analyzer) Panic(message string) *Analyzer {
	return a.add(step{name: "Panic", run: func(context.Context, *ai.Request) (*ai.Response, error) { panic(message) }})
}

// Times repeats the last step, so that n calls take it. n is at least 1.
func (a *Analyzer) Times(n int) *Analyzer {
	a.tb.Helper()
	a.modify("Times", n >= 1, func() {
		last := a.script[len(a.script)-1]
		a.script = append(a.script, slices.Repeat([]step{last}, n-1)...)
		a.added += n - 1
	})
	return a
}

// After delays the last step by d, or less when the call's context ends
// before. It stands before Times: repetitions are as slow.
func (a *Analyzer) After(d time.Duration) *Analyzer {
	a.tb.Helper()
	a.modify("After", d >= 0, func() { a.script[len(a.script)-1].delay = d })
	return a
}

// Always takes the last step out of the script and makes it answer every call
// that the script does not cover, any number of them or none. A later one
// takes its place:
//
//	m := mocks.NewAnalyzer(t).Answer("as usual").Always()
//	m.Fail(ai.CodeTimeout) // the next call only
func (a *Analyzer) Always() *Analyzer {
	a.tb.Helper()
	a.modify("Always", true, func() {
		last := len(a.script) - 1
		a.standing = new(a.script[last])
		a.script = a.script[:last]
		a.added--
		a.current = false
	})
	return a
}

func (a *Analyzer) add(s step) *Analyzer {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.script = append(a.script, s)
	a.added++
	a.current = true
	return a
}

// modify changes the last step, and fails the test when there is none or the
// argument makes no sense.
func (a *Analyzer) modify(method string, sound bool, change func()) {
	a.tb.Helper()
	a.mu.Lock()
	current := a.current && len(a.script) > 0
	if current && sound {
		change()
	}
	a.mu.Unlock()
	switch {
	case !current:
		a.report("mocks: %s follows no step", method)
	case !sound:
		a.report("mocks: %s: the argument is out of range", method)
	}
}

// wait waits for d.
func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

// ended returns the error of a context that has ended, as a provider does, or
// nil. Only an ai.Client knows whose deadline it was.
func ended(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &ai.Error{Code: ai.CodeTimeout, Provider: name, Cause: context.DeadlineExceeded}
	default:
		return &ai.Error{Code: ai.CodeCanceled, Provider: name, Cause: context.Canceled}
	}
}
