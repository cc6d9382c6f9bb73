package promises

import (
	"fmt"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"text/tabwriter"
)

// verdict is a cell of the table.
type verdict string

const (
	holds  verdict = "ok"
	breaks verdict = "FAILS"
	silent verdict = "–" // the promise means nothing for this subject
)

func TestPromises(t *testing.T) {
	out := io.Discard
	if testing.Verbose() {
		out = os.Stdout
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	for _, s := range subjects {
		fmt.Fprint(table, "\t", s.library)
	}
	fmt.Fprintln(table)
	for _, s := range subjects {
		fmt.Fprint(table, "\t", s.way)
	}
	fmt.Fprintln(table)
	for _, p := range promises {
		fmt.Fprint(table, p.text)
		broken := false
		for _, s := range subjects {
			v := p.of(t, s)
			fmt.Fprint(table, "\t", v)
			switch {
			case v != breaks:
			case s.library == ours:
				t.Errorf("%s: broken by %s", p.text, s.way)
			default:
				broken = true
			}
		}
		fmt.Fprintln(table)
		if !broken {
			t.Errorf("%s: no peer breaks it; can the scenario fail?", p.text)
		}
	}
}

// of plays the scenario of the promise over a subject.
func (p promise) of(t *testing.T, s subject) (v verdict) {
	t.Helper()
	if s.does&p.needs != p.needs {
		return silent
	}
	kept := false
	if p.kept == nil {
		kept = callbackMayAsk(t, s)
	} else {
		synctest.Test(t, func(t *testing.T) {
			st := newStage(t.Context(), s)
			defer st.leave()
			kept = p.kept(st)
		})
	}
	if kept {
		return holds
	}
	return breaks
}
