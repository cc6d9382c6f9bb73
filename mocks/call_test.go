package mocks

import (
	"context"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

func TestRecordedCallsAreTheCallersAlone(t *testing.T) {
	m := NewAnalyzer(t).Do(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		req.Inputs[0] = "changed in Do"
		return &ai.Response{Embeddings: [][]float32{{1}}}, nil
	})
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	req := ai.Embedding("debt")
	if _, err := m.Analyze(ctx, req); err != nil {
		t.Fatal(err)
	}
	if req.Inputs[0] != "debt" {
		t.Error("Do changed the caller's request")
	}
	req.Inputs[0] = "changed after"
	m.Calls()[0].Request.Inputs[0] = "changed in a copy"
	if c := m.Calls()[0]; c.Request.Inputs[0] != "debt" || !c.Deadline.Equal(deadline) {
		t.Errorf("recorded %+v, deadline %v", c.Request, c.Deadline)
	}
}
