package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"iter"

	"github.com/finbrain/ai"
)

const (
	maxStream = 64 << 20
	maxLine   = 1 << 20
	maxBlank  = 1000 // lines in all
)

// Stream answers piece by piece: each line of the response is a Delta. The
// service is asked when the sequence is ranged over.
func (s *Sibyl) Stream(ctx context.Context, req *ai.Request) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		x, err := s.ask(ctx, req, true)
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = x.Body.Close() }() // also when the loop is left
		x.read(ctx, yield)
	}
}

func (x *exchange) read(ctx context.Context, yield func(*ai.Delta, error) bool) {
	var end reply
	text, blank := false, 0
	lines := bufio.NewScanner(io.LimitReader(x.Body, maxStream))
	lines.Buffer(nil, maxLine)
	for blank <= maxBlank && lines.Scan() {
		if len(lines.Bytes()) == 0 {
			blank++
			continue
		}
		var line reply
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil:
			yield(nil, x.fail(ai.CodeBadResponse, "the stream holds something that is not JSON"))
			return
		case line.Reason != "":
			yield(nil, x.fail(reasons[line.Reason], ""))
			return
		}
		if line.Text != "" {
			text = true
			if !yield(&ai.Delta{Text: line.Text}, nil) {
				return
			}
		}
		end = line
	}
	if err := lines.Err(); err != nil && end.Ended == "" {
		yield(nil, x.network(ctx, err))
		return
	}
	end.Text = "" // who reads the stream has it
	resp, err := x.complete(&end, text)
	if err != nil {
		yield(nil, err)
		return
	}
	yield(&ai.Delta{Usage: &resp.Usage, FinishReason: resp.FinishReason, Response: resp}, nil)
}
