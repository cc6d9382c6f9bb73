package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/finbrain/ai"
)

// answer asks about every input and prints what comes back; notes takes what
// is not an answer.
func (o options) answer(ctx context.Context, out, notes *screen, getenv func(string) string) (err error) {
	inputs, err := o.inputs(ctx)
	if err != nil {
		return err
	}
	c, err := connect(getenv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if o.json {
		notes.text(plain, "", c.notice)
	} else {
		out.text(dim, "", c.notice)
	}
	if o.embed {
		return o.compare(ctx, c, inputs, out)
	}
	return o.analyse(ctx, c, inputs, out, notes)
}

// analyse asks about the inputs one after the other. A failure is explained
// where it happens and does not keep the others from being asked.
func (o options) analyse(ctx context.Context, a ai.Analyzer, inputs []input, out, notes *screen) error {
	failed := 0
	for _, in := range inputs {
		question := in.question(o.question)
		if !o.json {
			out.question(in, question)
		}
		resp, err := a.Analyze(ctx, in.request(question))
		switch {
		case err == nil && o.json:
			out.json(resp)
		case err == nil:
			out.answer(resp)
		case len(inputs) == 1 || ctx.Err() != nil:
			return fmt.Errorf("%s: %w", in.name, err)
		default:
			failed++
			explain(notes, fmt.Errorf("%s: %w", in.name, err))
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s got no answer", failed, count(len(inputs), "file"))
	}
	return nil
}

// compare embeds all inputs with one request, so that all vectors come from
// one model.
func (o options) compare(ctx context.Context, a ai.Analyzer, inputs []input, out *screen) error {
	req := &ai.Request{Kind: ai.KindEmbedding}
	for _, in := range inputs {
		req.Inputs = append(req.Inputs, in.text)
	}
	what := count(len(inputs), "text")
	if len(o.files) == 0 {
		what = count(len(inputs), "paragraph") + " of filing.txt"
	}
	resp, err := a.Analyze(ctx, req)
	switch {
	case err != nil && len(inputs) == 1:
		return fmt.Errorf("%s: %w", inputs[0].name, err)
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case o.json:
		out.json(resp)
	default:
		out.vectors(what, inputs, resp)
	}
	return nil
}

// explain prints an error, each on its own of several that were joined, and
// what was tried when a client gave up.
func explain(notes *screen, err error) {
	_, one := err.(*ai.Error) // which unwraps to what is behind it
	if joined, ok := err.(interface{ Unwrap() []error }); ok && !one {
		for _, e := range joined.Unwrap() {
			explain(notes, e)
		}
		return
	}
	if errors.Is(err, context.Canceled) {
		notes.text(plain, "", "quickstart: interrupted")
		return
	}
	notes.text(red, "", "quickstart: "+err.Error())
	if e, ok := errors.AsType[*ai.Error](err); ok && len(e.Trail) > 1 {
		notes.text(plain, "  ", "tried: "+e.Trail.String())
	}
}

// json prints the response in its own JSON, on one line.
func (s *screen) json(resp *ai.Response) {
	line, err := json.Marshal(resp)
	if err != nil {
		s.fail(err)
		return
	}
	s.line(string(line))
}
