package ai

import "strings"

// seat is a route's part in one call: the request as this route is to see it,
// and what it plans to do with it.
type seat struct {
	taken bool
	req   *Request
	plan  Plan
	err   *Error // why the route cannot serve this request; nil if it can
}

// serves reports whether the route can serve the request's kind at all.
func (s *seat) serves() bool { return s.err == nil || s.err.Code != CodeUnsupported }

// seat returns the part of r in the call, worked out once.
func (l *call) seat(r *route) *seat {
	s := &l.seats[r.index]
	if !s.taken {
		*s = l.place(r, r == l.primary)
	}
	return s
}

// place works out a route's part. A request's model name is addressed to one
// route, or to the primary: to the others it means nothing, unless they map
// that name to a model of their own.
func (l *call) place(r *route, first bool) seat {
	if !r.serves[l.kind] {
		return seat{taken: true, err: unsupported(r)}
	}
	if l.model == "" {
		return l.plan(r, "")
	}
	if first {
		return l.plan(r, l.model)
	}
	if l.addressed == nil && r.planner != nil {
		if s := l.plan(r, l.model); s.plan.Alias {
			return s
		}
	}
	return l.plan(r, "")
}

func (l *call) plan(r *route, model string) seat {
	s := seat{taken: true, req: l.req}
	if model != l.req.Model {
		other := *l.req
		other.Model = model
		s.req = &other
	}
	s.plan, s.err = r.plan(s.req)
	return s
}

func unsupported(r *route) *Error {
	return &Error{Code: CodeUnsupported, Provider: r.name}
}

// address finds which route the request's model name is for, if it says so.
func (l *call) address(c *Client) {
	l.model = l.req.Model
	if l.model == "" {
		return
	}
	if name, model, ok := strings.Cut(l.model, "/"); ok {
		if r := c.byName[name]; r != nil {
			l.addressed, l.model = r, model
		}
	}
}

// choosePrimary picks the addressed route or, where the request names none, the
// first that can serve its kind. When none can, the first is kept: its error
// says so.
func (l *call) choosePrimary(c *Client) {
	if l.addressed != nil {
		l.primary = l.addressed
		return
	}
	for _, r := range c.routes {
		s := &l.seats[r.index]
		if *s = l.place(r, true); s.serves() {
			l.primary = r
			return
		}
	}
	l.primary = c.routes[0]
}

// sameSpace reports whether r would embed into the space that the primary
// embeds into.
func (l *call) sameSpace(r *route) bool {
	if l.kind != KindEmbedding || l.req.AllowOtherSpace || r == l.primary {
		return true
	}
	return matchSpaces(l.seat(l.primary).plan.Space, l.seat(r).plan.Space)
}

// matchSpaces compares two spaces of which either may not know its dimensions
// before the call. Unknown spaces match nothing.
func matchSpaces(a, b Space) bool {
	if a == (Space{}) || b == (Space{}) {
		return false
	}
	if a.Dimensions == 0 || b.Dimensions == 0 {
		a.Dimensions, b.Dimensions = 0, 0
	}
	return a == b
}

// own replaces the call's request by an equal one.
func (l *call) own(req *Request) {
	for i := range l.seats {
		switch s := &l.seats[i]; {
		case s.req == nil:
		case s.req == l.req:
			s.req = req
		default:
			other := *req
			other.Model = s.req.Model
			s.req = &other
		}
	}
	l.req = req
}
