package wiretest_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

func TestAsErrorFailsForWhatNoAdapterReturns(t *testing.T) {
	for err, want := range map[error]int{
		nil:                             1,
		io.EOF:                          1,
		&ai.Error{Provider: "a"}:        1,
		&ai.Error{Code: ai.CodeTimeout}: 1,
		&ai.Error{Code: ai.CodeTimeout, Provider: "a"}:                      0,
		fmt.Errorf("w: %w", &ai.Error{Code: ai.CodeTimeout, Provider: "a"}): 0,
	} {
		var told failures
		if wiretest.AsError(&told, err, "a"); len(told) != want {
			t.Errorf("%#v: told %q", err, told)
		}
	}
}
