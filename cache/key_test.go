package cache

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func sum(add func(*Hasher)) string {
	var h Hasher
	add(&h)
	return h.Sum()
}

func TestDifferentPartsGiveDifferentKeys(t *testing.T) {
	seen := map[string]int{}
	for i, add := range []func(*Hasher){
		func(*Hasher) {},
		func(h *Hasher) { h.String("", "") },
		func(h *Hasher) { h.String("a", "") },
		func(h *Hasher) { h.String("", "a") },
		func(h *Hasher) { h.String("a", ""); h.String("a", "") },
		func(h *Hasher) { h.String("a", "ab"); h.String("b", "c") },
		func(h *Hasher) { h.String("a", "a"); h.String("b", "bc") },
		func(h *Hasher) { h.String("b", "bc"); h.String("a", "a") },
		func(h *Hasher) { h.String("a", "ab"); h.String("a", "c") },
		func(h *Hasher) { h.String("a", "a"); h.String("a", "bc") },
		func(h *Hasher) { h.String("aa", "bc") },
		func(h *Hasher) { h.Bytes("a", nil) },
		func(h *Hasher) { h.Bytes("a", []byte{0}) },
		func(h *Hasher) { h.Bytes("a", []byte{0, 0}) },
		func(h *Hasher) { h.String("a", "\x00") },
		func(h *Hasher) { h.Int64("a", 0) },
		func(h *Hasher) { h.Int64("a", 1) },
		func(h *Hasher) { h.Int64("a", -1) },
		func(h *Hasher) { h.String("a", "1") },
		func(h *Hasher) { h.Float64("a", 0) },
		func(h *Hasher) { h.Float64("a", 1) },
		func(h *Hasher) { h.Float64("a", math.Nextafter(1, 2)) },
		func(h *Hasher) { h.Float64("a", math.Inf(1)) },
		func(h *Hasher) { h.Float64("a", math.Inf(-1)) },
		func(h *Hasher) { h.Float64("a", math.NaN()) },
		func(h *Hasher) { h.Bool("a", false) },
		func(h *Hasher) { h.Bool("a", true) },
		func(h *Hasher) { h.Strings("a", nil) },
		func(h *Hasher) { h.Strings("a", []string{""}) },
		func(h *Hasher) { h.Strings("a", []string{"", ""}) },
		func(h *Hasher) { h.Strings("a", []string{"ab", "c"}) },
		func(h *Hasher) { h.Strings("a", []string{"a", "bc"}) },
		func(h *Hasher) { h.Strings("a", []string{"bc", "a"}) },
		func(h *Hasher) { h.Strings("a", []string{"a"}); h.Strings("a", []string{"bc"}) },
	} {
		key := sum(add)
		if other, ok := seen[key]; ok {
			t.Errorf("lists %d and %d of parts share a key", i, other)
		}
		seen[key] = i
	}
}

func TestEqualNumbersGiveEqualKeys(t *testing.T) {
	float := func(v float64) string { return sum(func(h *Hasher) { h.Float64("a", v) }) }
	if float(0) != float(math.Copysign(0, -1)) {
		t.Error("0 and -0 have different keys")
	}
	if float(math.NaN()) != float(math.Float64frombits(0xfff8_0000_0000_0bad)) {
		t.Error("two NaNs have different keys")
	}
}

