package ai

import (
	"fmt"
	"slices"
)

// Role says who wrote a Message.
type Role string

// The roles of a conversation.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool" // the application, with the results of tool calls
)

// Message is an earlier turn of a conversation.
type Message struct {
	Role      Role
	Text      string
	Images    []Image    // user turns only
	Documents []Document // user turns only
	// ToolCalls are those of Response.ToolCalls; assistant turns only.
	ToolCalls []ToolCall
	// ToolResults answer the calls of the turn before; turns of RoleTool only,
	// which hold nothing else.
	ToolResults []ToolResult
}

func (m Message) clone() Message {
	m.Images = cloneImages(m.Images)
	m.Documents = cloneDocuments(m.Documents)
	m.ToolCalls = cloneCalls(m.ToolCalls)
	m.ToolResults = slices.Clone(m.ToolResults)
	return m
}

// validate checks the turn; known holds the IDs of the tool calls before it.
func (m *Message) validate(field string, known map[string]bool) error {
	switch m.Role {
	case RoleUser, RoleAssistant, RoleTool:
	default:
		return invalid(field+".Role", "is neither user, assistant nor tool")
	}
	switch {
	case m.Role != RoleUser && len(m.Images) > 0:
		return invalid(field+".Images", "is for user turns only")
	case m.Role != RoleUser && len(m.Documents) > 0:
		return invalid(field+".Documents", "is for user turns only")
	case m.Role != RoleAssistant && len(m.ToolCalls) > 0:
		return invalid(field+".ToolCalls", "is for assistant turns only")
	case m.Role != RoleTool && len(m.ToolResults) > 0:
		return invalid(field+".ToolResults", "is for tool turns only")
	case m.Role == RoleTool && len(m.ToolResults) == 0:
		return invalid(field+".ToolResults", "is empty")
	case m.Role == RoleTool && m.Text != "":
		return invalid(field+".Text", "is not for tool turns: use ToolResults")
	case m.Role != RoleTool && blank(m.Text) && len(m.Images)+len(m.Documents)+len(m.ToolCalls) == 0:
		return invalid(field+".Text", "is empty")
	}
	if err := validateCalls(field, m.ToolCalls, known); err != nil {
		return err
	}
	if err := validateResults(field, m.ToolResults, known); err != nil {
		return err
	}
	return validateInputs(field+".", m.Images, m.Documents)
}

// validateHistory checks the turns in order.
func (r *Request) validateHistory() error {
	known := make(map[string]bool)
	for i := range r.History {
		if err := r.History[i].validate(fmt.Sprintf("History[%d]", i), known); err != nil {
			return err
		}
	}
	return nil
}

func cloneImages(images []Image) []Image {
	c := slices.Clone(images)
	for i := range c {
		c[i].Data = slices.Clone(c[i].Data)
	}
	return c
}

func cloneDocuments(documents []Document) []Document {
	c := slices.Clone(documents)
	for i := range c {
		c[i].Data = slices.Clone(c[i].Data)
	}
	return c
}

func cloneCalls(calls []ToolCall) []ToolCall {
	c := slices.Clone(calls)
	for i := range c {
		c[i].Arguments, c[i].State = slices.Clone(c[i].Arguments), slices.Clone(c[i].State)
	}
	return c
}
