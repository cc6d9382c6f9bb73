package health

import (
	"errors"
	"fmt"
	"slices"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// Config configures [New]. The zero value is the default.
type Config struct {
	// Kinds must be answerable for the service to be ready; default all that a
	// provider serves. Without the others it is only degraded.
	Kinds []ai.Kind
	// JobKind is what the jobs of /jobs/status ask for; default text or, if no
	// provider serves that, the first of [ai.Kinds] that one does.
	JobKind ai.Kind
	// Services are the breakers of what the service uses beside the providers:
	// storage, notifications, the database. They are shown after the Client's,
	// ordered by name, and while one is not closed the service is degraded. One
	// that is the Client's is shown once. All of them are read for every request:
	// tens, not thousands.
	Services *resilience.Registry
	// Required names the Services without which the service is not ready: while
	// one of these is open /readyz fails, in every process that sees the same.
	// One that is not in the registry yet counts as closed. Default none.
	Required []string
}

// check reports the first bad field in the light of what the client serves.
func (c *Config) check(served []ai.KindHealth) error {
	serves := func(k ai.Kind) bool {
		return slices.ContainsFunc(served, func(h ai.KindHealth) bool { return h.Kind == k })
	}
	for i, k := range c.Kinds {
		if !serves(k) {
			return fmt.Errorf("health: Config.Kinds[%d] is %q: no provider serves it", i, k)
		}
	}
	switch {
	case !serves(c.JobKind):
		return fmt.Errorf("health: Config.JobKind is %q: no provider serves it", c.JobKind)
	case len(c.Required) > 0 && c.Services == nil:
		return errors.New("health: Config.Required names services, but Config.Services is nil")
	case slices.Contains(c.Required, ""):
		return errors.New("health: Config.Required has an empty name")
	}
	return nil
}
