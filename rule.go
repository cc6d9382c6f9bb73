package ai

import (
	"fmt"

	"github.com/finbrain/ai/resilience"
)

// policyRule is one WithPolicy.
type policyRule struct {
	route  string // "" is every route
	kind   Kind   // 0 is every kind
	policy resilience.Policy
}

// field names the rule as the application wrote it.
func (p policyRule) field() string { return fmt.Sprintf("WithPolicy(%q, %v)", p.route, p.kind) }

// check reports a rule that would never apply.
func (p policyRule) check(routes map[string]*route) error {
	r := routes[p.route]
	switch {
	case p.route == "":
		return nil
	case r == nil:
		return invalid(p.field()+".route", "names no provider")
	case p.kind != 0 && !r.serves[p.kind]:
		return invalid(p.field()+".kind", "is not among the kinds of this route")
	}
	return nil
}

// policyFor returns the most specific of the rules for a route and kind.
func policyFor(rules []policyRule, route string, kind Kind) resilience.Policy {
	var best resilience.Policy
	rank := -1
	for _, rule := range rules {
		if (rule.route != "" && rule.route != route) || (rule.kind != 0 && rule.kind != kind) {
			continue
		}
		of := 0
		if rule.route != "" {
			of += 2
		}
		if rule.kind != 0 {
			of++
		}
		if of >= rank {
			best, rank = rule.policy, of
		}
	}
	return best
}
