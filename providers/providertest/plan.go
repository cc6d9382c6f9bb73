package providertest

import (
	"reflect"

	"github.com/finbrain/ai"
)

func planChecks() []check {
	return []check{
		{"TheAdapterPlansExactlyWhenItSaysSo", nil, "", func(s *subject) {
			if _, ok := s.adapter.(ai.Planner); ok == s.harness.lacks(Plans) {
				s.Errorf("the adapter is an ai.Planner: %t, which Harness.Lacks contradicts. Without Plan a Client never "+
					"substitutes its embeddings and cannot tell its models in cache keys", ok)
			}
		}},
		{"PlanNamesTheModelThatIsAsked", []Ability{Plans}, "", planModel},
		{"PlanNamesTheSpaceOfTheAnswer", []Ability{Plans, Embeddings}, "", planSpace},
		{"PlanMakesNoCallAndModifiesNothing", []Ability{Plans}, "", func(s *subject) {
			for _, req := range s.everyKind() {
				before := req.Clone()
				_, err := s.adapter.(ai.Planner).Plan(req)
				if err != nil {
					s.known("Plan", err)
				}
				if !reflect.DeepEqual(before, req) {
					s.Errorf("Plan modified the request")
				}
			}
			s.silent("Plan is called on every request and knows what it says without the network")
		}},
		{"PlanAndAnalyzeAgreeOnWhatIsUnsupported", []Ability{Plans}, "", planAgrees},
	}
}

func planModel(s *subject) {
	s.answers(s.reply())
	req := s.question()
	plan, err := s.adapter.(ai.Planner).Plan(req)
	if err != nil {
		s.Fatalf("Plan: %v", err)
	}
	s.answer(req)
	if plan.Model == "" || !s.sent().shows(plan.Model) {
		s.Errorf("Plan says the model is %q, and the call does not name it", plan.Model)
	}
}

// planSpace allows Plan not to know the dimensions.
func planSpace(s *subject) {
	s.answers(vectors(1))
	req := &ai.Request{Inputs: []string{"x"}}
	if !s.harness.lacks(Dimensions) {
		req.Dimensions = dimensions
	}
	plan, err := s.adapter.(ai.Planner).Plan(req)
	if err != nil {
		s.Fatalf("Plan: %v", err)
	}
	got, planned := s.answer(req).Space, plan.Space
	if planned.Dimensions == 0 || s.harness.lacks(Dimensions) {
		planned.Dimensions = got.Dimensions
	}
	if got != planned {
		s.Errorf("Plan says the space is %+v, and the answer's is %+v: a Client compares them to know who may stand in", plan.Space, got)
	}
}

func planAgrees(s *subject) {
	s.answers(s.refusal(ai.CodeUnavailable))
	for kind, req := range s.everyKind() {
		_, planned := s.adapter.(ai.Planner).Plan(req)
		calls := len(s.service.received())
		_, err := s.adapter.Analyze(s.Context(), req)
		refused := len(s.service.received()) == calls && ai.CodeOf(err) == ai.CodeUnsupported
		if (ai.CodeOf(planned) == ai.CodeUnsupported) != refused {
			s.Errorf("of a request of kind %s Plan says %v and Analyze %v: both say CodeUnsupported or neither", kind, planned, err)
		}
	}
}

// everyKind is a request of every kind.
func (s *subject) everyKind() map[ai.Kind]*ai.Request {
	return map[ai.Kind]*ai.Request{
		ai.KindText:            ai.Text("x"),
		ai.KindImage:           ai.ImageAnalysis("x", ai.ImageBytes(png)),
		ai.KindEmbedding:       ai.Embedding("x"),
		ai.KindImageGeneration: ai.ImageGeneration("x"),
	}
}
