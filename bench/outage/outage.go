// Package outage is an experiment about metastability: a server stalls for a
// while, recovers, and its clients either let it or keep it down. It runs in
// virtual time, in a bubble of testing/synctest, with the real code of guards.
//
// The server answers first come first served and works on requests whose
// clients have given up as on any other. That is what makes an overload outlast
// its cause (Bronson et al., "Metastable Failures in Distributed Systems",
// HotOS 2021): once the queue is longer than the clients' patience all work is
// wasted, and retries make sure that the queue stays so.
package outage

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Scenario is what happens to a server and how much is asked of it.
type Scenario struct {
	Capacity float64       // requests per second that the server can answer
	Load     float64       // requests offered, as a share of the capacity
	Warm     time.Duration // healthy time before the stall
	Stall    time.Duration // how long the server then does no work
	Cold     time.Duration // how long after that it works at half its speed
	After    time.Duration // how long requests are offered after the stall
	Seed     uint64        // of the arrivals, a Poisson process
}

// TenSeconds is a stall of ten seconds of a server for 100 requests a second.
func TenSeconds(load float64, seed uint64) Scenario {
	return Scenario{
		Capacity: 100, Load: load, Seed: seed,
		Warm: 5 * time.Second, Stall: 10 * time.Second, After: 30 * time.Second,
	}
}

// Run plays the scenario to its end, in a bubble, and returns what came of it.
// The requests are dealt to the clients in turn. Arrivals follow from the seed;
// the jitter of retries does not, so runs with one seed differ a little.
func (s Scenario) Run(ctx context.Context, clients ...Client) Result {
	srv := &server{
		begun: time.Now(),
		work:  time.Duration(float64(time.Second) / s.Capacity),
		stall: span{s.Warm, s.Warm + s.Stall},
		cold:  s.Cold,
	}
	random := rand.New(rand.NewPCG(s.Seed, 0)) //nolint:gosec // the same arrivals for each seed
	gap := func() time.Duration {
		return time.Duration(random.ExpFloat64() * float64(time.Second) / (s.Capacity * s.Load))
	}
	var requests []*request
	var underWay sync.WaitGroup
	for at := gap(); at < srv.stall.to+s.After; at += gap() {
		wait(ctx, at-time.Since(srv.begun))
		r := &request{at: at}
		client := clients[len(requests)%len(clients)]
		requests = append(requests, r)
		underWay.Go(func() { r.answered = client(ctx, srv.call) == nil })
	}
	underWay.Wait()
	return newResult(srv, requests, s.After)
}

type request struct {
	at       time.Duration // since the beginning of the run
	answered bool
}
