package openai

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// maxCalls is the most tool calls read of one answer.
const maxCalls = 256

// gathering puts the tool calls of an answer together from their pieces.
// Compatible servers leave out what tells the pieces apart.
type gathering struct {
	req   *ai.Request
	calls []gathered
	size  int // bytes of all arguments
}

// gathered is one call, as far as it has come.
type gathered struct {
	index     int    // the server's, -1 without one
	wireID    string // the server's, as it came
	id        string // see identify
	name      string
	arguments []byte
	told      int // bytes of arguments that have been passed on
	announced bool
}

// add takes one piece.
func (g *gathering) add(piece *completionCall) *ai.Error {
	i := g.find(piece)
	if i < 0 {
		if len(g.calls) == maxCalls {
			return &ai.Error{Code: ai.CodeBadResponse, Detail: "the answer has too many tool calls"}
		}
		i = len(g.calls)
		g.calls = append(g.calls, gathered{index: -1})
	}
	c := &g.calls[i]
	if piece.Index != nil {
		c.index = *piece.Index
	}
	if c.wireID == "" {
		c.wireID = piece.ID
	}
	if c.name == "" {
		c.name = piece.Function.Name
	}
	if g.size += len(piece.Function.Arguments); g.size > transport.MaxEventBytes {
		return &ai.Error{Code: ai.CodeBadResponse, Detail: "the arguments of tool calls are over the limit"}
	}
	c.arguments = append(c.arguments, piece.Function.Arguments...)
	return nil
}

// find returns the position of the call that a piece belongs to, or -1: the
// piece begins another. The index decides, unless the piece has a name and an
// identifier of its own: some servers number all calls 0, others give every
// piece of one call another identifier. Without an index it is the identifier,
// and a piece without either goes on with the last call.
func (g *gathering) find(piece *completionCall) int {
	last := -1 // the last call of the index
	for i := len(g.calls) - 1; i >= 0; i-- {
		c := &g.calls[i]
		switch {
		case piece.Index != nil && c.index != *piece.Index:
		case piece.ID != "" && piece.ID == c.wireID:
			return i
		case piece.Index != nil && last < 0 && (piece.ID == "" || c.wireID == "" || piece.Function.Name == ""):
			last = i
		}
	}
	if piece.Index == nil && piece.ID == "" && piece.Function.Name == "" {
		return len(g.calls) - 1
	}
	return last
}

// identify gives a call its identifier: the server's, if it is one that no
// other call of the conversation has.
func (g *gathering) identify(i int) {
	c := &g.calls[i]
	if c.id != "" {
		return
	}
	id := c.wireID
	for n := i + 1; id == "" || g.taken(id); n++ {
		id = fmt.Sprintf("call_%d", n)
	}
	c.id = id
}

func (g *gathering) taken(id string) bool {
	for i := range g.calls {
		if g.calls[i].id == id {
			return true
		}
	}
	return g.req.ToolCall(id) != nil
}

// complete checks the calls at the answer's end and gives those without
// arguments an empty object.
func (g *gathering) complete() *ai.Error {
	for i := range g.calls {
		g.identify(i)
		c := &g.calls[i]
		switch trimmed := bytes.TrimSpace(c.arguments); {
		case len(trimmed) == 0:
			c.arguments = append(c.arguments, "{}"...)
		case string(trimmed) == "null" && c.told == 0:
			c.arguments = []byte("{}")
		}
		switch {
		case c.name == "":
			return &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool without naming it"}
		case !isObject(c.arguments):
			return &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool with arguments that are no JSON object"}
		}
	}
	return nil
}

func isObject(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) && json.Valid(data)
}

// list returns the completed calls.
func (g *gathering) list() []ai.ToolCall {
	if len(g.calls) == 0 {
		return nil
	}
	list := make([]ai.ToolCall, len(g.calls))
	for i := range g.calls {
		list[i] = ai.ToolCall{ID: g.calls[i].id, Name: g.calls[i].name, Arguments: g.calls[i].arguments}
	}
	return list
}

// piece returns what of a call has not been passed on, nil when there is
// nothing or the call has no name yet.
func (g *gathering) piece(i int) *ai.ToolCallDelta {
	c := &g.calls[i]
	if c.name == "" || c.announced && c.told == len(c.arguments) {
		return nil
	}
	g.identify(i)
	d := &ai.ToolCallDelta{Index: i, Arguments: string(c.arguments[c.told:])}
	if !c.announced {
		d.ID, d.Name = c.id, c.name
	}
	c.announced, c.told = true, len(c.arguments)
	return d
}
