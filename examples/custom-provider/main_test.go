package main

import (
	"strings"
	"testing"
)

func TestTheProgramPrintsAnAnswerAndAFallback(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	const want = `Will net sales rise?
  If the price falls, sales of the others will.
  (source provider, fallback false)
Are you asleep?
  The oracle cannot be reached.
  (source static, fallback true)
`
	if out.String() != want {
		t.Errorf("printed\n%s, want\n%s", out.String(), want)
	}
}
