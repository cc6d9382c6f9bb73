package gemini

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/secret"
	"github.com/finbrain/ai/internal/transport"
)

// withheld stands where genai wants a key. The real one never enters the
// library, whose errors print their configuration, and which looks in the
// environment when it has none.
const withheld = "withheld"

const keyHeader = "X-Goog-Api-Key"

// connect builds the genai client: one backend and one address, so that the
// environment, which genai reads all the same, decides nothing.
func connect(cfg Config, address *url.URL) (*genai.Client, error) {
	client := transport.New(transport.Config{
		Client: cfg.HTTPClient,
		Key:    transport.Key{Header: keyHeader, Fixed: secret.New(cfg.APIKey), Func: cfg.KeyFunc},
	})
	client.Transport = &watcher{next: client.Transport}
	connected, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey:      withheld,
		Backend:     genai.BackendGeminiAPI,
		HTTPClient:  client,
		HTTPOptions: genai.HTTPOptions{BaseURL: address.String(), APIVersion: cmp.Or(cfg.APIVersion, defaultAPIVersion)},
	})
	if err != nil {
		return nil, &ai.Error{Code: ai.CodeInvalidRequest, Detail: "genai refused the configuration", Provider: providerName}
	}
	return connected, nil
}

// watcher watches every response's body.
type watcher struct{ next http.RoundTripper }

// RoundTrip passes on.
func (w *watcher) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(req)
	if resp != nil {
		watchBody(req.Context(), resp)
	}
	return resp, err
}

// ask makes one call of genai and turns whatever goes wrong into a *ai.Error.
// An error in the body of a success, which genai passes over, is read as in a
// stream if it says anything. The body is returned as far as it is kept.
func ask[T any](ctx context.Context, model string, seen watched, call func(context.Context) (T, error)) (answer T, body []byte, exchange *transport.Exchange, err error) {
	recorded, exchange := transport.Record(ctx)
	recorded, w := watch(recorded, seen)
	if err = ctx.Err(); err == nil {
		answer, err = try(recorded, call)
	}
	switch {
	case ctx.Err() == nil && exchange.Status/100 == 2 && transport.Event{Data: w.read}.Failed() && !silent(readRefusal(w.read)):
		exchange.Fault = w.read
		err = locate(fault(exchange), exchange, model)
	case err != nil:
		err = locate(failure(ctx, exchange, err), exchange, model)
	}
	return answer, w.read, exchange, err
}

// try calls genai, which panics on some malformed bodies, in its caller's
// goroutine: that is the service's failure, not the application's.
func try[T any](ctx context.Context, call func(context.Context) (T, error)) (answer T, err error) {
	defer func() {
		if recover() != nil {
			err = errMisshapen
		}
	}()
	return call(ctx)
}
