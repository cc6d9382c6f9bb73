package ai

import (
	"fmt"
	"slices"
)

// Step is a kind of substitute that may answer after the primary was left.
type Step string

// The steps of a FallbackPolicy.
const (
	// StepCache is the cached answer of the primary, within CachePolicy.Stale.
	StepCache Step = "cache"
	// StepProvider is every further route that can serve the kind, in order.
	StepProvider Step = "provider"
	// StepStatic is the answer given with WithStatic.
	StepStatic Step = "static"
)

// FallbackPolicy says what answers after the primary was left. The zero value
// is the default: a stale cached answer, then the other providers, then the
// static answer, each as far as there is one.
type FallbackPolicy struct {
	// Order names the steps to try, each at most once; nil is cache, provider,
	// static. A step that is left out is not tried; at least one is named.
	Order []Step
	// Off tries nothing after the primary: its error is returned.
	Off bool
	// OnFiltered also leaves the primary when it refused the content
	// (CodeContentFiltered). Off by default: another provider's laxer filter
	// should be a decision.
	OnFiltered bool
}

var defaultOrder = []Step{StepCache, StepProvider, StepStatic}

func (p *FallbackPolicy) order() []Step {
	switch {
	case p.Off:
		return nil
	case p.Order == nil:
		return defaultOrder
	default:
		return p.Order
	}
}

func (p *FallbackPolicy) validate(field string) error {
	if p == nil {
		return nil
	}
	if p.Order != nil && len(p.Order) == 0 {
		return invalid(field+".Order", "names no step: say Off")
	}
	for i, s := range p.Order {
		if !slices.Contains(defaultOrder, s) {
			return invalid(fmt.Sprintf("%s.Order[%d]", field, i), "is neither cache, provider nor static")
		}
		if slices.Contains(p.Order[:i], s) {
			return invalid(fmt.Sprintf("%s.Order[%d]", field, i), "stands twice")
		}
	}
	return nil
}
