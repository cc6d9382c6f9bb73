package replay_test

import (
	"testing"

	"go.uber.org/goleak"
)

// genai links opencensus, whose package starts a worker that never ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}
