package cache

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	benchKeys = 10_000
	benchSize = 2048
)

// benchMemory returns a Memory that holds benchSize bytes under each of the keys.
func benchMemory(b *testing.B) (*Memory, []string, []byte) {
	m := NewMemory(MemoryConfig{})
	b.Cleanup(func() { _ = m.Close() })
	keys, value := make([]string, benchKeys), make([]byte, benchSize)
	for i := range keys {
		keys[i] = sum(func(h *Hasher) { h.Int64("i", int64(i)) })
		if err := m.Set(b.Context(), keys[i], value, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	if m.Len() != benchKeys {
		b.Fatalf("%d of %d keys fit", m.Len(), benchKeys)
	}
	b.ReportAllocs()
	return m, keys, value
}

// parallel gives each goroutine its own run through the keys.
func parallel(b *testing.B, do func(i int)) {
	var from atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for i := int(from.Add(benchKeys / 7)); pb.Next(); i++ {
			do(i % benchKeys)
		}
	})
}

func BenchmarkMemoryGet(b *testing.B) {
	m, keys, _ := benchMemory(b)
	ctx := b.Context()
	get := func(i int) {
		if _, ok, _ := m.Get(ctx, keys[i]); !ok {
			b.Error("miss")
		}
	}
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			get(i % benchKeys)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		parallel(b, get)
	})
}

func BenchmarkMemorySet(b *testing.B) {
	m, keys, value := benchMemory(b)
	ctx := b.Context()
	set := func(i int) {
		if err := m.Set(ctx, keys[i], value, time.Hour); err != nil {
			b.Error(err)
		}
	}
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			set(i % benchKeys)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		parallel(b, set)
	})
	b.Run("evicting", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if err := m.Set(ctx, fmt.Sprint(i), value, time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkKey(b *testing.B) {
	for name, text := range map[string]string{
		"short prompt": "Which covenants does this filing put at risk?",
		"4 KB prompt":  strings.Repeat("0123456789abcdef", 256),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var h Hasher
				h.String("tenant", "tenant-42")
				h.String("kind", "text")
				h.String("prompt", text)
				h.Int64("max_tokens", 1024)
				h.Float64("temperature", 0)
				_ = Join(h.Sum(), "route/model")
			}
		})
	}
	b.Run("1 MB image", func(b *testing.B) {
		image := make([]byte, 1<<20)
		b.SetBytes(int64(len(image)))
		b.ReportAllocs()
		for b.Loop() {
			var h Hasher
			h.Bytes("image", image)
			_ = h.Sum()
		}
	})
}

func BenchmarkEntry(b *testing.B) {
	e := Entry{Stored: time.Now(), Value: strings.Repeat("x", benchSize)}
	buffer, err := e.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buffer, _ = e.AppendBinary(buffer[:0])
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		whole := string(buffer)
		for b.Loop() {
			if _, err := ParseEntry(whole); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFlight(b *testing.B) {
	var f Flight[int]
	fn := func(context.Context) (int, error) { return 1, nil }
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := f.Do(ctx, "key", fn); err != nil {
			b.Fatal(err)
		}
	}
}
