// Custom-provider shows how to add a provider that this module does not know:
// sibyl.go, stream.go and errors.go are a whole adapter, and sibyl_test.go
// proves it with the conformance suite. Run, it plays the service itself and
// asks it through a Client:
//
//	go run ./examples/custom-provider
//	go test ./examples/custom-provider
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/finbrain/ai"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "custom-provider:", err)
		os.Exit(1)
	}
}

// run asks twice: while the service answers, and when it no longer does.
func run(ctx context.Context, out io.Writer) error {
	service := httptest.NewServer(http.HandlerFunc(serve))
	defer service.Close()
	client, err := ai.New(
		ai.WithProvider("sibyl", NewSibyl(service.URL, "example-key", service.Client())),
		ai.WithStatic(&ai.Response{Text: "The oracle cannot be reached."}),
		ai.WithLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, question := range []string{"Will net sales rise?", "Are you asleep?"} {
		fmt.Fprintf(out, "%s\n  ", question)
		for piece, err := range client.Stream(ctx, ai.Text(question)) {
			if err != nil {
				return err
			}
			fmt.Fprint(out, piece.Text)
			if r := piece.Response; r != nil {
				fmt.Fprintf(out, "\n  (source %s, fallback %t)\n", r.Source, r.Fallback)
			}
		}
	}
	return nil
}

// serve is the service: it answers any question but one.
func serve(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || len(q.Turns) == 0 || !q.Stream {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	lines := json.NewEncoder(w)
	if strings.Contains(q.Turns[len(q.Turns)-1].Text, "asleep") {
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = lines.Encode(reply{Reason: "asleep"})
		return
	}
	for _, word := range strings.SplitAfter("If the price falls, sales of the others will.", " ") {
		_ = lines.Encode(reply{Text: word})
	}
	_ = lines.Encode(reply{Model: q.Model, Ended: "done"})
}
