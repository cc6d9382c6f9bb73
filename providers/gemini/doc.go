// Package gemini asks Google's Gemini API for analyses of texts, images and
// documents, whole or as streams, with tools and schemas, for embeddings and
// for images. Its Provider is an ai.Analyzer and an ai.Streamer:
//
//	provider, err := gemini.New(gemini.Config{APIKey: os.Getenv("GEMINI_API_KEY")})
//	client, err := ai.New(ai.WithProvider("gemini", provider))
//
// What Gemini has no field for is put into words or refused. A document's name
// stands before it as text. A schema beside tools, which models before Gemini 3
// refuse, stands in the instruction. Images are made one a call, in the sizes
// of the model and the type it chooses; other wishes are CodeUnsupported, as
// everything is that a model says it does not take.
//
// The signatures that Gemini 3 wants back with its tool calls travel in
// ai.ToolCall.State, and go back to the model that gave them. The calls of
// another model, Google's or another provider's, go out with the placeholder
// that Google documents for that.
//
// The package speaks through google.golang.org/genai and keeps that library's
// surprises to itself: nothing is retried or continued unasked, no environment
// variable changes anything, a malformed body is an error and no panic, and no
// error carries the library's text. Importing this package links some 11 MB of
// Google client code; nothing else in this module does.
package gemini
