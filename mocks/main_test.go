package mocks_test

import (
	"io"
	"log"
	"testing"

	"go.uber.org/goleak"
)

// genai writes to the package log. It links opencensus, whose package starts a worker that never ends.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}
