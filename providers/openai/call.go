package openai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai/internal/transport"
)

// call is one exchange with the service. The library sends through it, as its
// HTTPDoer, so that no key enters the library, no refusal is lost in it, and
// the whole body is there to be read again.
type call struct {
	provider *Provider
	to       io.Writer // takes the body of a success in place of body, piece by piece
	exchange *transport.Exchange
	body     bytes.Buffer // all that arrived of the last response's body
	unread   bytes.Reader // body, as the library reads it
	err      error        // why there is no response, or not all of it
}

// errRefused stands for a response that is no success.
var errRefused = errors.New("not a success")

// record returns a call, and the context to make it under.
func (p *Provider) record(ctx context.Context) (context.Context, *call) {
	c := &call{provider: p}
	ctx, c.exchange = transport.Record(ctx)
	return ctx, c
}

// newCall returns a call, the library's client to make it with, and the
// context to make it under.
func (p *Provider) newCall(ctx context.Context) (context.Context, *call, *openai.Client) {
	ctx, c := p.record(ctx)
	library := p.library
	library.HTTPClient = c
	return ctx, c, openai.NewClientWithConfig(library)
}

// Do sends the library's request and returns the response, read to its end: a
// connection whose response was left unread is not used again.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	resp, err := c.open(req)
	if err != nil {
		return nil, err
	}
	if c.err = c.read(resp); c.err != nil {
		return nil, c.err
	}
	c.unread.Reset(c.body.Bytes())
	resp.Body = io.NopCloser(&c.unread)
	return resp, nil
}

// send makes the whole exchange and leaves the answer in body, or in to.
func (c *call) send(req *http.Request) error {
	resp, err := c.open(req)
	if err != nil {
		return err
	}
	c.err = c.read(resp)
	return c.err
}

// open sends a request and returns the response if it is a success; the body
// of a refusal has been read.
func (c *call) open(req *http.Request) (*http.Response, error) {
	c.provider.authorize(req.Header)
	resp, err := c.provider.http.Do(req)
	if err != nil {
		c.err = err
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		if c.err = c.read(resp); c.err != nil {
			return nil, c.err
		}
		return nil, errRefused
	}
	return resp, nil
}

// presized is the longest announced body for which memory is taken before it
// arrives.
const presized = 1 << 20

// read takes the body over from the network.
func (c *call) read(resp *http.Response) error {
	if c.to != nil && resp.StatusCode/100 == 2 {
		_, err := io.Copy(c.to, resp.Body)
		_ = resp.Body.Close()
		return err
	}
	if n := resp.ContentLength; n > 0 && n <= presized {
		c.body.Grow(int(n) + bytes.MinRead)
	}
	_, err := c.body.ReadFrom(resp.Body)
	_ = resp.Body.Close()
	return err
}

// chatRequest returns the request of a chat completion, with the address and
// the headers that the library gives it.
func (p *Provider) chatRequest(ctx context.Context, model string, body []byte, stream bool) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address("/chat/completions", model), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if stream {
		req.Header.Set("Accept", "text/event-stream")
		req.Header.Set("Cache-Control", "no-cache")
		req.Header.Set("Connection", "keep-alive")
	}
	return req, nil
}

// address returns that of an endpoint; Azure's dated interface has one for
// each deployment.
func (p *Provider) address(endpoint, model string) string {
	if p.library.APIType != openai.APITypeAzure {
		return p.library.BaseURL + endpoint
	}
	return p.library.BaseURL + "/openai/deployments/" + url.PathEscape(model) + endpoint +
		"?api-version=" + url.QueryEscape(p.library.APIVersion)
}
