// Package gemini asks Google's Gemini API for text, image analyses and
// embeddings. Its Provider is an ai.Analyzer:
//
//	provider, err := gemini.New(gemini.Config{APIKey: os.Getenv("GEMINI_API_KEY")})
//	client, err := ai.New(ai.WithProvider("gemini", provider))
//
// The package speaks through google.golang.org/genai and keeps that library's
// surprises to itself: nothing is retried or continued unasked, no environment
// variable changes anything, a malformed body is an error and no panic, and no
// error carries the library's text. Importing this package links some 11 MB of
// Google client code; nothing else in this module does.
package gemini
