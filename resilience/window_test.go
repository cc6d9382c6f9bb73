package resilience

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAWindowAgreesWithAList(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(0, 9).Draw(rt, "size")
		span := rapid.Int64Range(0, 20).Draw(rt, "span")
		w := newWindow(size)
		var list []int64
		now := int64(-100)
		for range rapid.IntRange(0, 40).Draw(rt, "failures") {
			now += rapid.Int64Range(0, 5).Draw(rt, "later")
			w.add(time.Duration(now))
			list = append(list, now)
			if rapid.IntRange(0, 15).Draw(rt, "clear") == 0 {
				w.clear()
				list = nil
			}
			want := 0
			for _, at := range list[max(0, len(list)-size):] {
				if now-at <= span {
					want++
				}
			}
			if got := w.within(time.Duration(now), time.Duration(span)); got != want {
				rt.Fatalf("%d within %d, want %d of %d", got, span, want, list)
			}
			if got, want := w.full(time.Duration(now), time.Duration(span)), size > 0 && want == size; got != want {
				rt.Fatalf("full: %t, want %t of %d", got, want, list)
			}
		}
	})
}
