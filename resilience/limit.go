package resilience

import (
	"errors"
	"fmt"
)

// ErrLimit is matched, with [errors.Is], by the refusal of a run for which a
// guard has no place.
var ErrLimit = errors.New("resilience: too many concurrent calls")

// LimitError is the refusal of a run because Policy.MaxConcurrent others are
// under way. One immutable value serves every refusal of a guard.
type LimitError struct {
	Name  string // the guard's name
	Limit int    // Policy.MaxConcurrent
}

// Error names the guard and its limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("resilience: %s already has %d calls under way", e.Name, e.Limit)
}

// Is reports whether target is [ErrLimit].
func (e *LimitError) Is(target error) bool { return target == ErrLimit }