// plainKey is what Sum has to return, without buffer or pool: the parts are
// already encoded.
func plainKey(parts ...string) string {
	digest := sha256.Sum256([]byte("\x01" + strings.Join(parts, "")))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// Keys are in stores that outlive a process: a change needs a new version.
func TestTheKeyIsAHashOfVersionAndParts(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ got, want string }{
		{sum(func(*Hasher) {}), plainKey()},
		{sum(func(h *Hasher) { h.String("n", "ab") }), plainKey("s\x01n\x02ab")},
		{sum(func(h *Hasher) { h.Bytes("n", []byte("ab")) }), plainKey("b\x01n\x02ab")},
		{sum(func(h *Hasher) { h.Int64("n", -2) }), plainKey("i\x01n\xff\xff\xff\xff\xff\xff\xff\xfe")},
		{sum(func(h *Hasher) { h.Float64("n", 1) }), plainKey("f\x01n\x3f\xf0\x00\x00\x00\x00\x00\x00")},
		{sum(func(h *Hasher) { h.Bool("n", true) }), plainKey("t\x01n\x01")},
		{sum(func(h *Hasher) { h.Bool("", false) }), plainKey("t\x00\x00")},
		{sum(func(h *Hasher) { h.Strings("n", []string{"ab", ""}) }), plainKey("l\x01n\x02\x02ab\x00")},
		{sum(func(h *Hasher) { h.String("n", long); h.Bool("m", true) }), plainKey("s\x01n\xac\x02", long, "t\x01m\x01")},
	} {
		if c.got != c.want || len(c.got) != KeyLen {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTheBufferNeverShows(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var h Hasher
		var plain []string
		for range rapid.IntRange(0, 200).Draw(r, "numbers in front") {
			h.Int64("n", 7)
			plain = append(plain, "i\x01n\x00\x00\x00\x00\x00\x00\x00\x07")
		}
		for range rapid.IntRange(0, 8).Draw(r, "parts") {
			value := strings.Repeat("v", rapid.IntRange(0, 1200).Draw(r, "length"))
			part := fmt.Sprintf("\x00%s%s", uvarint(len(value)), value)
			if rapid.Bool().Draw(r, "bytes") {
				h.Bytes("", []byte(value))
				plain = append(plain, "b"+part)
			} else {
				h.String("", value)
				plain = append(plain, "s"+part)
			}
		}
		if got, want := h.Sum(), plainKey(plain...); got != want {
			r.Fatalf("got %q, want %q", got, want)
		}
	})
}

func uvarint(n int) string {
	if n < 0x80 {
		return string([]byte{byte(n)})
	}
	return string([]byte{byte(n) | 0x80}) + uvarint(n>>7)
}

func TestAHasherIsReadyAgainAfterSum(t *testing.T) {
	var h Hasher
	h.String("n", "ab")
	one := h.Sum()
	empty := h.Sum()
	h.String("n", "ab")
	if again := h.Sum(); again != one || empty == one {
		t.Errorf("one %q, empty %q, again %q", one, empty, again)
	}
}

func TestACopiedHasherIsCaught(t *testing.T) {
	var h Hasher
	h.String("n", "ab")
	other := h
	h.Sum()
	defer func() {
		if recover() == nil {
			t.Error("a copy was used after Sum of the other")
		}
	}()
	other.Sum()
}

func TestConcurrentHashersDoNotMix(t *testing.T) {
	var users sync.WaitGroup
	for u := range 8 {
		users.Go(func() {
			value := strings.Repeat(fmt.Sprint(u), 400+u)
			want := plainKey("s\x00", uvarint(len(value)), value)
			for range 200 {
				if got := sum(func(h *Hasher) { h.String("", value) }); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
	users.Wait()
}

func TestJoinedKeysDiffer(t *testing.T) {
	one, two := sum(func(h *Hasher) { h.Bool("a", true) }), sum(func(h *Hasher) { h.Bool("a", false) })
	seen := map[string]bool{}
	for _, key := range []string{one, Join(one, ""), Join(one, "a"), Join(one, "b"), Join(two, "a"), Join(one, ".a")} {
		if seen[key] {
			t.Errorf("%q twice", key)
		}
		seen[key] = true
	}
}

func TestAKeyTakesAtMostTwoAllocations(t *testing.T) {
	prompt, image := strings.Repeat("prompt", 1000), make([]byte, 1<<20)
	n := testing.AllocsPerRun(50, func() {
		var h Hasher
		h.String("name", "value")
		h.String("prompt", prompt)
		h.Bytes("image", image)
		_ = h.Sum()
	})
	if n > 2 { // the pool may have been emptied by a collection
		t.Errorf("%v allocations, want one and at most two", n)
	}
}
