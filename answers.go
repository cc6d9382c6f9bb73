package ai

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/fallback"
)

// answerCache keeps answers in a store of bytes. A failing store is a miss: it
// never fails a call.
type answerCache struct {
	store  cache.Store
	local  cache.StringStore // the store, if it answers from memory; else nil
	scope  CacheScope
	ages   cache.Ages
	flight cache.Flight[*Response]
}

func newAnswerCache(store cache.Store, p CachePolicy) *answerCache {
	local, _ := store.(cache.StringStore)
	return &answerCache{store: store, local: local, scope: p.Scope, ages: cache.Ages{Fresh: p.Fresh, Stale: p.Stale}}
}

// storeLimit is how long a store may hold a call up.
const storeLimit = 50 * time.Millisecond

// errNoAnswer leaves a step that has nothing to answer with. It reaches no
// caller.
var errNoAnswer = errors.New("ai: no answer here")

// cacheable reports whether answers to the call may be cached at all, and if
// so works out the request's part of their keys.
func (l *call) cacheable() bool {
	scope := l.client.answers.scope
	if l.kind == KindImageGeneration || len(l.req.Tools) > 0 {
		return false
	}
	if l.req.Cache.Off || (scope == ScopeTenant && l.req.Tenant == "") || !keepStill(l.req) {
		return false
	}
	l.sum = requestSum(l.req, l.kind, scope)
	return true
}

// keepStill reports whether every image and document of the request will be the
// same the next time.
func keepStill(req *Request) bool {
	still := func(images []Image, documents []Document) bool {
		return !slices.ContainsFunc(images, func(m Image) bool { return m.URL != "" && !m.Immutable }) &&
			!slices.ContainsFunc(documents, func(d Document) bool { return d.URL != "" && !d.Immutable })
	}
	for i := range req.History {
		if !still(req.History[i].Images, req.History[i].Documents) {
			return false
		}
	}
	return still(req.Images, req.Documents)
}

// requestSum hashes every part of a request that changes its answer, whoever
// gives it. The provider and its model are added by key.
func requestSum(req *Request, kind Kind, scope CacheScope) string {
	var h cache.Hasher
	if scope == ScopeTenant {
		h.String("tenant", req.Tenant)
	}
	h.Int64("kind", int64(kind))
	h.String("instruction", req.Instruction)
	for i := range req.History {
		h.String("role", string(req.History[i].Role))
		h.String("text", req.History[i].Text)
		hashInputs(&h, req.History[i].Images, req.History[i].Documents)
		hashTools(&h, &req.History[i])
	}
	h.String("prompt", req.Prompt)
	hashInputs(&h, req.Images, req.Documents)
	if len(req.Schema) > 0 {
		h.Bytes("schema", req.Schema)
	}
	if req.Effort != "" {
		h.String("effort", string(req.Effort))
	}
	if kind == KindEmbedding {
		h.Strings("inputs", req.Inputs)
		h.Int64("dimensions", int64(req.Dimensions))
	}
	if req.MaxTokens != 0 {
		h.Int64("max_tokens", int64(req.MaxTokens))
	}
	if req.Temperature != nil {
		h.Float64("temperature", *req.Temperature)
	}
	if len(req.Stop) > 0 {
		h.Strings("stop", req.Stop)
	}
	if req.Seed != nil {
		h.Int64("seed", *req.Seed)
	}
	return h.Sum()
}

func hashInputs(h *cache.Hasher, images []Image, documents []Document) {
	for i := range images {
		h.String("type", images[i].Type())
		h.String("url", images[i].URL)
		h.Bytes("image", images[i].Data)
	}
	for i := range documents {
		h.String("name", documents[i].Name)
		h.String("url", documents[i].URL)
		h.Bytes("document", documents[i].Data)
	}
}

// hashTools hashes the tool calls and results of a turn.
func hashTools(h *cache.Hasher, m *Message) {
	for i := range m.ToolCalls {
		c := &m.ToolCalls[i]
		h.String("call", c.ID)
		h.String("tool", c.Name)
		h.Bytes("arguments", c.Arguments)
		h.Bytes("state", c.State)
	}
	for i := range m.ToolResults {
		r := &m.ToolResults[i]
		h.String("call", r.CallID)
		h.String("result", r.Content)
		h.Bool("failed", r.Failed)
	}
}

// key returns where the call's answer by r is kept: never where another
// route's or another model's is.
func (l *call) key(r *route) string {
	plan := &l.seat(r).plan
	if l.kind == KindEmbedding {
		return cache.Join(l.sum, r.name, plan.Model, plan.Space.String())
	}
	return cache.Join(l.sum, r.name, plan.Model)
}

// cached returns the answer by r that the cache holds, a stale one only when
// stale is true. What it finds enters the trail.
func (l *call) cached(ctx context.Context, r *route, stale bool) (answer, bool) {
	if l.sum == "" || l.seat(r).err != nil {
		return answer{}, false
	}
	began := time.Now()
	resp, age, freshness := l.client.answers.get(ctx, l.key(r), began)
	if r == l.primary {
		l.hasStale = freshness == cache.Stale
	}
	if freshness == cache.Expired || (freshness == cache.Stale && !stale) || (r != l.primary && !l.servedSpace(resp)) {
		return answer{}, false
	}
	l.trail = append(l.trail, Attempt{
		Source: SourceCache, Provider: r.name, Model: cmp.Or(l.seat(r).plan.Model, resp.Model),
		Start: began.Sub(l.start), Duration: time.Since(began),
	})
	return answer{
		resp: resp, source: SourceCache, provider: r.name, model: l.seat(r).plan.Model, age: age, private: true,
	}, true
}

