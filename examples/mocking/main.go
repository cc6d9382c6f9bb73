// Mocking shows how an application function that asks an AI is unit-tested
// without a network: review.go is the function, review_test.go its tests with
// mocks.Analyzer. Run, it plays what the tests check:
//
//	go run ./examples/mocking
//	go test -v ./examples/mocking
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/finbrain/ai"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mocking:", err)
		os.Exit(1)
	}
}

// run reviews one filing while more and more of what it depends on fails. Even
// without the mocks package an Analyzer is one function.
func run(ctx context.Context, out io.Writer) error {
	failing := map[string]bool{}
	provider := func(name, answer string) ai.Option {
		return ai.WithProvider(name, ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
			if failing[name] {
				return nil, &ai.Error{Code: ai.CodeNotAvailable, Status: 404}
			}
			return &ai.Response{Text: answer, Model: name + "-model"}, nil
		}))
	}
	client, err := ai.New(
		provider("first", "The leverage covenant has headroom of 6 per cent."),
		provider("second", "Net debt is near the covenant's limit."),
		ai.WithStatic(&ai.Response{Text: "unavailable"}),
		ai.WithLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return err
	}
	defer client.Close()

	reviewer := Reviewer{client}
	filing := Filing{Company: "Tarnbrook Foods", Text: "Net debt was 3.30 times EBITDA; the covenant allows 3.50 times."}
	for _, now := range []struct{ title, fails string }{
		{title: "Everything works:"},
		{"The first provider fails:", "first"},
		{"The second provider fails as well:", "second"},
	} {
		failing[now.fails] = true
		fmt.Fprintln(out, now.title)
		review, err := reviewer.Review(ctx, filing)
		switch {
		case errors.Is(err, ErrNoAnalysis):
			fmt.Fprintf(out, "  refused      %v\n\n", err)
		case err != nil:
			return err
		case review.Provisional:
			fmt.Fprintf(out, "  provisional  %s\n               (%s)\n\n", review.Summary, review.Note)
		default:
			fmt.Fprintf(out, "  reviewed     %s\n\n", review.Summary)
		}
	}
	fmt.Fprintln(out, "The unit tests of all this need no network: see review_test.go.")
	return nil
}
