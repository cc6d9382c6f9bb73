// Package table prints what the experiments measured, when asked to.
package table

import (
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
)

var wanted = flag.Bool("tables", false, "measure what the tables show and print them")

// Test is the part of a *testing.T that a table needs.
type Test interface {
	Helper()
	Skip(args ...any)
	Cleanup(f func())
}

// New begins a table, whose cells end with a tab and whose lines with a
// newline; it is printed when the test ends. Without -tables it skips the test.
func New(t Test, title string) *tabwriter.Writer {
	t.Helper()
	if !*wanted {
		t.Skip("only with -tables")
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "\n%s\n\n", title)
	t.Cleanup(func() { _ = w.Flush() })
	return w
}
