package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func wantTurn(t *testing.T, p *pace, position, limit int, now, want time.Duration) {
	t.Helper()
	if got := p.turn(position, limit, now); got != want {
		t.Fatalf("the turn of number %d of a limit of %d comes after %v, want %v: %+v", position, limit, got, want, *p)
	}
}

func TestATurnComesAfterAsManyCallsHaveEnded(t *testing.T) {
	p := pace{holding: 6 * time.Second}
	wantTurn(t, &p, 1, 1, 0, 6*time.Second)
	wantTurn(t, &p, 2, 3, 0, 4*time.Second)
	wantTurn(t, &p, 65536, 1, 0, 65536*6*time.Second)
}

func TestTheHoldingTimeIsThatInWhichAsManyCallsEndAsThereArePlaces(t *testing.T) {
	p := pace{}
	p.resume(time.Minute)
	for n := range 4 { // at once, and then none for a while: they began together
		p.end(time.Minute+time.Duration(n/2)*4*time.Second, 4)
		if known := p.holding > 0; known != (n == 3) {
			t.Fatalf("after %d calls: %+v", n+1, p)
		}
	}
	if p != (pace{holding: 4 * time.Second, since: time.Minute + 4*time.Second}) {
		t.Fatalf("measured %+v", p)
	}
}

func TestHalfOfTheHoldingTimeIsTheLatestMeasurement(t *testing.T) {
	p := pace{holding: 4 * time.Second}
	p.end(time.Second, 1)
	if p.holding != 2500*time.Millisecond {
		t.Fatalf("measured %+v", p)
	}
}

func TestAMeasurementIsInProportionIfTheLimitShrankMeanwhile(t *testing.T) {
	p := pace{}
	for n := range 4 {
		p.end(time.Duration(n+1)*time.Second, 10)
	}
	p.end(6*time.Second, 2) // 5 calls in 6 s
	if p.holding != 2400*time.Millisecond {
		t.Fatalf("measured %+v", p)
	}
}

func TestNoTimeIsCountedInWhichNobodyWaits(t *testing.T) {
	p := pace{}
	p.resume(0)
	p.pass(time.Second) // the last one leaves
	p.resume(time.Hour)
	p.end(time.Hour+time.Second, 1)
	if p.holding != 2*time.Second {
		t.Fatalf("measured %+v", p)
	}
}

func TestAStallIsBelievedBeforeItsEnd(t *testing.T) {
	p := pace{holding: time.Second}
	p.resume(time.Minute)
	wantTurn(t, &p, 2, 2, time.Minute+time.Second-1, time.Second)
	wantTurn(t, &p, 2, 2, time.Minute+3*time.Second, 3*time.Second)
	p.pass(time.Minute + 3*time.Second)
	p.resume(time.Hour)
	wantTurn(t, &p, 2, 2, time.Hour+time.Second, 4*time.Second)
}

func TestOnlyTheFirstInLineWaitsForAServiceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1, Queue: 8})
		mustPlace(t, l) // and never returns
		for range 3 {
			wantRefused(t, l.Acquire(t.Context()), ReasonQueueWait)
		}
		first := ask(l, 0)
		second := ask(l, 0)
		if first.ended() || !second.ended() {
			t.Fatalf("ended: first %v, second %v", first.ended(), second.ended())
		}
		wantRefused(t, second.err, ReasonQueueSlow)
		<-first.done
		l.Release()
		if err := l.Acquire(t.Context()); err != nil {
			t.Fatalf("after its end: %v", err)
		}
	})
}
