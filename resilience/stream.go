package resilience

import (
	"context"
	"time"
)

// StreamPolicy limits how long the attempts of [RunStream] wait for the pieces
// of an answer. Only waiting counts: while the caller is busy with a piece the
// clock stands still.
type StreamPolicy struct {
	// First limits the wait for the first piece, which is also within
	// Policy.Timeout and Call.Share. Default 20 s; [NoTimeout] for neither more
	// nor less than those.
	First time.Duration
	// Silence limits each wait for a further piece, or for the end. Default
	// 30 s; [NoTimeout] for none.
	Silence time.Duration
}

func (p StreamPolicy) validate() error {
	return firstError(
		notNegative("StreamPolicy.First", p.First),
		notNegative("StreamPolicy.Silence", p.Silence),
	)
}

func (p StreamPolicy) withDefaults() StreamPolicy {
	setDefault(&p.First, 20*time.Second)
	setDefault(&p.Silence, 30*time.Second)
	return p
}

// RunStream is [RunCall] for an fn that hands on its answer in pieces: it calls
// [Reading.Pause] when a piece has come and [Reading.Resume] when it waits for
// the next, and returns when the stream has ended. So permit and place are held
// until then, and what fn returns is the outcome of the whole.
//
// The first piece changes what kind of attempt it is. Before, it is one as any
// other, with Policy.Timeout and Call.Share; a failure may be retried. From then
// on only Policy.Stream and the caller's own deadline bound it, and whatever fn
// returns, no attempt follows: the caller has part of the answer. A probe has
// succeeded at its first piece, as has the call that goes first through a gate;
// how its stream ends does not matter any more.
//
// Who returns an error, panics or ends the goroutine while the stream is paused
// is the caller, who has left: that is [Neutral]. A stream that the caller's
// deadline ends counts as a failure if it had been silent for MinTrial.
//
// To an adaptive limit, and to a rate of slow calls, the wait for the first piece
// is a stream's latency. [Guard.P95] takes no notice of streams, and none is
// hedged.
func RunStream[T any](ctx context.Context, g *Guard, c Call, fn func(context.Context, *Reading) (T, error)) (T, error) {
	return guarded(ctx, g, c, true, func(attempt context.Context) (T, error) {
		r := attempt.(*reading)
		return fn(r.Context, r.to) //nolint:contextcheck // it is attempt
	}, nil)
}

// reading takes a Reading to an attempt's function.
type reading struct {
	context.Context //nolint:containedctx // a context is what this is
	to              *Reading
}
