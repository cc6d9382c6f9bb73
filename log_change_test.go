package ai_test

import (
	"bytes"
	"log"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// The golden lines are those of log_test.go, without the provider.
func TestABreakerThatIsNoClientsLogsTheLineOfOneThatIs(t *testing.T) {
	for _, mode := range []resilience.Mode{resilience.Automatic, resilience.MetricsOnly} {
		inBubble(t, func(t *testing.T) {
			var own, client bytes.Buffer
			config := resilience.BreakerConfig{Mode: mode, OnStateChange: ai.LogStateChange(slog.New(ai.NewJSONHandler(&own, nil)))}
			c := newClient(t, ai.WithProvider("primary", answers("")), ai.WithPolicy("", 0, resilience.Policy{Breaker: config}),
				ai.WithLogger(slog.New(ai.NewJSONHandler(&client, nil))))
			b := c.Breaker("primary", ai.KindText)
			open(c, "primary", ai.KindText)
			wait(30 * time.Second)
			b.RecordSuccess()
			b.ForceOpen()
			synctest.Wait()
			if got := strings.ReplaceAll(client.String(), `"provider":"primary",`, ""); got != own.String() || strings.Count(got, "\n") < 4 {
				t.Errorf("in the mode %v the client logged\n%sand the breaker\n%s", mode, got, &own)
			}
		})
	}
}

func TestTheLineOfABreakerThatIsNoClientsIsThis(t *testing.T) {
	var lines bytes.Buffer
	change := resilience.StateChange{Name: "file_storage", From: resilience.Closed, To: resilience.Open, At: time.UnixMilli(1694123456789),
		FailureCount: 5, Window: time.Minute, OpenFor: 30 * time.Second, Reason: resilience.ReasonFailures}
	ai.LogStateChange(slog.New(ai.NewJSONHandler(&lines, nil)))(change)
	if want := `{"ts":1694123456789,"level":"warn","component":"circuit_breaker","event":"state_change","from_state":"closed","to_state":"open","failure_count":5,"window_seconds":60,"circuit":"file_storage","reason":"failures","open_for_ms":30000,"msg":"circuit breaker changed state"}` + "\n"; lines.String() != want {
		t.Errorf("logged\n%swant\n%s", &lines, want)
	}
	lines.Reset()
	log.SetOutput(&lines)
	defer log.SetOutput(os.Stderr)
	if ai.LogStateChange(nil)(change); !strings.Contains(lines.String(), "file_storage") {
		t.Errorf("without a logger the default one was told %q", &lines)
	}
}
