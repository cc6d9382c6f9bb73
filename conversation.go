package ai

import "slices"

// Continue returns the request that goes on after resp: what r asked and what
// was answered become turns of History, the results of resp.ToolCalls follow as
// a turn of RoleTool, and Prompt, Images and Documents are empty, for the next
// question. With results none is needed: the model goes on with them. r is not
// changed; the two share what lies in their images and documents.
func (r *Request) Continue(resp *Response, results ...ToolResult) *Request {
	next := *r
	next.History = slices.Clone(r.History)
	if !blank(r.Prompt) { // else the model went on with results itself
		next.History = append(next.History, Message{
			Role: RoleUser, Text: r.Prompt, Images: r.Images, Documents: r.Documents,
		})
	}
	if !blank(resp.Text) || len(resp.ToolCalls) > 0 { // which else is no turn
		next.History = append(next.History, Message{Role: RoleAssistant, Text: resp.Text, ToolCalls: resp.ToolCalls})
	}
	if len(results) > 0 {
		next.History = append(next.History, Message{Role: RoleTool, ToolResults: results})
	}
	next.Prompt, next.Images, next.Documents = "", nil, nil
	return &next
}
