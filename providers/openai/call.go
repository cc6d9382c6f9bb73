package openai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai/internal/transport"
)

// call is one exchange with the service. The library sends through it, as its
// HTTPDoer, so that no key enters the library, no refusal is lost in it, and
// the whole body is there to be read again.
type call struct {
	provider *Provider
	// temperature is put on the wire here, if there is one: the library drops
	// a 0, and refuses others to models by the beginning of their names, of
	// which the service knows more.
	temperature *float64

	exchange *transport.Exchange
	body     bytes.Buffer // all that arrived of the last response's body
	unread   bytes.Reader // body, as the library reads it
	err      error        // why there is no response, or not all of it
}

// errRefused keeps the library from reading a response that is no success.
var errRefused = errors.New("not a success")

// newCall returns a call, the library's client to make it with, and the
// context to make it under.
func (p *Provider) newCall(ctx context.Context) (context.Context, *call, *openai.Client) {
	c := &call{provider: p}
	ctx, c.exchange = transport.Record(ctx)
	library := p.library
	library.HTTPClient = c
	return ctx, c, openai.NewClientWithConfig(library)
}

// Do sends the library's request and returns the response, read to its end: a
// connection whose response was left unread is not used again.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	c.provider.authorize(req.Header)
	if c.temperature != nil {
		if err := addTemperature(req, *c.temperature); err != nil {
			return nil, err
		}
	}
	resp, err := c.provider.http.Do(req)
	if err != nil {
		c.err = err
		return nil, err
	}
	c.err = c.read(resp)
	if c.err != nil {
		return nil, c.err
	}
	if resp.StatusCode/100 != 2 {
		return nil, errRefused
	}
	return resp, nil
}

// presized is the longest announced body for which memory is taken before it
// arrives.
const presized = 1 << 20

// read takes the body over from the network.
func (c *call) read(resp *http.Response) error {
	if n := resp.ContentLength; n > 0 && n <= presized {
		c.body.Grow(int(n) + bytes.MinRead)
	}
	_, err := c.body.ReadFrom(resp.Body)
	_ = resp.Body.Close()
	c.unread.Reset(c.body.Bytes())
	resp.Body = io.NopCloser(&c.unread)
	return err
}

// addTemperature adds the field to the JSON object in the request's body.
func addTemperature(req *http.Request, value float64) error {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	field := strconv.AppendFloat([]byte(`{"temperature":`), value, 'f', -1, 64)
	body = append(append(field, ','), body[1:]...)
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, err = req.GetBody()
	return err
}
