package cache

import (
	"bytes"
	"encoding"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var _ encoding.BinaryAppender = Entry{}

func TestAnEntryComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := Entry{
			Stored: time.Unix(rapid.Int64().Draw(r, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(r, "nanoseconds")),
			Value:  string(rapid.SliceOf(rapid.Byte()).Draw(r, "value")),
		}
		prefix := rapid.SliceOf(rapid.Byte()).Draw(r, "prefix")
		b, err := want.AppendBinary(prefix)
		if err != nil || !bytes.HasPrefix(b, prefix) || len(b) != len(prefix)+want.Size() {
			r.Fatalf("AppendBinary: %d bytes, %v", len(b), err)
		}
		got, err := ParseEntry(string(b[len(prefix):]))
		if err != nil || !got.Stored.Equal(want.Stored) || got.Value != want.Value {
			r.Fatalf("got %v, %v, want %v", got, err, want)
		}
	})
}

func TestAnEntryOfTheZeroTimeComesBack(t *testing.T) {
	b, err := Entry{}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseEntry(string(b)); err != nil || !got.Stored.IsZero() || len(got.Value) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// These bytes are in stores that outlive a process: a change of format needs a
// new version.
func TestTheFormatIsTheOneThatIsStored(t *testing.T) {
	b, err := Entry{Stored: time.Unix(0x0102, 0x0304), Value: "value"}.AppendBinary(nil)
	want := "\x01" + "\x00\x00\x00\x00\x00\x00\x01\x02" + "\x00\x00\x03\x04" + "\x00\x00\x00\x05" + "value"
	if err != nil || string(b) != want {
		t.Errorf("got %q, %v, want %q", b, err, want)
	}
}

func TestADamagedEntryIsNotAnEntry(t *testing.T) {
	whole, err := Entry{Stored: time.Unix(1_700_000_000, 999_999_999), Value: "value"}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{
		"another version":         append([]byte{entryVersion + 1}, whole[1:]...),
		"something behind":        append(bytes.Clone(whole), 0),
		"a second of nanoseconds": bytes.Replace(whole, []byte{0x3b, 0x9a, 0xc9, 0xff}, []byte{0x3b, 0x9a, 0xca, 0x00}, 1),
	}
	for n := range whole {
		damaged["cut to "+string(rune('a'+n))] = whole[:n]
	}
	for how, b := range damaged {
		if e, err := ParseEntry(string(b)); !errors.Is(err, ErrEntry) || e.Value != "" {
			t.Errorf("%s: %v, %v", how, e, err)
		}
	}
}

func TestAgeIsNeverNegative(t *testing.T) {
	now := time.Unix(1000, 0)
	for stored, want := range map[time.Time]time.Duration{
		now.Add(-time.Hour): time.Hour,
		now:                 0,
		now.Add(time.Hour):  0,
		{}:                  1<<63 - 1,
	} {
		if got := (Entry{Stored: stored}).Age(now); got != want {
			t.Errorf("age of an entry of %v is %v, want %v", stored, got, want)
		}
	}
}

func TestParsingAllocatesNothing(t *testing.T) {
	b, err := Entry{Stored: time.Now(), Value: strings.Repeat("x", 2048)}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(b)
	if n := testing.AllocsPerRun(100, func() { _, _ = ParseEntry(whole) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseEntry(f *testing.F) {
	whole, _ := Entry{Stored: time.Unix(1_700_000_000, 5), Value: "value"}.AppendBinary(nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEntry(string(b))
		if err != nil {
			return
		}
		if again, err := e.AppendBinary(nil); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q parses, but is written as %q, %v", b, again, err)
		}
	})
}
