package resilience

import (
	"testing"
	"time"
)

func TestInstantsNeverOverflow(t *testing.T) {
	for _, tt := range []struct{ at, d, want time.Duration }{
		{0, 5, 5},
		{-5, 3, -2}, // before the base: another bubble's time
		{-5, forever - 1, forever - 6},
		{0, forever, forever - 1},
		{time.Hour, forever, forever - 1},
		{forever - 10, 9, forever - 1},
		{forever - 10, 10, forever - 1},
		{forever - 10, 3, forever - 7},
	} {
		if got := after(tt.at, tt.d); got != tt.want {
			t.Errorf("%d after %d is %d, want %d", tt.d, tt.at, got, tt.want)
		}
	}
}
