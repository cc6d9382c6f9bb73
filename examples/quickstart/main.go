// Quickstart asks AI providers about a text, an image, or the likeness of
// texts, and shows the answer with everything it says of itself: who answered,
// whether that was a fallback, and what was tried.
//
//	go run ./examples/quickstart                      the example's own filing and chart
//	go run ./examples/quickstart report.txt chart.png
//	go run ./examples/quickstart -embed a.txt b.txt
//	go run ./examples/quickstart -drill               an outage, in about 20 seconds
//
// With OPENAI_API_KEY or GEMINI_API_KEY set it asks the real services, with
// both of them OpenAI first; with neither, two emulations on loopback.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process whatever it does
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Getenv))
}

// run is the whole program and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, getenv func(string) string) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "quickstart: %v\nquickstart -h lists the flags.\n", err)
		return exitUsage
	}
	out, notes := newScreen(stdout, getenv), newScreen(stderr, getenv)
	if o.drill {
		err = rehearse(ctx, out)
	} else {
		err = o.answer(ctx, out, notes, getenv)
	}
	if err = errors.Join(err, out.failure()); err == nil {
		return exitOK
	}
	explain(notes, err)
	return exitFailed
}
