package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

var filing = Filing{Company: "Tarnbrook Foods", Text: "Net debt was 3.30 times EBITDA.", Tenant: "fund-7"}

func TestACovenantInTheAnswerIsNoticed(t *testing.T) {
	m := mocks.NewAnalyzer(t).Answer("The leverage covenant is tight.").Answer("Sales rose.")
	for _, want := range []bool{true, false} {
		review, err := Reviewer{m}.Review(t.Context(), filing)
		if err != nil || review.Covenants != want || review.Provisional {
			t.Errorf("got %+v, %v, want covenants %v", review, err, want)
		}
	}
}

func TestTheFilingIsAskedAboutForItsTenant(t *testing.T) {
	m := mocks.NewAnalyzer(t).Answer("Fine.")
	if _, err := (Reviewer{m}).Review(t.Context(), filing); err != nil {
		t.Fatal(err)
	}
	asked := m.Calls()[0].Request
	if asked.Prompt != filing.Text || asked.Tenant != "fund-7" || *asked.Temperature != 0 || asked.Instruction == "" {
		t.Errorf("asked %+v", asked)
	}
}

func TestAnEmptyFilingIsNotAskedAbout(t *testing.T) {
	m := mocks.NewAnalyzer(t) // without a script, a call fails the test
	if _, err := (Reviewer{m}).Review(t.Context(), Filing{Text: " "}); !errors.Is(err, ErrNoText) {
		t.Errorf("got %v", err)
	}
}

func TestWhoAnsweredDecidesWhatMayBeDone(t *testing.T) {
	tests := map[string]struct {
		answer ai.Response
		want   Review
		err    error
	}{
		"the primary": {
			answer: ai.Response{Text: "Fine."},
			want:   Review{Summary: "Fine."},
		},
		"a fresh cached answer is no fallback": {
			answer: ai.Response{Text: "Fine.", Source: ai.SourceCache, Age: time.Minute},
			want:   Review{Summary: "Fine."},
		},
		"a substitute's answer is provisional": {
			answer: ai.Response{Text: "Fine.", Fallback: true, Reason: ai.CodeUnavailable, Model: "small"},
			want:   Review{Summary: "Fine.", Provisional: true, Note: "written by a substitute, small"},
		},
		"an earlier answer is provisional": {
			answer: ai.Response{Text: "Fine.", Fallback: true, Source: ai.SourceCache, Age: 40 * time.Minute},
			want:   Review{Summary: "Fine.", Provisional: true, Note: "written 40m0s ago"},
		},
		"a static answer is refused": {
			answer: ai.Response{Text: "No covenant at risk.", Fallback: true, Source: ai.SourceStatic},
			err:    ErrNoAnalysis,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := mocks.NewAnalyzer(t).Return(&test.answer)
			review, err := Reviewer{m}.Review(t.Context(), filing)
			if review != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %+v, %v", review, err)
			}
		})
	}
}

func TestTheCallerLearnsWhenToTryAgain(t *testing.T) {
	m := mocks.NewAnalyzer(t).Fail(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 2 * time.Second})
	_, err := Reviewer{m}.Review(t.Context(), filing)
	e, ok := errors.AsType[*ai.Error](err)
	if !ok || !e.Temporary() || e.RetryAfter != 2*time.Second || !strings.HasPrefix(err.Error(), "Tarnbrook Foods: ") {
		t.Errorf("got %v", err)
	}
}

func TestAReviewEndsWithItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		m := mocks.NewAnalyzer(t).Hang()
		if _, err := (Reviewer{m}).Review(ctx, filing); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// A mock may also stand behind a real Client, to see the two together.
func TestTheSecondProviderReviewsWhileTheFirstIsDown(t *testing.T) {
	client, err := ai.New(
		ai.WithProvider("first", mocks.NewAnalyzer(t).Fail(ai.CodeAuthentication)),
		ai.WithProvider("second", mocks.NewAnalyzer(t).Answer("The covenant holds.")),
	)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	review, err := Reviewer{client}.Review(t.Context(), filing)
	if err != nil || !review.Provisional || review.Note != "written by a substitute, mock" || !review.Covenants {
		t.Errorf("got %+v, %v", review, err)
	}
}

func TestTheDemonstrationRuns(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"reviewed     The leverage", "provisional  Net debt", "second-model", "refused      Tarnbrook Foods: nobody read"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
}
