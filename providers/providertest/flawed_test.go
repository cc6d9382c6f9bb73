package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/png"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience/httpguard"
)

const (
	plainMaxBody = 16 << 20
	plainMaxLine = 6 << 20
)

// plain is an adapter of the plain service, with one flaw.
type plain struct {
	flaw  flaw
	http  *http.Client
	url   string
	key   func() string
	shown string // the key, of a flawed adapter

	mu    sync.Mutex
	last  string // prompt of a flawed adapter
	cache *ai.Response
}

func newPlain(f flaw) func(Service) (ai.Analyzer, error) {
	return func(s Service) (ai.Analyzer, error) {
		client := *s.Client
		if f != followsRedirects {
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		}
		if f == ownTimeLimit {
			client.Timeout = time.Minute
		}
		p := &plain{flaw: f, http: &client, url: s.BaseURL + "/ask", key: func() string { return s.Key }}
		if f == showsKey {
			p.shown = s.Key
		}
		switch f {
		case noPlan:
			return onlyAnalyzer{p}, nil
		default:
			return p, nil
		}
	}
}

// onlyAnalyzer hides what else an adapter can do.
type onlyAnalyzer struct{ ai.Analyzer }

func (p *plain) model(req *ai.Request) string {
	if req.Model != "" {
		return req.Model
	}
	return "plain-1"
}

func (p *plain) space(req *ai.Request, dims int) ai.Space {
	if p.flaw == noSpace {
		return ai.Space{}
	}
	return ai.Space{Vendor: "plain", Model: p.model(req), Dimensions: dims, Normalized: p.flaw == saysNormalized}
}

func (p *plain) Plan(req *ai.Request) (ai.Plan, error) {
	switch p.flaw {
	case plansOverNetwork:
		resp, err := p.http.Get(p.url)
		if err == nil {
			_ = resp.Body.Close()
		}
	case plansOtherModel:
		return ai.Plan{Model: "another"}, nil
	}
	plan := ai.Plan{Model: p.model(req)}
	if req.ResolvedKind() == ai.KindEmbedding {
		plan.Space = p.space(req, req.Dimensions)
		if p.flaw == plansOtherSpace {
			plan.Space.Model = "another"
		}
	}
	return plan, nil
}

func (p *plain) fail(code ai.Code, detail string) *ai.Error {
	return &ai.Error{Code: code, Provider: "plain", Model: "plain-1", Detail: detail}
}

