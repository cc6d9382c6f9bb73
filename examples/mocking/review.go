package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

// Filing is a company's report, on behalf of a tenant.
type Filing struct {
	Company string
	Text    string
	Tenant  string
}

// Review is what an analyst gets to see of a filing.
type Review struct {
	Summary string
	// Covenants is true when the summary speaks of a covenant: a task is opened.
	Covenants bool
	// Provisional is true when somebody should look again: a substitute wrote
	// the summary, or it is an earlier one. Note then says which.
	Provisional bool
	Note        string
}

// The errors of Reviewer.Review, beside those of the Analyzer.
var (
	ErrNoText     = errors.New("the filing has no text")
	ErrNoAnalysis = errors.New("nobody read the filing: review it by hand, or later")
)

// Reviewer reviews filings. It depends on the one method of ai.Analyzer, so a
// test gives it a mock and the application a Client.
type Reviewer struct {
	Analyzer ai.Analyzer
}

const instruction = "You are a credit analyst. Name covenants at risk and their headroom, in three sentences, from the text alone."

// Review summarises the covenant risk of a filing. It never acts on a static
// answer: that is a text of the application's own, and nobody read the filing.
func (r Reviewer) Review(ctx context.Context, f Filing) (Review, error) {
	if strings.TrimSpace(f.Text) == "" {
		return Review{}, fmt.Errorf("%s: %w", f.Company, ErrNoText)
	}
	resp, err := r.Analyzer.Analyze(ctx, &ai.Request{
		Instruction: instruction, Prompt: f.Text, Tenant: f.Tenant, Temperature: new(0.0), MaxTokens: 400,
	})
	if err != nil {
		return Review{}, fmt.Errorf("%s: %w", f.Company, err)
	}
	if resp.Source == ai.SourceStatic {
		return Review{}, fmt.Errorf("%s: %w", f.Company, ErrNoAnalysis)
	}
	return Review{
		Summary:     resp.Text,
		Covenants:   strings.Contains(strings.ToLower(resp.Text), "covenant"),
		Provisional: resp.Fallback,
		Note:        note(resp),
	}, nil
}

// note says why a review is provisional.
func note(resp *ai.Response) string {
	switch {
	case !resp.Fallback:
		return ""
	case resp.Source == ai.SourceCache:
		return fmt.Sprintf("written %v ago", resp.Age.Round(time.Minute))
	default:
		return "written by a substitute, " + resp.Model
	}
}
