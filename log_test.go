package ai_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// The first eight fields, their order and their values are those of the service
// that this one replaces: its collectors and alerts read them.
func TestAStateChangeIsLoggedAsItsCollectorsReadIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log bytes.Buffer
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), noRetries(),
			ai.WithLogger(slog.New(ai.NewJSONHandler(&log, nil))))
		trip(t, client, primary)
		wait(30 * time.Second)
		primary.answer("first")
		mustAnalyze(t, client, ai.Text("q"))
		synctest.Wait()
		want := `{"ts":946684804000,"level":"warn","component":"circuit_breaker","event":"state_change","from_state":"closed","to_state":"open","failure_count":5,"window_seconds":60,"circuit":"primary/text","provider":"primary","reason":"failures","open_for_ms":30000,"msg":"circuit breaker changed state"}
{"ts":946684835000,"level":"info","component":"circuit_breaker","event":"state_change","from_state":"open","to_state":"half_open","failure_count":5,"window_seconds":60,"circuit":"primary/text","provider":"primary","reason":"open_time_over","open_for_ms":0,"msg":"circuit breaker changed state"}
{"ts":946684835000,"level":"info","component":"circuit_breaker","event":"state_change","from_state":"half_open","to_state":"closed","failure_count":0,"window_seconds":60,"circuit":"primary/text","provider":"primary","reason":"probe_succeeded","open_for_ms":0,"msg":"circuit breaker changed state"}
`
		var changes bytes.Buffer
		for line := range bytes.Lines(log.Bytes()) {
			if bytes.Contains(line, []byte(`"state_change"`)) {
				changes.Write(line)
			}
		}
		if changes.String() != want {
			t.Errorf("logged\n%swant\n%s", changes.String(), want)
		}
	})
}

func TestTheJSONHandlerKeepsTheRulesOfSlog(t *testing.T) {
	var log bytes.Buffer
	results := func() []map[string]any {
		var all []map[string]any
		for line := range bytes.Lines(log.Bytes()) {
			var m map[string]any
			if err := json.Unmarshal(line, &m); err != nil {
				t.Fatal(err)
			}
			if ts, ok := m["ts"]; ok {
				m[slog.TimeKey] = ts // under its usual name, for the suite
			}
			all = append(all, m)
		}
		return all
	}
	if err := slogtest.TestHandler(ai.NewJSONHandler(&log, nil), results); err != nil {
		t.Error(err)
	}
}

func TestTheJSONHandlerLeavesAttributesToTheirOwner(t *testing.T) {
	var log bytes.Buffer
	handler := ai.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "password" {
			return slog.String("password", "…")
		}
		return a
	}})
	logger := slog.New(handler)
	logger.Info("too low")
	logger.Error("failed", slog.String("password", "x"), slog.Int("time", 7))
	if got := log.String(); !bytes.Contains(log.Bytes(), []byte(`"level":"error","password":"…","time":7,"msg":"failed"}`)) || bytes.Contains(log.Bytes(), []byte("too low")) {
		t.Errorf("logged %s", got)
	}
}

func TestATimeOfTheApplicationIsNotTheTimeOfTheLine(t *testing.T) {
	var log bytes.Buffer
	handler := ai.NewJSONHandler(&log, nil)
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, h := range []slog.Handler{handler, handler.WithAttrs([]slog.Attr{slog.Time("time", at)}), handler.WithGroup("job")} {
		line := slog.NewRecord(time.UnixMilli(1694123456789), slog.LevelWarn, "late", 0)
		line.AddAttrs(slog.Time("time", at))
		if err := h.Handle(t.Context(), line); err != nil {
			t.Error(err)
		}
	}
	const want = `{"ts":1694123456789,"level":"warn","time":"2025-01-02T03:04:05Z","msg":"late"}
{"ts":1694123456789,"level":"warn","time":"2025-01-02T03:04:05Z","time":"2025-01-02T03:04:05Z","msg":"late"}
{"ts":1694123456789,"level":"warn","msg":"late","job":{"time":"2025-01-02T03:04:05Z"}}
`
	if got := log.String(); got != want {
		t.Errorf("logged\n%swant\n%s", got, want)
	}
}

// What did not happen must not be read as if it had.
func TestAStateChangeThatTheResultsDidNotDecideSaysWhoDid(t *testing.T) {
	for _, test := range []struct {
		begins, goes resilience.Mode
		want         string
	}{
		{resilience.MetricsOnly, resilience.MetricsOnly, `"level":"info","component":"circuit_breaker","event":"state_change","from_state":"closed","to_state":"open","failure_count":5,"window_seconds":60,"circuit":"primary/text","provider":"primary","reason":"failures","open_for_ms":30000,"mode":"metrics_only","msg":"circuit breaker would have changed state"}`},
		{resilience.Automatic, resilience.ForcedOpen, `"level":"warn","component":"circuit_breaker","event":"state_change","from_state":"closed","to_state":"open","failure_count":0,"window_seconds":60,"circuit":"primary/text","provider":"primary","reason":"forced","open_for_ms":0,"mode":"forced_open","msg":"circuit breaker changed state"}`},
	} {
		inBubble(t, func(t *testing.T) {
			var log bytes.Buffer
			client := newClient(t, ai.WithProvider("primary", answers("")), ai.WithLogger(slog.New(ai.NewJSONHandler(&log, nil))),
				ai.WithPolicy("", 0, resilience.Policy{Breaker: resilience.BreakerConfig{Mode: test.begins}}))
			if test.goes == resilience.ForcedOpen {
				client.Breaker("primary", ai.KindText).ForceOpen()
			} else {
				open(client, "primary", ai.KindText)
			}
			synctest.Wait()
			if want := `{"ts":946684800000,` + test.want + "\n"; log.String() != want {
				t.Errorf("logged\n%swant\n%s", log.String(), want)
			}
		})
	}
}
