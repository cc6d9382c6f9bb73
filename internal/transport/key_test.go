package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/secret"
	"github.com/finbrain/ai/internal/transport"
)

func keyed(k transport.Key, f rounder) *http.Client {
	return transport.New(transport.Config{Client: &http.Client{Transport: f}, Key: k})
}

func TestEveryRequestCarriesTheKeyOfItsMoment(t *testing.T) {
	var seen []string
	network := rounder(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.Header.Get("X-Api-Key"))
		if req.URL.Path == "/" {
			return respond(307, "", "Location", "/next"), nil
		}
		return respond(200, "{}"), nil
	})
	n := 0
	rotating := transport.Key{Header: "X-Api-Key", Prefix: "Key ", Func: func(context.Context) (string, error) {
		n++
		return fmt.Sprint("k", n), nil
	}}
	for _, k := range []transport.Key{rotating, {Header: "X-Api-Key", Fixed: secret.New("fixed")}, {Header: "X-Api-Key"}, {}} {
		resp, err := get(t, keyed(k, network), "https://api.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if got := strings.Join(seen, ","); got != "Key k1,Key k2,fixed,fixed,,,secret,secret" {
		t.Error(got)
	}
}

func TestTheCallersRequestDoesNotGetTheKey(t *testing.T) {
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/", http.NoBody)
	req.Header.Set("X-Api-Key", "the caller's")
	c := keyed(transport.Key{Header: "X-Api-Key", Fixed: secret.New("k")}, func(*http.Request) (*http.Response, error) {
		return respond(200, "{}"), nil
	})
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if req.Header.Get("X-Api-Key") != "the caller's" {
		t.Error(req.Header)
	}
}

// closing is a request's body that notes that it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestWithoutAKeyNothingIsSentAndTheReasonIsKeptSecret(t *testing.T) {
	const canary = "sk-canary"
	for name, f := range map[string]func(context.Context) (string, error){
		"fails":       func(context.Context) (string, error) { return canary, errors.New(canary) },
		"gives none":  func(context.Context) (string, error) { return "", nil },
		"a line":      func(context.Context) (string, error) { return canary + "\n", nil },
		"panics":      func(context.Context) (string, error) { panic(canary) },
		"not a byte":  func(context.Context) (string, error) { return "schlüssel", nil },
		"a space":     func(context.Context) (string, error) { return "a b", nil },
		"a character": func(context.Context) (string, error) { return "a\x7f", nil },
	} {
		t.Run(name, func(t *testing.T) {
			body := &closing{Reader: strings.NewReader("{}")}
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com/", body)
			_, err := keyed(transport.Key{Header: "X-Api-Key", Func: f}, func(*http.Request) (*http.Response, error) {
				t.Error("sent")
				return nil, errors.New("sent")
			}).Do(req)
			code, cause := transport.NetworkError(t.Context(), err)
			if code != ai.CodeAuthentication || cause != transport.ErrKey || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
				t.Errorf("%v, %v, %v", code, cause, err)
			}
			if !body.closed {
				t.Error("the request's body is open")
			}
		})
	}
}

func TestAKeyThatIsWaitedForEndsWithItsCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.com/", http.NoBody)
	_, err := keyed(transport.Key{Header: "X-Api-Key", Func: func(ctx context.Context) (string, error) {
		cancel()
		<-ctx.Done()
		return "", ctx.Err()
	}}, nil).Do(req)
	if code, cause := transport.NetworkError(ctx, err); code != ai.CodeCanceled || cause != context.Canceled {
		t.Errorf("%v, %v", code, cause)
	}
}
