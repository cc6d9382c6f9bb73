package emulate

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const report = `Liquidity and Capital Resources

Revenue for the fiscal year rose 4.2% to $1.31 billion, driven by higher prices in the
packaging segment. Net debt increased to $612 million from $540 million a year earlier.
The Company's credit agreement contains a leverage covenant of 3.75 times net debt to EBITDA,
tested quarterly. At year end the ratio was 3.61 times, leaving headroom of 4%.
Management expects, at current prices of energy, e.g. natural gas, that the ratio may exceed
the covenant in the second quarter.

The board met six times during the year. A new head office was opened in Leeds.
- Dividends of $0.42 per share were paid.
- The Company employed 4,120 people at year end.
`

func TestTheSummaryAnswersTheQuestionAsked(t *testing.T) {
	tests := []struct{ question, has string }{
		{"Which covenants does this put at risk?", "leverage covenant of 3.75 times"},
		{"What dividend did the shareholders get per share?", "Dividends of $0.42 per share"},
		{"How many people does the company employ?", "employed 4,120 people"},
		{"Where is the new office?", "opened in Leeds"},
	}
	for _, tt := range tests {
		for _, prompt := range []string{tt.question + "\n\n" + report, report + "\n" + tt.question} {
			got := Summary(prompt)
			if !strings.Contains(got, tt.has) || strings.Contains(got, tt.question) {
				t.Errorf("%s: %q", tt.question, got)
			}
		}
	}
}

func TestTheSummaryIsTwoToFourSentencesInTheirOrder(t *testing.T) {
	all := sentences(report)
	for _, prompt := range []string{report, "Summarise: \n\n" + report, "Any risk?\n\n" + report} {
		got := sentences(Summary(prompt))
		if len(got) < 2 || len(got) > 4 {
			t.Errorf("%d sentences: %q", len(got), got)
		}
		last := -1
		for _, s := range got {
			i := slices.Index(all, s)
			if i <= last {
				t.Errorf("sentence %q is out of order or not of the text", s)
			}
			last = i
		}
	}
}

func TestTheSummaryIsAsLongAsAskedFor(t *testing.T) {
	for question, want := range map[string]int{
		"Summarise in one sentence.":          1,
		"Give me three bullets:":              3,
		"What are the 5 points that matter?":  5,
		"In a single sentence, what is this?": 1,
	} {
		if got := len(sentences(Summary(question + "\n\n" + report))); got != want {
			t.Errorf("%s: %d sentences, want %d", question, got, want)
		}
	}
}

func TestSentencesEndWhereTheyEnd(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"Debt rose 4.2%. It fell.", []string{"Debt rose 4.2%.", "It fell."}},
		{"Acme Inc. Ltd. paid e.g. rent to J. Smith. Next!", []string{"Acme Inc. Ltd. paid e.g. rent to J. Smith.", "Next!"}},
		{"One line\nwraps here. \"Quoted.\" Then", []string{"One line wraps here.", "\"Quoted.\"", "Then"}},
		{"# Heading\n- item one\n- item two\n\nPara", []string{"Heading", "item one", "item two", "Para"}},
		{"see example.com for more. ok", []string{"see example.com for more. ok"}},
		{"What?! (Really.) Yes", []string{"What?!", "(Really.)", "Yes"}},
		{" \n\n ", nil},
	}
	for _, tt := range tests {
		if got := sentences(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q", tt.text, got)
		}
	}
}

func TestAQuestionWithoutATextIsSaidToBeOne(t *testing.T) {
	for _, prompt := range []string{"Is it safe?", "Tell me a joke", "", "???"} {
		if got := Summary(prompt); !strings.Contains(got, "no text to analyse") {
			t.Errorf("%q: %q", prompt, got)
		}
	}
}

func TestRepeatedSentencesAreGivenOnce(t *testing.T) {
	got := Summary(strings.Repeat("Net debt rose to $612 million in 2025. ", 50) + "The ratio stood at 3.61 times EBITDA.")
	if n := strings.Count(got, "Net debt rose"); n != 1 {
		t.Errorf("given %d times: %q", n, got)
	}
}

func FuzzSummary(f *testing.F) {
	f.Add(report)
	f.Add("Which?\n\n- a. b! \xff")
	f.Add("e.g. 1.\n# x\n•  ")
	f.Fuzz(func(t *testing.T, prompt string) {
		got := Summary(prompt)
		if got == "" || got != Summary(prompt) {
			t.Errorf("%q: %q", prompt, got)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add("Any risk? "+report, 7, "ratio")
	f.Add("é\xffé", 1, "")
	f.Add("ր", -95, "\x80")
	f.Fuzz(func(t *testing.T, prompt string, limit int, stop string) {
		a, err := Question{Prompt: prompt, MaxTokens: limit, Stop: []string{stop}}.Answer()
		if err != nil {
			t.Fatal(err)
		}
		if limit > 0 && Tokens(a.Text) > limit {
			t.Errorf("%d tokens, limit %d: %q", Tokens(a.Text), limit, a.Text)
		}
		if stop != "" && strings.Contains(a.Text, stop) {
			t.Errorf("%q holds %q", a.Text, stop)
		}
		if utf8.ValidString(prompt) && !utf8.ValidString(a.Text) {
			t.Errorf("invalid: %q", a.Text)
		}
	})
}
