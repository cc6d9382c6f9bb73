package ai

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
)

// Option configures a Client in New. Options may come in any order, except
// that the order of the WithProvider options is the order of preference.
type Option interface{ apply(*settings) error }

type optionFunc func(*settings) error

func (f optionFunc) apply(s *settings) error { return f(s) }

// Options returns one option in place of several, which apply in their order.
func Options(options ...Option) Option {
	return optionFunc(func(s *settings) error {
		var first error
		for _, o := range options { // all of them: New closes a store that any of them brings
			if o == nil {
				continue
			}
			if err := o.apply(s); first == nil {
				first = err
			}
		}
		return first
	})
}

// settings collects the options before New checks them against each other.
type settings struct {
	routes    []*route
	policies  []policyRule
	fallback  FallbackPolicy
	statics   [kindEnd]*Response
	store     cache.Store
	caching   CachePolicy
	observers []Observer
	logger    *slog.Logger
}

// feed returns the feed to the observers, the logger first among them unless
// it is silent.
func (s *settings) feed() *feed {
	f := &feed{}
	if s.logger == nil || s.logger.Enabled(context.Background(), slog.LevelError) {
		f.observers = append(f.observers, logObserver{s.logger})
	}
	f.observers = append(f.observers, s.observers...)
	f.detailed = len(s.observers) > 0
	return f
}

// WithProvider adds a route: a provider under a name of the application's
// choosing, which appears in answers, errors, logs and circuit names. The
// order of these options is the order of preference: the first route that can
// serve a request's kind is its primary, the others are its substitutes. A
// name is given once and contains no "/".
func WithProvider(name string, provider Analyzer, options ...RouteOption) Option {
	return optionFunc(func(s *settings) error {
		field := fmt.Sprintf("WithProvider(%q)", name)
		if err := checkRouteName(name); err != nil {
			return invalid(field+".name", err.Error())
		}
		if isNil(provider) {
			return invalid(field+".provider", "is nil")
		}
		for _, r := range s.routes {
			if r.name == name {
				return invalid(field+".name", "is given twice")
			}
		}
		r := newRoute(name, provider)
		for _, o := range options {
			if o == nil {
				continue
			}
			if err := o.applyRoute(r, field); err != nil {
				return err
			}
		}
		s.routes = append(s.routes, r)
		return nil
	})
}

// RouteOption configures one route in WithProvider.
type RouteOption interface {
	applyRoute(r *route, field string) error
}

type routeOptionFunc func(r *route, field string) error

func (f routeOptionFunc) applyRoute(r *route, field string) error { return f(r, field) }

// OnlyKinds keeps a route to some kinds of request. Without it a route serves
// texts, images and embeddings, and image generation if its provider's Planner
// says that it can.
func OnlyKinds(kinds ...Kind) RouteOption {
	return routeOptionFunc(func(r *route, field string) error {
		if len(kinds) == 0 {
			return invalid(field+".OnlyKinds", "names no kind")
		}
		clear(r.serves[:requestKindEnd])
		for _, k := range kinds {
			if k == 0 || k >= requestKindEnd {
				return invalid(field+".OnlyKinds", "names an unknown kind")
			}
			r.serves[k] = true
		}
		return nil
	})
}

// WithPolicy sets the thresholds, retries, limits and times of one route for
// one kind of request. An empty route means every route, a zero kind every
// kind; the most specific policy wins, and of equals the last. Zero fields of
// the policy keep their defaults; Timeout defaults to DefaultTimeout
// (resilience.NoTimeout for none), and Breaker.OpenFor to DefaultOpenFor.
func WithPolicy(route string, kind Kind, policy resilience.Policy) Option {
	return optionFunc(func(s *settings) error {
		rule := policyRule{route, kind, policy}
		if kind >= kindEnd {
			return invalid(rule.field()+".kind", "is unknown")
		}
		if err := policy.Validate(); err != nil {
			return invalid(rule.field()+".policy", err.Error())
		}
		s.policies = append(s.policies, rule)
		return nil
	})
}

// WithFallback replaces the default order of substitutes.
func WithFallback(policy FallbackPolicy) Option {
	return optionFunc(func(s *settings) error {
		if err := policy.validate("WithFallback"); err != nil {
			return err
		}
		policy.Order = slices.Clone(policy.Order)
		s.fallback = policy
		return nil
	})
}

// WithStatic sets the answer given when nothing else can answer requests of
// these kinds, text and image analyses unless named. The answer is copied, and
// marked as static. Embeddings have none: a constant vector would look like one
// of the text's.
func WithStatic(answer *Response, kinds ...Kind) Option {
	return optionFunc(func(s *settings) error {
		if answer == nil {
			return invalid("WithStatic.answer", "is nil")
		}
		if len(kinds) == 0 {
			kinds = []Kind{KindText, KindImage}
		}
		for _, k := range kinds {
			if k != KindText && k != KindImage {
				return invalid("WithStatic.kinds", "names another kind than text and image")
			}
			s.statics[k] = answer.Clone()
		}
		return nil
	})
}

// CacheScope says who may share cached answers. It must be said, because a
// wrong guess shows one customer's answer to another.
type CacheScope uint8

// The scopes.
const (
	// ScopeTenant keeps the answers of each Request.Tenant apart. A request
	// without a tenant is neither stored nor answered from the cache.
	ScopeTenant CacheScope = iota + 1
	// ScopeShared says that there is only one tenant: everyone may be shown
	// anyone's answer.
	ScopeShared
)

// CachePolicy says how long cached answers serve, and whom.
type CachePolicy struct {
	// Scope must be given.
	Scope CacheScope
	// Fresh is how long a cached answer is as good as a new one.
	Fresh time.Duration
	// Stale is how much longer it may stand in when the primary fails; 0 means
	// not at all.
	Stale time.Duration
}

func (p CachePolicy) validate(field string) error {
	switch {
	case p.Scope != ScopeTenant && p.Scope != ScopeShared:
		return invalid(field+".Scope", "must be ScopeTenant or ScopeShared")
	case p.Fresh < 0:
		return invalid(field+".Fresh", "is negative")
	case p.Stale < 0:
		return invalid(field+".Stale", "is negative")
	case p.Fresh == 0 && p.Stale == 0:
		return invalid(field+".Fresh", "is zero, and so is Stale")
	}
	return nil
}

// WithCache keeps answers in store, as policy says. The Client owns the store
// from then on: Client.Close closes it.
func WithCache(store cache.Store, policy CachePolicy) Option {
	return optionFunc(func(s *settings) error {
		if isNil(store) {
			return invalid("WithCache.store", "is nil")
		}
		if s.store != nil {
			_ = store.Close() // it belongs to the Client that is not to be
			return invalid("WithCache", "is given twice")
		}
		s.store, s.caching = store, policy
		return policy.validate("WithCache.policy")
	})
}

// WithObserver adds an observer of what happens in the Client. May be given
// several times.
func WithObserver(o Observer) Option {
	return optionFunc(func(s *settings) error {
		if isNil(o) {
			return invalid("WithObserver", "is nil")
		}
		s.observers = append(s.observers, o)
		return nil
	})
}

// WithLogger sets where state changes and fallbacks are logged; the default is
// slog.Default() at the time of each line. For silence, give
// slog.New(slog.DiscardHandler).
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(s *settings) error {
		if l == nil {
			return invalid("WithLogger", "is nil")
		}
		s.logger = l
		return nil
	})
}

// isNil also finds a nil pointer inside an interface, which == nil does not.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return r.IsNil()
	}
	return false
}