// send makes the call; the response is a success.
func (p *plain) send(ctx context.Context, req *ai.Request, stream bool) (*http.Response, error) {
	if p.flaw != skipsValidation || req == nil {
		if err := req.Validate(); err != nil {
			return nil, err
		}
	}
	switch p.flaw {
	case ignoresContext:
		ctx = context.Background()
	case modifies:
		req.Prompt += " "
	case panics:
		panic("plain: " + req.Prompt)
	}
	url := p.url
	if p.flaw == keyInURL {
		url += "?key=" + p.key()
	}
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(plainRequest(req, p.model(req), stream, p.flaw)))
	if err != nil {
		return nil, p.fail(ai.CodeInvalidRequest, "the request cannot be written")
	}
	sent.Header.Set("X-Api-Key", p.key())
	resp, err := p.http.Do(sent)
	if err != nil {
		return nil, p.network(ctx, err, ai.CodeUnavailable)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	if p.flaw == leavesBodies {
		return nil, p.refusal(resp, nil)
	}
	defer func() { _ = resp.Body.Close() }()
	if p.flaw == retries {
		sent.Body, _ = sent.GetBody()
		if again, err := p.http.Do(sent); err == nil {
			_ = again.Body.Close()
		}
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	return nil, p.refusal(resp, body)
}

// network says what a failure below HTTP means.
func (p *plain) network(ctx context.Context, err error, code ai.Code) error {
	switch timeout, ok := errors.AsType[net.Error](err); {
	case p.flaw == returnsPlainErrors:
		return fmt.Errorf("plain: %w", err)
	case ctx.Err() == context.Canceled:
		code, err = ai.CodeCanceled, context.Canceled
	case ctx.Err() != nil, ok && timeout.Timeout():
		code, err = ai.CodeTimeout, context.DeadlineExceeded
	}
	e := p.fail(code, "")
	if p.flaw == wrapsLibraryErrors {
		e.Cause = err
	}
	return e
}

func (p *plain) refusal(resp *http.Response, body []byte) error {
	var told plainReply
	_ = json.Unmarshal(body, &told)
	code := plainStatusCode(resp.StatusCode)
	if told.Reason != "" && p.flaw != readsStatusOnly {
		code = told.Reason
	}
	e := p.fail(code, "")
	e.Status = resp.StatusCode
	e.RetryAfter, _ = httpguard.RetryAfter(resp.Header, time.Now())
	switch p.flaw {
	case showsBodies:
		e.Detail = string(body)
	case ignoresHints:
		e.RetryAfter = 0
	case believesHints:
		e.RetryAfter = -1
	case logs:
		log.Printf("plain: %d %s", resp.StatusCode, body)
	case namesNoPlace:
		e.Provider, e.Status = "", 0
	}
	return e
}

func (p *plain) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	if p.flaw == mixesCallers {
		p.mu.Lock()
		p.last = req.Prompt
		p.mu.Unlock()
	}
	if p.flaw == sharesVectors && p.cache != nil {
		return p.cache, nil
	}
	resp, err := p.send(ctx, req, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	limit := int64(plainMaxBody)
	if p.flaw == hasNoLimit {
		limit = math.MaxInt64 - 1
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, p.network(ctx, err, ai.CodeBadResponse)
	}
	var told plainReply
	if int64(len(body)) > limit || json.Unmarshal(body, &told) != nil {
		return nil, p.fail(ai.CodeBadResponse, "the response is not of the documented shape")
	}
	return p.answer(req, &told, resp.Header)
}

// answer turns what the service told into a response.
func (p *plain) answer(req *ai.Request, told *plainReply, header http.Header) (*ai.Response, error) {
	r := &ai.Response{
		Text: told.Text, Usage: told.Usage, FinishReason: told.Finish, Source: ai.SourceProvider, Provider: "plain",
		Model: told.Model, RequestID: header.Get("X-Request-Id"), Images: told.Images,
	}
	if r.Model == "" {
		r.Model = p.model(req)
	}
	switch p.flaw {
	case setsFallback:
		r.Fallback = true
	case forgetsUsage:
		r.Usage = ai.Usage{}
	case namesNoModel:
		r.Model = ""
	case saysStop:
		r.FinishReason = ai.FinishStop
	case changesText:
		r.Text = strings.TrimSpace(strings.ReplaceAll(r.Text, "\n", " "))
	case mixesCallers:
		p.mu.Lock()
		r.Text = p.last
		p.mu.Unlock()
	}
	for i, c := range told.Calls {
		c.State = []byte("plain:")
		if p.flaw == roundsNumbers {
			var args map[string]any
			_ = json.Unmarshal(c.Arguments, &args)
			c.Arguments, _ = json.Marshal(args)
		}
		if p.flaw == numbersNoCalls && i > 0 {
			c.ID = told.Calls[0].ID
		}
		r.ToolCalls = append(r.ToolCalls, c)
	}
	for i := range r.Images {
		if c, _, err := image.DecodeConfig(bytes.NewReader(r.Images[i].Data)); err == nil && p.flaw != measuresNoImages {
			r.Images[i].Width, r.Images[i].Height = c.Width, c.Height
		}
	}
	empty := r.Text == "" && len(r.ToolCalls)+len(r.Images) == 0
	switch kind := req.ResolvedKind(); {
	case kind == ai.KindEmbedding:
		return p.embedded(req, told, r)
	case !empty || p.flaw == acceptsNothing:
		return r, nil
	case p.flaw == returnsNothing:
		return nil, nil
	case r.FinishReason == ai.FinishLength:
		return nil, p.fail(ai.CodeMaxTokens, "")
	}
	return nil, p.fail(ai.CodeBadResponse, "the answer is empty")
}

func (p *plain) embedded(req *ai.Request, told *plainReply, r *ai.Response) (*ai.Response, error) {
	r.Embeddings = make([][]float32, len(req.Inputs))
	for at, v := range told.Vectors {
		if p.flaw == keepsWireOrder {
			v.Input = at
		}
		if v.Input < 0 || v.Input >= len(r.Embeddings) || r.Embeddings[v.Input] != nil || len(v.Values) == 0 {
			return nil, p.fail(ai.CodeBadResponse, "a vector is out of place")
		}
		if zero(v.Values) || len(v.Values) != len(told.Vectors[0].Values) {
			return nil, p.fail(ai.CodeBadResponse, "a vector is wrong")
		}
		r.Embeddings[v.Input] = v.Values
	}
	if len(told.Vectors) != len(req.Inputs) && p.flaw != countsNothing {
		return nil, p.fail(ai.CodeBadResponse, "vectors are missing")
	}
	if len(told.Vectors) > 0 {
		r.Space = p.space(req, len(told.Vectors[0].Values))
	}
	if p.flaw == sharesVectors {
		p.cache = r
	}
	return r, nil
}

func zero(v []float32) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}
