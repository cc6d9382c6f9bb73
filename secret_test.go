package ai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/finbrain/ai"
)

// canary stands for a key, a prompt and a provider's raw text.
const canary = "sk-canary"

// leaky is an error type that shows its text under every verb.
type leaky struct{ Body string }

func (e leaky) Error() string { return e.Body }

func TestNoSecretReachesAnErrorALogLineOrAHealthSnapshot(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log, direct bytes.Buffer // the client writes to log on a goroutine of its own
		var events []string
		primary := &provider{do: failing(leaky{canary})}
		secondary := &provider{do: failing(fmt.Errorf("wrapped: %w", leaky{canary}))}
		third := &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) { panic(canary) }}
		client, err := ai.New(noRetries(),
			ai.WithProvider("primary", primary), ai.WithProvider("secondary", secondary), ai.WithProvider("third", third),
			ai.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			ai.WithObserver(ai.ObserverFunc(func(e ai.Event) { events = append(events, fmt.Sprintf("%+v %#v", e, e)) })))
		if err != nil {
			t.Fatal(err)
		}
		req := &ai.Request{Prompt: canary, Instruction: canary, Tenant: canary, Stop: []string{canary}, History: []ai.Message{{Role: ai.RoleUser, Text: canary}}}
		var shown []string
		for range 7 {
			_, err := client.Analyze(t.Context(), req)
			if err == nil {
				t.Fatal("no error")
			}
			for _, e := range append(err.(*ai.Error).Unwrap(), err, errors.Join(err, errors.New("joined"))) {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
					shown = append(shown, fmt.Sprintf(verb, e))
				}
			}
			data, jerr := json.Marshal(err)
			if jerr != nil {
				t.Fatal(jerr)
			}
			shown = append(shown, string(data), err.(*ai.Error).Trail.String())
			slog.New(slog.NewTextHandler(&direct, nil)).Error("failed", "err", err)
			slog.New(slog.NewJSONHandler(&direct, nil)).Error("failed", "err", err)
		}
		primary.set(func(context.Context, *ai.Request) (*ai.Response, error) {
			return &ai.Response{Text: canary, Model: "model", FinishReason: ai.FinishStop}, nil
		})
		wait(60e9)
		if _, err := client.Analyze(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		health, err := json.Marshal(client.Health())
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		shown = append(shown, log.String(), direct.String(), string(health), fmt.Sprintf("%+v", client.Health()))
		shown = append(shown, events...)
		for _, s := range shown {
			if strings.Contains(s, canary) || strings.Contains(s, fmt.Sprintf("%x", canary)) {
				t.Errorf("leaked: %s", s)
			}
		}
		if !strings.Contains(log.String(), `"to_state":"open"`) || len(events) == 0 {
			t.Error("nothing was logged or observed: the test proves nothing")
		}
	})
}
