package otel_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

// The primary is down: its attempt and the substitute's are below the call.
func Example() {
	ctx := context.Background()
	exporter := tracetest.NewInMemoryExporter() // in production, an OTLP exporter
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	defer tracers.Shutdown(ctx)

	telemetry, err := otel.New(otel.Config{TracerProvider: tracers})
	if err != nil {
		log.Fatal(err)
	}
	client, err := ai.New(
		ai.WithProvider("openai", fails("gpt-4o", 0, &ai.Error{Code: ai.CodeNotAvailable})),
		ai.WithProvider("gemini", answers("gemini-3-flash", 0)),
		ai.WithObserver(telemetry),
		ai.WithLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	analyzer := telemetry.Wrap(client) // what the application depends on
	if _, err := analyzer.Analyze(ctx, ai.Text("Which covenants are at risk?")); err != nil {
		log.Fatal(err)
	}
	for _, span := range exporter.GetSpans() {
		fmt.Printf("%s: %s\n", span.Name, span.Status.Code)
	}
	// Output:
	// attempt openai: Error
	// attempt gemini: Unset
	// generate_content gemini-3-flash: Unset
}

// Routes may have any name; the conventions want to know whose service it is.
func ExampleConfig() {
	telemetry, err := otel.New(otel.Config{
		Providers: map[string]string{"primary": "azure.ai.openai", "backup": "gcp.vertex_ai"},
	})
	if err != nil {
		log.Fatal(err)
	}
	resp, err := telemetry.Wrap(answers("gpt-4o", 0)).Analyze(context.Background(), ai.Text("q"))
	fmt.Println(resp.Text, err)
	// Output: answer <nil>
}
