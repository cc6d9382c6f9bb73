//go:build mutants

package resilience

import (
	"errors"
	"flag"
)

// That a test fails is all that is asked of it when mutants are run ("make
// mutants"): rapid need not look for the smallest example.
var _ = errors.Join(flag.Set("rapid.shrinktime", "0s"), flag.Set("rapid.nofailfile", "true"))
