package resilience

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// server serves calls in their order on so many workers, which is what it can do
// at once. Its time is its own.
type server struct {
	limiter *Limiter
	workers int
	service func() time.Duration
	demand  int // calls that its clients would have under way

	now   time.Duration
	busy  durations // when each worker that serves ends
	line  []time.Duration
	began map[time.Duration][]time.Duration
}

// durations is a heap.
type durations []time.Duration

func (d durations) Len() int           { return len(d) }
func (d durations) Less(i, j int) bool { return d[i] < d[j] }
func (d durations) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *durations) Push(x any)        { *d = append(*d, x.(time.Duration)) }
func (d *durations) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

func newServer(l *Limiter, workers int, service func() time.Duration) *server {
	return &server{limiter: l, workers: workers, service: service, demand: 1 << 20, began: map[time.Duration][]time.Duration{}}
}

// call serves one call to its end.
func (s *server) call() {
	for s.limiter.InFlight() < s.demand && s.limiter.TryAcquire() {
		s.line = append(s.line, s.now)
	}
	for len(s.line) > 0 && len(s.busy) < s.workers {
		end := s.now + s.service()
		heap.Push(&s.busy, end)
		s.began[end] = append(s.began[end], s.line[0])
		s.line = s.line[1:]
	}
	s.now = heap.Pop(&s.busy).(time.Duration)
	began := s.began[s.now][0]
	if s.began[s.now] = s.began[s.now][1:]; len(s.began[s.now]) == 0 {
		delete(s.began, s.now)
	}
	s.limiter.Learn(s.now-began, Success)
	s.limiter.Release()
}

// run serves for that long and returns the mean limit, and the least outside of
// probes.
func (s *server) run(d time.Duration) (mean float64, least int) {
	end, calls := s.now+d, 0
	least = math.MaxInt
	for s.now < end {
		s.call()
		n := s.limiter.Limit()
		mean += float64(n)
		calls++
		if s.limiter.adaptive.resume == 0 {
			least = min(least, n)
		}
	}
	return mean / float64(calls), least
}

func steady(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// random is exponentially distributed, the same in every test.
func random(mean time.Duration) func() time.Duration {
	r := rand.New(rand.NewPCG(1, 2))
	return func() time.Duration { return time.Duration(r.ExpFloat64() * float64(mean)) }
}

func within(t *testing.T, what string, mean float64, capacity int) {
	t.Helper()
	if mean < 0.8*float64(capacity) || mean > 1.2*float64(capacity) {
		t.Fatalf("%s: the limit is %.1f on average, and the service can do %d", what, mean, capacity)
	}
}

func adaptiveLimiter(t *testing.T, least, start, most int) *Limiter {
	return newTestLimiter(t, LimitPolicy{MaxConcurrent: most, Adaptive: AdaptivePolicy{Min: least, Start: start}})
}

func TestAnAdaptiveLimitSettlesNearWhatTheServiceCanDo(t *testing.T) {
	for _, c := range []struct {
		name     string
		capacity int
		start    int
		service  func() time.Duration
	}{
		{"from below", 100, 20, steady(time.Second)},
		{"from above", 100, 200, steady(time.Second)},
		{"a small service", 40, 10, steady(time.Second)},
		{"a large service", 300, 200, steady(time.Second)},
		{"a service of varying latency", 100, 20, random(time.Second)},
		{"a large one of varying latency", 300, 500, random(time.Second)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(adaptiveLimiter(t, 1, c.start, 1000), c.capacity, c.service)
			s.run(4 * time.Minute)
			for range 2 {
				mean, _ := s.run(2 * time.Minute)
				within(t, "settled", mean, c.capacity)
			}
		})
	}
}

func TestAnAdaptiveLimitFollowsTheService(t *testing.T) {
	for name, service := range map[string]func() time.Duration{
		"steady": steady(time.Second),
		"random": random(time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(adaptiveLimiter(t, 1, 20, 1000), 100, service)
			for _, capacity := range []int{100, 50, 100, 200, 100} {
				s.workers = capacity
				s.run(3 * time.Minute)
				mean, _ := s.run(2 * time.Minute)
				within(t, "after the change", mean, capacity)
			}
			s.service = steady(2 * time.Second)
			s.run(10 * time.Minute)
			mean, _ := s.run(2 * time.Minute)
			within(t, "of a service that became slower, not smaller", mean, 100)
		})
	}
}

func TestASlowPastIsForgotten(t *testing.T) {
	s := newServer(adaptiveLimiter(t, 1, 100, 1000), 100, steady(20*time.Second))
	s.run(2 * time.Minute)
	s.service = steady(time.Second)
	s.run(4 * time.Minute)
	mean, _ := s.run(2 * time.Minute)
	within(t, "fast again", mean, 100)
}

func TestOneOutlierDoesNotCollapseTheLimit(t *testing.T) {
	for calls := range 25 { // wherever it falls, in a probe too
		s := newServer(adaptiveLimiter(t, 1, 50, 1000), 50, steady(100*time.Millisecond))
		s.run(10 * time.Second)
		for range calls * 37 {
			s.call()
		}
		s.limiter.Learn(10*time.Minute, Success)
		if _, least := s.run(5 * time.Second); least < 40 {
			t.Fatalf("after %d calls an outlier lets the limit fall to %d", calls*37, least)
		}
	}
}

func TestAnAdaptiveLimitDoesNotGrowWithoutTraffic(t *testing.T) {
	s := newServer(adaptiveLimiter(t, 1, 20, 1000), 100, steady(100*time.Millisecond))
	s.demand = 9
	if mean, _ := s.run(time.Minute); mean != 20 {
		t.Fatalf("the limit is %.1f on average, with 9 of 20 places in use", mean)
	}
	s.demand = 12
	if s.run(time.Minute); s.limiter.Limit() != 24 {
		t.Fatalf("the limit is %d, with 12 places in use", s.limiter.Limit())
	}
}
