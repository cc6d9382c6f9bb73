// Package table prints what the experiments measured, when asked to.
package table

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"text/tabwriter"
)

var wanted = flag.Bool("tables", false, "measure what the tables show and print them")

// New begins a table, whose cells end with a tab and whose lines with a
// newline; it is printed when the test ends. Without -tables it skips the test.
func New(t *testing.T, title string) *tabwriter.Writer {
	t.Helper()
	if !*wanted {
		t.Skip("only with -tables")
	}
	fmt.Printf("\n%s\n\n", title)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	t.Cleanup(func() { _ = w.Flush() })
	return w
}
