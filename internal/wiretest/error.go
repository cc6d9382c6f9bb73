package wiretest

import (
	"errors"

	"github.com/finbrain/ai"
)

// AsError returns err as the *ai.Error it must be, with what every error of an
// adapter must have: a code and the adapter's name. Otherwise the test fails
// at once.
func AsError(t TB, err error, provider string) *ai.Error {
	t.Helper()
	e, ok := errors.AsType[*ai.Error](err)
	switch {
	case !ok:
		t.Fatalf("error = %v (%T), want *ai.Error", err, err)
	case e.Code == "" || e.Provider != provider:
		t.Fatalf("error without code or provider: %#v", e)
	}
	return e
}
