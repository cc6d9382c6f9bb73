package ai

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Response is an answer, and says who gave it and why. It belongs to the
// caller.
//
// In JSON its text is "analysis", "fallback" is always there, and durations
// are whole milliseconds.
type Response struct {
	// Text is the answer to a text or image request.
	Text string
	// ToolCalls are what the model wants called before it can answer;
	// FinishReason is then FinishToolCalls.
	ToolCalls []ToolCall
	// Images are what a request of KindImageGeneration made.
	Images []GeneratedImage
	// Embeddings holds one vector per input, in the order of the inputs.
	Embeddings [][]float32
	// Space is the space the Embeddings lie in; only vectors of equal spaces
	// can be compared.
	Space Space
	// Usage counts the tokens of the attempt that answered.
	Usage Usage
	// FinishReason says why the text ended.
	FinishReason FinishReason

	// Fallback is true when something other than the primary provider, or a
	// fresh cached answer, answered. Only a Client sets it.
	Fallback bool
	// Reason is the Code of the primary's failure when Fallback is true.
	Reason Code
	// Source says what kind of thing answered.
	Source Source
	// Provider and Model are the route and the model that produced the answer,
	// also when it came from the cache; empty for a static answer.
	Provider string
	Model    string
	// Age is how old a cached answer is, 0 otherwise.
	Age time.Duration
	// Trail lists every attempt made and every step skipped, in order; its last
	// entry is the one that answered. Only a Client fills it.
	Trail Trail
	// RequestID is the provider's identifier of the exchange.
	RequestID string
}

// Source says what kind of thing answered.
type Source string

// The sources.
const (
	SourceProvider Source = "provider"
	SourceCache    Source = "cache"
	SourceStatic   Source = "static"
)

// FinishReason says why an answer's text ended.
type FinishReason string

// The reasons for which a successful answer ends. Answers that ended for any
// other reason are errors.
const (
	// FinishStop: the model had finished, or met one of Request.Stop.
	FinishStop FinishReason = "stop"
	// FinishLength: the token limit cut the text short. Such an answer is
	// returned but never cached.
	FinishLength FinishReason = "length"
	// FinishToolCalls: the model waits for the results of Response.ToolCalls.
	FinishToolCalls FinishReason = "tool_calls"
)

// Usage counts tokens; a zero Usage means that the provider reported none.
type Usage struct {
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
	TotalTokens  int `json:"total_tokens"`
	// CachedTokens are input tokens that the provider had cached, and
	// ReasoningTokens output tokens spent on thinking; both are included above.
	CachedTokens    int `json:"cached_tokens,omitempty"`
	ReasoningTokens int `json:"reasoning_tokens,omitempty"`
}

// Space names an embedding space. Two vectors can be compared only when their
// spaces are equal (==).
type Space struct {
	// Vendor is whose model it is: "openai", "google", or the host of a
	// compatible server.
	Vendor string `json:"vendor"`
	// Model is the vendor's name of the model.
	Model string `json:"model"`
	// Dimensions is the length of each vector, 0 when not known before the call.
	Dimensions int `json:"dimensions"`
	// Normalized is true when every vector has length 1.
	Normalized bool `json:"normalized"`
}

// String returns "vendor/model/dimensions".
func (s Space) String() string { return fmt.Sprintf("%s/%s/%d", s.Vendor, s.Model, s.Dimensions) }

// Clone returns a deep copy.
func (r *Response) Clone() *Response {
	if r == nil {
		return nil
	}
	c := *r
	c.Trail = slices.Clone(r.Trail)
	c.Embeddings = cloneVectors(r.Embeddings)
	c.ToolCalls = cloneCalls(r.ToolCalls)
	c.Images = slices.Clone(r.Images)
	for i := range c.Images {
		c.Images[i].Data = slices.Clone(c.Images[i].Data)
	}
	return &c
}

func cloneVectors(vectors [][]float32) [][]float32 {
	if vectors == nil {
		return nil
	}
	n := 0
	for _, v := range vectors {
		n += len(v)
	}
	flat := make([]float32, 0, n)
	c := make([][]float32, len(vectors))
	for i, v := range vectors {
		flat = append(flat, v...)
		c[i] = flat[len(flat)-len(v) : len(flat) : len(flat)]
	}
	return c
}

// responseJSON fixes the names and the order of a Response's JSON.
type responseJSON struct {
	Analysis     string           `json:"analysis"`
	Fallback     bool             `json:"fallback"`
	Reason       Code             `json:"reason,omitempty"`
	Source       Source           `json:"source,omitempty"`
	Provider     string           `json:"provider,omitempty"`
	Model        string           `json:"model,omitempty"`
	AgeMS        int64            `json:"age_ms,omitempty"`
	FinishReason FinishReason     `json:"finish_reason,omitempty"`
	Usage        Usage            `json:"usage,omitzero"`
	Space        Space            `json:"space,omitzero"`
	Embeddings   [][]float32      `json:"embeddings,omitempty"`
	ToolCalls    []ToolCall       `json:"tool_calls,omitempty"`
	Images       []GeneratedImage `json:"images,omitempty"`
	RequestID    string           `json:"request_id,omitempty"`
	Trail        Trail            `json:"trail,omitempty"`
}

// MarshalJSON writes the answer with "analysis" and "fallback" first.
func (r Response) MarshalJSON() ([]byte, error) {
	return json.Marshal(responseJSON{
		Analysis: r.Text, Fallback: r.Fallback, Reason: r.Reason, Source: r.Source,
		Provider: r.Provider, Model: r.Model, AgeMS: r.Age.Milliseconds(),
		FinishReason: r.FinishReason, Usage: r.Usage, Space: r.Space,
		Embeddings: r.Embeddings, ToolCalls: r.ToolCalls, Images: r.Images, RequestID: r.RequestID, Trail: r.Trail,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Response) UnmarshalJSON(data []byte) error {
	var j responseJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*r = Response{
		Text: j.Analysis, Fallback: j.Fallback, Reason: j.Reason, Source: j.Source,
		Provider: j.Provider, Model: j.Model, Age: time.Duration(j.AgeMS) * time.Millisecond,
		FinishReason: j.FinishReason, Usage: j.Usage, Space: j.Space,
		Embeddings: j.Embeddings, ToolCalls: j.ToolCalls, Images: j.Images, RequestID: j.RequestID, Trail: j.Trail,
	}
	return nil
}
