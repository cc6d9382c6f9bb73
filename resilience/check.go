package resilience

import (
	"errors"
	"fmt"
	"time"
)

var errNoName = errors.New("resilience: name is empty")

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func notNegative[T int | time.Duration](field string, value T) error {
	if value < 0 {
		return invalid("%s is %v: must not be negative", field, value)
	}
	return nil
}

func inRange(field string, value, most int) error {
	if value < 0 || value > most {
		return invalid("%s is %d: must be between 0 and %d", field, value, most)
	}
	return nil
}

// share refuses NaN too.
func share(field string, value float64) error {
	if !(value >= 0 && value <= 1) {
		return invalid("%s is %v: must be between 0 and 1", field, value)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("resilience: "+format, args...)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
