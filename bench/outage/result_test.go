package outage

import (
	"slices"
	"testing"
	"time"
)

func TestRecoveryIsTheSecondFromWhichGoodputHolds(t *testing.T) {
	const good, bad = 20, 18 // of 20; one bad second in five is 98 %, all five are 90 %
	repeat := func(n, answered int) []tally { return slices.Repeat([]tally{{20, answered}}, n) }
	for _, tt := range []struct {
		name    string
		seconds []tally
		want    time.Duration
	}{
		{"never down", repeat(10, good), 0},
		{"never up", repeat(10, bad), Never},
		{"exactly 95 %", repeat(10, 19), 0},
		{"down for five seconds", append(repeat(5, 0), repeat(10, good)...), 5 * time.Second},
		{"down again", slices.Concat(repeat(5, good), repeat(1, 0), repeat(6, good)), 6 * time.Second},
		{"down at the end", append(repeat(10, good), repeat(1, 0)...), Never},
		{"one bad second among good ones", slices.Concat(repeat(5, good), repeat(1, bad), repeat(5, good)), 0},
		{"nothing asked", make([]tally, 10), 0},
	} {
		if got := recovery(tt.seconds); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
