package gemini

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"reflect"

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

// connect builds the genai client: one backend, one address, no environment.
func connect(cfg Config, address *url.URL, version string) (*genai.Client, error) {
	client := transport.New(transport.Config{Client: cfg.HTTPClient})
	client.Transport = &authorizer{next: client.Transport, key: secret.New(cfg.APIKey)}
	config := &genai.ClientConfig{
		APIKey:      withheld,
		Backend:     genai.BackendGeminiAPI,
		HTTPClient:  client,
		HTTPOptions: genai.HTTPOptions{BaseURL: address.String(), APIVersion: version},
	}
	sealEnvironment(config)
	connected, err := genai.NewClient(context.Background(), config)
	if err != nil {
		return nil, &ai.Error{Code: ai.CodeInvalidRequest, Detail: "genai refused the configuration", Provider: providerName}
	}
	return connected, nil
}

// sealEnvironment gives genai an empty environment. The library reads the real
// one even when nothing is missing, and warns through the global logger about
// keys that it then does not use. The field is not exported; should a later
// version lose it, only that warning comes back.
func sealEnvironment(config *genai.ClientConfig) {
	field := reflect.ValueOf(config).Elem().FieldByName("envVarProvider")
	if field.IsValid() && field.Type() == reflect.TypeFor[func() map[string]string]() {
		*(*func() map[string]string)(field.Addr().UnsafePointer()) = func() map[string]string { return nil }
	}
}

// authorizer puts the API key on every request, or takes the header off when
// there is no key. What lies below it follows no redirect to another host.
type authorizer struct {
	next http.RoundTripper
	key  secret.Key
}

// RoundTrip sends a copy of the request: a RoundTripper must not change its
// argument.
func (a *authorizer) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.WithContext(req.Context())
	req.Header = maps.Clone(req.Header)
	if a.key.Empty() {
		req.Header.Del(keyHeader)
	} else {
		req.Header.Set(keyHeader, a.key.Reveal())
	}
	return a.next.RoundTrip(req)
}
