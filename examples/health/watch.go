package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/finbrain/ai"
)

// watch asks a service over HTTP and prints what it says.
type watch struct {
	client  *http.Client
	base    string // of the service's addresses
	out     io.Writer
	log     logFile
	quoted  bool              // a line of the log was shown in full
	metrics map[string]string // as of the last look
}

// settle is how long the client's observers may need: what happened is in the
// log and in the counters a moment later.
const settle = 50 * time.Millisecond

// look prints the deciding fields of every endpoint, and what is new in the
// log and the metrics.
func (w *watch) look(ctx context.Context) error {
	for _, show := range []func(context.Context) error{w.health, w.ready, w.jobs, w.enqueue} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	if err := wait(ctx, settle); err != nil {
		return err
	}
	if err := w.lines(); err != nil {
		return err
	}
	return w.changes(ctx)
}

// ask prints who answers a question.
func (w *watch) ask(ctx context.Context, question string) error {
	status, body, err := w.call(ctx, http.MethodPost, "/analysis?q="+url.QueryEscape(question))
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		w.print("POST /analysis", "%d %s", status, body)
		return nil
	}
	var answer ai.Response
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	w.print("POST /analysis", "%d source: %s, provider: %s, fallback: %t", status, answer.Source, answer.Provider, answer.Fallback)
	return nil
}

func (w *watch) enqueue(ctx context.Context) error {
	status, body, err := w.call(ctx, http.MethodPost, "/jobs")
	w.print("POST /jobs", "%d %s", status, body)
	return err
}

// health prints the circuits that are not closed.
func (w *watch) health(ctx context.Context) error {
	var body struct {
		Status   string
		Circuits []struct {
			Name, State, Reason string
			RetryAfter          int `json:"retry_after"`
		}
	}
	status, err := w.document(ctx, "/health", &body)
	said := fmt.Sprintf("%d status: %s", status, body.Status)
	for _, c := range body.Circuits {
		switch {
		case c.State == "open":
			said += fmt.Sprintf("; %s: open, %s, retry_after: %d", c.Name, c.Reason, c.RetryAfter)
		case c.State != "closed":
			said += fmt.Sprintf("; %s: %s", c.Name, c.State)
		}
	}
	w.print("/health", "%s", said)
	return err
}

func (w *watch) ready(ctx context.Context) error {
	var body struct{ Ready, Draining bool }
	status, err := w.document(ctx, "/readyz", &body)
	w.print("/readyz", "%d ready: %t, draining: %t", status, body.Ready, body.Draining)
	return err
}

func (w *watch) jobs(ctx context.Context) error {
	var body struct {
		Open bool `json:"circuit_breaker_open"`
	}
	status, err := w.document(ctx, "/jobs/status", &body)
	w.print("/jobs/status", "%d circuit_breaker_open: %t", status, body.Open)
	return err
}

// lines prints what is new in the log, and the first change of state in full.
func (w *watch) lines() error {
	for text := range strings.Lines(w.log.take()) {
		var line struct {
			Level, Event, Circuit, Primary, Reason, Source string

			From string `json:"from_state"`
			To   string `json:"to_state"`
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			return err
		}
		if line.Event != "state_change" {
			w.print("log", "%s %s, primary: %s, reason: %s, source: %s", line.Level, line.Event, line.Primary, line.Reason, line.Source)
			continue
		}
		w.print("log", "%s %s, %s: %s → %s, reason: %s", line.Level, line.Event, line.Circuit, line.From, line.To, line.Reason)
		if !w.quoted {
			w.quoted = true
			w.print("", "%s", text)
		}
	}
	return nil
}

// changes prints the samples that changed, of the metrics that tell most.
func (w *watch) changes(ctx context.Context) error {
	_, body, err := w.call(ctx, http.MethodGet, "/metrics")
	if err != nil {
		return err
	}
	now := make(map[string]string)
	for sample := range strings.Lines(string(body)) {
		name, _, _ := strings.Cut(sample, "{")
		switch name {
		case "ai_calls_total", "ai_fallbacks_total", "ai_circuit_openings_total", "ai_circuit_state":
		default:
			continue
		}
		series, value, _ := strings.Cut(strings.TrimSpace(sample), "} ")
		now[series] = value
		if value != w.metrics[series] && value != "0" {
			w.print("/metrics", "%s} %s", series, value)
		}
	}
	w.metrics = now
	return nil
}

func (w *watch) print(where, format string, args ...any) {
	fmt.Fprintf(w.out, "  %-15s %s\n", where, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

// document reads a JSON document.
func (w *watch) document(ctx context.Context, path string, into any) (status int, err error) {
	status, body, err := w.call(ctx, http.MethodGet, path)
	if err != nil {
		return 0, err
	}
	return status, json.Unmarshal(body, into)
}

func (w *watch) call(ctx context.Context, method, path string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, w.base+path, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// logFile keeps what the service logs; in production that is os.Stderr.
type logFile struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends lines.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take returns what was written since it was last asked.
func (l *logFile) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.String()
	l.text.Reset()
	return text
}
