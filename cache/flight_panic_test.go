package cache

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crash runs n callers of fn at once and returns what they recovered, and how many
// of them ended by Goexit.
func crash(ctx context.Context, f *Flight[int64], n int, fn func(context.Context) (int64, error)) (recovered []any, exited int) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			returned := false
			defer func() {
				p := recover()
				mu.Lock()
				defer mu.Unlock()
				switch {
				case p != nil:
					recovered = append(recovered, p)
				case !returned:
					exited++
				}
			}()
			_, _, _ = f.Do(ctx, "key", fn)
			returned = true
		})
	}
	all.Wait()
	return recovered, exited
}

func TestAPanicReachesEveryCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		value := new(int)
		recovered, _ := crash(t.Context(), &f, 5, func(context.Context) (int64, error) {
			pass(time.Second)
			panic(value)
		})
		if len(recovered) != 5 {
			t.Fatalf("%d of 5 callers panicked", len(recovered))
		}
		for _, p := range recovered {
			if p != any(value) {
				t.Errorf("panicked with %v, want the value of the call", p)
			}
		}
		f.assertEmpty(t)
	})
}

func TestGoexitReachesEveryCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		if recovered, exited := crash(t.Context(), &f, 5, goexit); exited != 5 || len(recovered) != 0 {
			t.Errorf("%d of 5 callers exited, %d panicked", exited, len(recovered))
		}
		f.assertEmpty(t)
	})
}

func TestTheEndOfACallThatAllHaveLeftHurtsNobody(t *testing.T) {
	for name, fn := range map[string]func(context.Context) (int64, error){
		"panic": func(ctx context.Context) (int64, error) {
			<-ctx.Done()
			panic("with nobody waiting")
		},
		"goexit": goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f Flight[int64]
				ctx, cancel := context.WithCancel(t.Context())
				c := start(ctx, &f, fn)
				cancel()
				c.want(t, flown{err: context.Canceled})
				pass(time.Minute)
				f.assertEmpty(t)
			})
		})
	}
}

// goexit ends its goroutine after a second.
func goexit(context.Context) (int64, error) {
	pass(time.Second)
	runtime.Goexit()
	return 0, nil
}
