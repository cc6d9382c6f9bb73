// Package openai asks OpenAI, or a server that speaks its protocol (Azure
// OpenAI, Ollama, vLLM, LM Studio, Groq …), for text, analyses of images and
// documents, embeddings and images, whole or as streams, with tools and schemas,
// and for fine-tuning jobs and their files. Its Provider is an ai.Analyzer, an
// ai.Streamer, an ai.FineTuner and an ai.FileStore:
//
//	provider, err := openai.New(openai.Config{APIKey: os.Getenv("OPENAI_API_KEY")})
//	client, err := ai.New(ai.WithProvider("openai", provider))
//
// The package is built on github.com/sashabaranov/go-openai, whose requests it
// sends to the byte, and keeps that library's surprises to itself, where need
// be by writing a body and reading an answer or a stream itself: a temperature
// of zero is sent, a 200 without an answer is an error, so is a stream without
// a finish reason, every failure has its status and wait hint, and no error
// carries a key, a prompt or what the service wrote.
package openai
