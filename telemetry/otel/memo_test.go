package otel

import (
	"sync"
	"testing"
)

func TestAMemoBuildsOnceAndKeepsNoMoreThanItsSize(t *testing.T) {
	built := 0
	m := newMemo(func(k int) int { built++; return -k })
	for range 2 {
		for k := range memoSize + 10 {
			if got := m.get(k); got != -k {
				t.Fatalf("got %d for %d", got, k)
			}
		}
	}
	if kept := len(*m.built.Load()); kept != memoSize || built != memoSize+20 {
		t.Errorf("%d kept, %d built", kept, built)
	}
	if _, ok := m.find(memoSize); ok {
		t.Error("found what was not kept")
	}
}

func TestAMemoServesManyAtOnce(t *testing.T) {
	m := newMemo(func(k int) int { return -k })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for k := range 200 {
				if got := m.get(k); got != -k {
					t.Errorf("got %d for %d", got, k)
				}
			}
		})
	}
	all.Wait()
	if kept := len(*m.built.Load()); kept != 200 {
		t.Errorf("%d kept", kept)
	}
}
