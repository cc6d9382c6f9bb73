package mocks_test

import (
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func TestTheSpaceIsThatOfPlanAndAnswer(t *testing.T) {
	space := ai.Space{Vendor: "openai", Model: "text-embedding-3-small", Normalized: true}
	m := mocks.NewAnalyzer(t).Space(space).Embed([]float32{1, 0, 0}).Emulate()
	plan, err := m.Plan(ai.Embedding("debt"))
	if err != nil || plan.Space != space || plan.Model == "" {
		t.Errorf("plan = %+v, %v", plan, err)
	}
	resp, err := m.Analyze(t.Context(), ai.Embedding("debt"))
	space.Dimensions = 3
	if err != nil || resp.Space != space {
		t.Errorf("%+v, %v", resp, err)
	}
	short := &ai.Request{Inputs: []string{"debt"}, Dimensions: 8}
	plan, err = m.Plan(short)
	if err != nil || plan.Space.Dimensions != 8 {
		t.Errorf("plan = %+v, %v", plan, err)
	}
	resp, err = m.Analyze(t.Context(), short)
	if err != nil || len(resp.Embeddings[0]) != 8 || resp.Space != plan.Space {
		t.Errorf("%+v, %v", resp, err)
	}
	if plan, err = m.Plan(ai.Text("debt")); err != nil || plan.Space != (ai.Space{}) {
		t.Errorf("a text has a space: %+v, %v", plan, err)
	}
}

func TestWithoutASpaceTheDoubleIsNoSubstitute(t *testing.T) {
	substitute := mocks.NewAnalyzer(t)
	client, err := ai.New(
		ai.WithProvider("primary", mocks.NewAnalyzer(t).Space(ai.Space{Vendor: "v", Model: "m"}).Fail(ai.CodeNotAvailable)),
		ai.WithProvider("substitute", substitute),
	)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Analyze(t.Context(), ai.Embedding("debt")); err == nil {
		t.Error("an answer came from nowhere")
	}
	if n := len(substitute.Calls()); n != 0 {
		t.Errorf("the substitute was asked %d times", n)
	}
}

func TestEmulatedAnswersAreMadeFromTheRequest(t *testing.T) {
	m := mocks.NewAnalyzer(t).Emulate().Always()
	resp, err := m.Analyze(t.Context(), &ai.Request{Prompt: "Net debt rose to $612 million. The board met.", MaxTokens: 6})
	if err != nil || resp.Text != "[emulated] Net debt rose" || resp.FinishReason != ai.FinishLength {
		t.Errorf("%+v, %v", resp, err)
	}
	resp, err = m.Analyze(t.Context(), ai.Embedding("net debt", "the sea"))
	if err != nil || len(resp.Embeddings) != 2 || len(resp.Embeddings[0]) != 256 {
		t.Errorf("%+v, %v", resp, err)
	}
	_, err = m.Analyze(t.Context(), ai.ImageAnalysis("what?", ai.ImageBytes([]byte("\x89PNG\r\n\x1a\nnothing"))))
	if ai.CodeOf(err) != ai.CodeInvalidRequest {
		t.Errorf("broken image: %v", err)
	}
	_, err = m.Analyze(t.Context(), &ai.Request{Inputs: []string{"debt"}, Dimensions: 1 << 30})
	if ai.CodeOf(err) != ai.CodeInvalidRequest {
		t.Errorf("endless vector: %v", err)
	}
}
