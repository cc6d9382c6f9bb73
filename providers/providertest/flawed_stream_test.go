package providertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

func (p *plain) Stream(ctx context.Context, req *ai.Request) iter.Seq2[*ai.Delta, error] {
	if p.flaw == asksAtOnce {
		if resp, err := p.send(ctx, req, true); err == nil {
			_ = resp.Body.Close()
		}
	}
	return func(yield func(*ai.Delta, error) bool) {
		if p.flaw == eatsPanics {
			defer func() { _ = recover() }()
		}
		if p.flaw == leavesGoroutines {
			go func() { <-time.After(100 * time.Hour) }()
		}
		if err := p.stream(ctx, req, yield); err != nil {
			yield(nil, err)
		}
	}
}

func (p *plain) stream(ctx context.Context, req *ai.Request, yield func(*ai.Delta, error) bool) error {
	if kind := req.ResolvedKind(); kind == ai.KindEmbedding || kind == ai.KindImageGeneration {
		resp, err := p.Analyze(ctx, req)
		if err == nil {
			yield(&ai.Delta{Response: resp}, nil)
		}
		return err
	}
	resp, err := p.send(ctx, req, true)
	if err != nil {
		return err
	}
	if p.flaw != leavesStreams {
		defer func() { _ = resp.Body.Close() }()
	}
	body := io.LimitReader(resp.Body, 64<<20)
	if p.flaw == hasNoLimit {
		body = resp.Body
	}
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, plainMaxLine)
	if p.flaw == hasNoLimit {
		lines.Buffer(nil, math.MaxInt)
	}
	whole, empty, failed := plainReply{}, 0, error(nil)
	var held []*ai.Delta
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			if empty++; empty > 1000 && p.flaw != hasNoLimit {
				return p.fail(ai.CodeBadResponse, "the stream is empty")
			}
			continue
		}
		var piece plainReply
		switch {
		case json.Unmarshal(lines.Bytes(), &piece) != nil:
			return p.fail(ai.CodeBadResponse, "the stream holds something that is not JSON")
		case piece.Reason != "" && p.flaw == waitsWithErrors:
			failed = p.fail(piece.Reason, "")
		case piece.Reason != "":
			return p.fail(piece.Reason, "")
		}
		whole.Text += piece.Text
		whole.Model += strings.TrimPrefix(piece.Model, whole.Model)
		whole.Usage, whole.Finish = piece.Usage, piece.Finish
		for i, c := range piece.Calls {
			whole.Calls = append(whole.Calls, c)
			if !yield(&ai.Delta{ToolCall: &ai.ToolCallDelta{Index: i, ID: c.ID, Name: c.Name, Arguments: string(c.Arguments), State: []byte("plain:")}}, nil) {
				return nil
			}
		}
		if piece.Text == "" {
			continue
		}
		d := &ai.Delta{Text: piece.Text}
		if p.flaw == holdsStreams {
			held = append(held, d)
		} else if !yield(d, nil) && p.flaw != ignoresLeaving {
			return nil
		}
	}
	for _, d := range held {
		if !yield(d, nil) {
			return nil
		}
	}
	switch err := lines.Err(); {
	case failed != nil:
		return failed
	case whole.Finish == "" && p.flaw == acceptsAnyEnd:
		whole.Finish = ai.FinishStop
	case err != nil:
		return p.network(ctx, err, ai.CodeBadResponse)
	case whole.Finish == "":
		return p.fail(ai.CodeBadResponse, "the stream ended without a finish reason")
	}
	r, err := p.answer(req, &whole, resp.Header)
	if err != nil {
		return err
	}
	if p.flaw == forgetsStreamUsage {
		r.Usage = ai.Usage{}
	}
	if !yield(&ai.Delta{FinishReason: r.FinishReason, Response: r}, nil) || p.flaw != goesOn {
		return nil
	}
	return p.fail(ai.CodeUnavailable, "")
}