// look is cached, and tells what it found.
func (l *call) look(ctx context.Context, r *route, stale bool) (answer, bool) {
	a, ok := l.cached(ctx, r, stale)
	if l.sum != "" && l.client.events.wants() {
		l.tellCache(r, a.age, ok)
	}
	return a, ok
}

// get returns a cached answer; Expired stands for none.
func (c *answerCache) get(ctx context.Context, key string, now time.Time) (*Response, time.Duration, cache.Freshness) {
	value, ok, err := c.read(ctx, key)
	if err != nil || !ok {
		return nil, 0, cache.Expired
	}
	entry, err := cache.ParseEntry(value)
	if err != nil {
		return nil, 0, cache.Expired
	}
	age := entry.Age(now)
	freshness := c.ages.At(age)
	if freshness == cache.Expired {
		return nil, 0, cache.Expired
	}
	resp, err := decodeResponse(entry.Value)
	if err != nil {
		return nil, 0, cache.Expired
	}
	return resp, age, freshness
}

// read asks a store that may have to wait no longer than storeLimit: it may be
// the one that is down.
func (c *answerCache) read(ctx context.Context, key string) (string, bool, error) {
	if c.local != nil {
		return c.local.GetString(ctx, key)
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	value, ok, err := c.store.Get(ctx, key)
	return string(value), ok, err
}

// stale is the step that answers with the primary's earlier answer.
func stale(ctx context.Context, l *call, _ fallback.Turn) (answer, error) {
	if a, ok := l.look(ctx, l.primary, true); ok {
		return a, nil
	}
	if l.sum != "" { // else there never was a cached answer to look for
		l.trail = append(l.trail, Attempt{
			Source: SourceCache, Code: CodeNotAvailable, Skipped: true, Start: time.Since(l.start),
		})
	}
	return answer{}, errNoAnswer
}

// static is the step that answers with the application's own words.
func static(_ context.Context, l *call, _ fallback.Turn) (answer, error) {
	var start time.Duration
	if n := len(l.trail); n > 0 {
		start = l.trail[n-1].Start + l.trail[n-1].Duration
	}
	l.trail = append(l.trail, Attempt{Source: SourceStatic, Start: start})
	return answer{resp: l.client.statics[l.kind].Clone(), source: SourceStatic, private: true}, nil
}

// store keeps an answer of r under r's own key, if it is whole: the next caller
// may have better luck with one that was cut short, blocked or a stopgap.
func (l *call) store(ctx context.Context, r *route, resp *Response) {
	whole := (resp.FinishReason == FinishStop || resp.FinishReason == "") && !resp.Fallback &&
		len(resp.ToolCalls) == 0 // which some servers send with "stop", and to requests without tools
	if l.sum == "" || l.req.Cache.NoStore || !whole || l.left() || ctx.Err() != nil {
		return
	}
	entry := cache.Entry{Stored: time.Now(), Value: string(encodeResponse(resp))}
	value, err := entry.AppendBinary(make([]byte, 0, entry.Size()))
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	c := l.client.answers
	_ = c.store.Set(ctx, l.key(r), value, c.ages.TTL()) // a lost entry costs a call, no more
}

// runCached answers from the cache or, together with every other caller that
// asks the same at the same time, by one run of the steps.
func (l *call) runCached(ctx context.Context) (*Response, error) {
	if resp := l.fresh(ctx); resp != nil {
		return resp, nil
	}
	if l.req.Fallback != nil || l.req.Cache != (CacheControl{}) {
		return l.run(ctx)
	}
	return l.runTogether(ctx)
}

// fresh returns the primary's fresh cached answer, or nil.
func (l *call) fresh(ctx context.Context) *Response {
	if l.req.Cache.Refresh {
		return nil
	}
	a, ok := l.look(ctx, l.primary, false)
	if !ok {
		return nil
	}
	return l.mark(fallback.Result[answer]{Value: a})
}

// runTogether makes one run for all callers that ask the same at the same
// time.
func (l *call) runTogether(ctx context.Context) (*Response, error) {
	if !l.deadline.IsZero() {
		limited, cancel := context.WithDeadline(ctx, l.deadline)
		defer cancel()
		ctx = limited
	}
	// What decides the substitutes belongs to the key, beside what decides the
	// primary's answer.
	key := cache.Join(l.key(l.primary), l.req.Model)
	if l.req.AllowOtherSpace {
		key += "+"
	}
	// The run may outlive this caller, whose request is its own again once
	// Analyze has returned. Callers that only wait copy nothing.
	l.together = true
	var once sync.Once
	adopt := func() { l.own(l.req.Clone()) }
	resp, shared, err := l.client.answers.flight.Do(ctx, key, func(ctx context.Context) (*Response, error) {
		once.Do(adopt)
		// An equal call may have ended since this one looked.
		if a, ok := l.cached(ctx, l.primary, false); ok {
			return l.mark(fallback.Result[answer]{Value: a}), nil
		}
		return l.run(ctx)
	})
	switch {
	case err == nil && shared:
		return resp.Clone(), nil
	case err == nil:
		return resp, nil
	}
	once.Do(adopt)
	failed, ok := err.(*Error)
	if !ok { // this caller's context ended before the run did
		return nil, &Error{Code: codeOfContext(err), Provider: l.primary.name, Cause: err}
	}
	if shared {
		failed = new(*failed)
		failed.Trail = slices.Clone(failed.Trail)
	}
	return nil, failed
}
