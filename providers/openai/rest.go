package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
)

// What goes through this file bypasses the library, which lacks the endpoint
// or drops fields of it.

// endpoint returns the address of a path below BaseURL. Whatever of the path
// came from outside has been escaped.
func (p *Provider) endpoint(path string, query url.Values) string {
	address := p.library.BaseURL + path
	if p.library.APIType == openai.APITypeAzure {
		address = p.library.BaseURL + "/openai" + path
		if query == nil {
			query = make(url.Values)
		}
		query.Set("api-version", p.library.APIVersion)
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// segment makes an ID one segment of a path, whatever is in it.
func segment(id string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", invalid("id", "names nothing")
	}
	return url.PathEscape(id), nil
}

// ask is exchange for a response of ordinary length.
func (p *Provider) ask(ctx context.Context, method, address, model string, body any) (*call, error) {
	return p.exchange(ctx, method, address, model, body, 0)
}

// exchange makes one exchange whose body, if there is one, is JSON, and returns
// it with the whole of a successful response, of limit bytes at most; 0 is the
// ordinary limit.
func (p *Provider) exchange(ctx context.Context, method, address, model string, body any, limit int64) (*call, error) {
	if err := ended(ctx, model); err != nil {
		return nil, err
	}
	var content io.Reader
	if body != nil {
		text, err := encode(body)
		if err != nil {
			return nil, &ai.Error{Code: ai.CodeInvalidRequest, Provider: providerName, Model: model, Detail: "the request cannot be written as JSON"}
		}
		content = bytes.NewReader(text)
	}
	recorded, c := p.record(ctx)
	c.exchange.Limit = limit
	req, err := http.NewRequestWithContext(recorded, method, address, content)
	if err != nil {
		return nil, c.failure(ctx, model)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	if err := c.send(req); err != nil {
		return nil, c.failure(ctx, model)
	}
	return c, nil
}

// encode writes JSON as the library would, but leaves "<", ">" and "&" as they
// are: the escapes cost tokens where a text is quoted within a text.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// decode reads the JSON of a response.
func (c *call) decode(v any) error { return decode(c.body.Bytes(), v) }
