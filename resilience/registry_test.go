package resilience

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

func names(r *Registry) (all []string) {
	for b := range r.All() {
		all = append(all, b.Name())
	}
	return all
}

func TestTheZeroRegistryIsReady(t *testing.T) {
	var r Registry
	if b, ok := r.Lookup("ai"); b != nil || ok || len(names(&r)) != 0 || r.Snapshots() != nil {
		t.Fatal("it is not empty")
	}
	b := r.Breaker("ai")
	if b.Name() != "ai" || b.cfg.Failures != 5 || b.cfg.OpenFor != 30*time.Second {
		t.Fatalf("%s: %+v", b.Name(), b.cfg)
	}
	if found, ok := r.Lookup("ai"); found != b || !ok {
		t.Fatal("a lookup finds another")
	}
}

func TestLookingUpMakesNothing(t *testing.T) {
	var r Registry
	r.Breaker("ai")
	for range 10 {
		if _, ok := r.Lookup("e-mail"); ok {
			t.Fatal("it was made")
		}
	}
	if got := names(&r); !slices.Equal(got, []string{"ai"}) {
		t.Fatalf("there are %v", got)
	}
}

func TestEveryNameHasItsConfiguration(t *testing.T) {
	r, err := NewRegistry(RegistryConfig{
		Default: BreakerConfig{Failures: 7},
		Named:   map[string]BreakerConfig{"database": {OpenFor: time.Minute}, "plain": {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]BreakerConfig{
		"database": {Failures: 5, OpenFor: time.Minute},
		"plain":    {Failures: 5, OpenFor: 30 * time.Second},
		"ai":       {Failures: 7, OpenFor: 30 * time.Second},
	} {
		if got := r.Breaker(name).cfg; got.Failures != want.Failures || got.OpenFor != want.OpenFor {
			t.Errorf("%s: %d failures, open for %v", name, got.Failures, got.OpenFor)
		}
	}
	if r.Breaker("ai").cfg != r.Breaker("e-mail").cfg {
		t.Error("a configuration for each breaker")
	}
}

func TestABadRegistryIsRefusedByName(t *testing.T) {
	bad := BreakerConfig{Window: -1}
	for want, cfg := range map[string]RegistryConfig{
		`resilience: RegistryConfig.Default: BreakerConfig.Window is -1ns: must not be negative`:     {Default: bad},
		`resilience: RegistryConfig.Named["ai"]: BreakerConfig.Window is -1ns: must not be negative`: {Named: map[string]BreakerConfig{"z": bad, "ai": bad}},
		`resilience: RegistryConfig.Named has an empty name`:                                         {Named: map[string]BreakerConfig{"": {}}},
	} {
		if r, err := NewRegistry(cfg); r != nil || err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestABreakerWithoutANamePanics(t *testing.T) {
	var r Registry
	defer func() {
		if recover() != "resilience: Registry.Breaker: name is empty" || len(names(&r)) != 0 {
			t.Fatal("it did not say so")
		}
	}()
	r.Breaker("")
}

func TestABreakerMadeElsewhereIsTakenInOnce(t *testing.T) {
	var r Registry
	b := newTestGuard(t, Policy{}, nil).Breaker()
	if err := r.Add(b); err != nil {
		t.Fatal(err)
	}
	if r.Breaker("openai/text") != b {
		t.Fatal("another was made")
	}
	r.Breaker("storage")
	for _, again := range []*Breaker{b, newTestBreaker(t, BreakerConfig{})} {
		want := fmt.Sprintf("resilience: the registry has a breaker named %q already", again.Name())
		if err := r.Add(again); err == nil || err.Error() != want {
			t.Fatalf("error %v", err)
		}
	}
	if r.Breaker("openai/text") != b {
		t.Fatal("it was replaced")
	}
}

func TestBreakersAreListedByName(t *testing.T) {
	var r Registry
	want := []string{"ai", "database", "file_storage", "notifications"}
	for _, n := range []int{3, 0, 2, 1} {
		r.Breaker(want[n]).RecordFailure()
		for range n {
			r.Breaker(want[n])
		}
	}
	if got := names(&r); !slices.Equal(got, want) {
		t.Fatalf("listed as %v", got)
	}
	for i, s := range r.Snapshots() {
		if s.Name != want[i] || s.FailureCount != 1 {
			t.Fatalf("snapshot %+v", s)
		}
	}
	for b := range r.All() {
		r.Breaker("made while listing " + b.Name())
		break
	}
	if len(names(&r)) != 5 {
		t.Fatalf("there are %v", names(&r))
	}
}

func TestConcurrentFirstUseMakesOneBreakerPerName(t *testing.T) {
	const callers, count = 16, 200
	var r Registry
	got := make([][]*Breaker, callers)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			for n := range count {
				got[i] = append(got[i], r.Breaker(fmt.Sprint((n+i*7)%count)))
				r.Lookup(fmt.Sprint(n))
			}
		})
	}
	all.Wait()
	for _, breakers := range got {
		for _, b := range breakers {
			if only, ok := r.Lookup(b.Name()); !ok || only != b {
				t.Fatalf("two breakers named %s", b.Name())
			}
		}
	}
	if n := len(names(&r)); n != count {
		t.Fatalf("%d breakers, want %d", n, count)
	}
}

func TestLookupsOfManyBreakersAreAnsweredWithoutALock(t *testing.T) {
	const count = 10_000
	var r Registry
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprint("tenant-", i)
		r.Breaker(all[i])
	}
	for range 2 {
		for _, name := range all {
			r.Breaker(name)
		}
	}
	r.mu.Lock() // whoever needs it now waits for ever
	defer r.mu.Unlock()
	for _, name := range all {
		if b, ok := r.Lookup(name); !ok || b != r.Breaker(name) || b.Name() != name {
			t.Fatalf("%s is lost", name)
		}
	}
	if allocated := testing.AllocsPerRun(100, func() { r.Lookup(all[77]) }); allocated != 0 {
		t.Fatalf("%v allocations", allocated)
	}
}

func TestBreakersNeedNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	var r Registry
	for i := range 1000 {
		r.Breaker(fmt.Sprint(i)).RecordFailure()
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Fatalf("%d goroutines more", after-before)
	}
}
