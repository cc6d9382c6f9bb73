package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/providers/gemini"
	"github.com/finbrain/ai/providers/openai"
)

// The routes, as answers name them.
const (
	routeOpenAI = "openai"
	routeGemini = "gemini"
)

// connection is a client and what is behind it.
type connection struct {
	*ai.Client
	// notice says in a sentence or two who is asked.
	notice string
	// close releases the client and what was started for it.
	close func() error
}

// connect returns a client of the services whose keys are set, OpenAI's first,
// or of emulations if no key is.
func connect(getenv func(string) string) (*connection, error) {
	openAIKey, geminiKey := getenv("OPENAI_API_KEY"), getenv("GEMINI_API_KEY")
	if openAIKey == "" && geminiKey == "" {
		return connectEmulated()
	}
	var routes []ai.Option
	notice := "Asking "
	if openAIKey != "" {
		p, err := openai.New(openai.Config{APIKey: openAIKey})
		if err != nil {
			return nil, fmt.Errorf("OPENAI_API_KEY: %w", err)
		}
		routes = append(routes, ai.WithProvider(routeOpenAI, p))
		notice += "OpenAI"
	}
	if geminiKey != "" {
		p, err := gemini.New(gemini.Config{APIKey: geminiKey})
		if err != nil {
			return nil, fmt.Errorf("GEMINI_API_KEY: %w", err)
		}
		if routes != nil {
			notice += ", and if that fails "
		}
		routes = append(routes, ai.WithProvider(routeGemini, p))
		notice += "Gemini"
	}
	client, err := newClient(routes...)
	if err != nil {
		return nil, err
	}
	return &connection{Client: client, notice: notice + ".", close: client.Close}, nil
}

// newClient adds to the routes what every use of this program wants. What the
// default logger would say of fallbacks, the answers say here.
func newClient(routes ...ai.Option) (*ai.Client, error) {
	return ai.New(append(routes,
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{
			Scope: ai.ScopeShared, Fresh: 10 * time.Minute, Stale: time.Hour,
		}),
		ai.WithLogger(slog.New(slog.DiscardHandler)))...)
}

func connectEmulated() (*connection, error) {
	e, err := emulate(onLoopback)
	if err != nil {
		return nil, err
	}
	client, err := newClient(e.routes...)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return &connection{
		Client: client,
		notice: "No API key is set: asking two emulated providers on loopback, openai and, if that fails, gemini. " +
			"Their answers are made from the input alone. Set OPENAI_API_KEY or GEMINI_API_KEY to ask the real ones.",
		close: func() error { return errors.Join(client.Close(), e.Close()) },
	}, nil
}

// emulation is the two emulated providers, with the real adapters in front.
type emulation struct {
	openAI, gemini *mocks.Server
	routes         []ai.Option // OpenAI first
}

// network says how an emulated provider is reached.
type network func(*mocks.Server) (baseURL string, client *http.Client, err error)

func onLoopback(s *mocks.Server) (string, *http.Client, error) {
	baseURL, err := s.Start()
	return baseURL, nil, err
}

// emulate starts the emulations. Their vectors are in a space of their own:
// nobody should compare them with those of the services they stand for.
func emulate(reach network) (e *emulation, err error) {
	const anyKey, vendor = "emulated", "emulated"
	e = &emulation{openAI: mocks.NewOpenAI(), gemini: mocks.NewGemini()}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	baseURL, client, err := reach(e.openAI)
	if err != nil {
		return nil, err
	}
	first, err := openai.New(openai.Config{APIKey: anyKey, BaseURL: baseURL, HTTPClient: client, Vendor: vendor})
	if err != nil {
		return nil, err
	}
	if baseURL, client, err = reach(e.gemini); err != nil {
		return nil, err
	}
	second, err := gemini.New(gemini.Config{APIKey: anyKey, BaseURL: baseURL, HTTPClient: client, Vendor: vendor})
	if err != nil {
		return nil, err
	}
	e.routes = []ai.Option{ai.WithProvider(routeOpenAI, first), ai.WithProvider(routeGemini, second)}
	return e, nil
}

// Close stops the servers.
func (e *emulation) Close() error { return errors.Join(e.openAI.Close(), e.gemini.Close()) }
