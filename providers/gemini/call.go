package gemini

import (
	"cmp"
	"context"
	"maps"
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
	client := transport.New(transport.Config{Client: cfg.HTTPClient})
	client.Transport = &authorizer{next: client.Transport, key: secret.New(cfg.APIKey)}
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

// authorizer puts the API key on every request, or takes the header off when
// there is no key. What lies below it follows no redirect to another host.
type authorizer struct {
	next http.RoundTripper
	key  secret.Key
}

// RoundTrip sends a copy of the request: a RoundTripper must not change its
// argument. It watches the response.
func (a *authorizer) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.WithContext(req.Context())
	req.Header = maps.Clone(req.Header)
	if a.key.Empty() {
		req.Header.Del(keyHeader)
	} else {
		req.Header.Set(keyHeader, a.key.Reveal())
	}
	resp, err := a.next.RoundTrip(req)
	if resp != nil {
		watchBody(req.Context(), resp)
	}
	return resp, err
}

// ask makes one call of genai and turns whatever goes wrong into a *ai.Error.
// genai panics on some malformed bodies, in its caller's goroutine: that is
// the service's failure, not the application's.
func ask[T any](ctx context.Context, model string, call func(context.Context) (T, error)) (answer T, exchange *transport.Exchange, err error) {
	recorded, exchange := transport.Record(ctx)
	defer func() {
		if recover() != nil {
			err = locate(&ai.Error{Code: ai.CodeBadResponse, Detail: misshapen}, exchange, model)
		}
	}()
	if err = ctx.Err(); err == nil {
		answer, err = call(recorded)
	}
	if err != nil {
		err = locate(failure(ctx, exchange, err), exchange, model)
	}
	return answer, exchange, err
}
