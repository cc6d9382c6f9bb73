package outage

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheServerFinishesInOrderAndNotDuringItsStall(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	srv := &server{work: ms(10), stall: span{ms(100), ms(200)}}
	for _, tt := range []struct{ arrives, finished int }{
		{0, 10},    // idle: at once
		{5, 20},    // behind the first
		{90, 100},  // just before the stall
		{99, 210},  // not begun when the stall begins
		{150, 220}, // in the stall: behind what waits
		{200, 230}, // at its end
		{300, 310}, // idle again
	} {
		if got := srv.accept(ms(tt.arrives)); got != ms(tt.finished) {
			t.Errorf("arrived at %d ms: finished at %v, want %d ms", tt.arrives, got, tt.finished)
		}
	}
	if inStall, overall := srv.attempts(); inStall != 1 || overall != 7 {
		t.Errorf("%d attempts in the stall and %d overall, want 1 and 7", inStall, overall)
	}
}

func TestAColdServerWorksAtHalfItsSpeed(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	srv := &server{work: ms(10), stall: span{ms(100), ms(200)}, cold: ms(50)}
	for _, tt := range []struct{ arrives, finished int }{
		{90, 100},  // before it all
		{150, 220}, // in the stall
		{200, 240}, // in the cold
		{240, 255}, // half of it in the cold
		{300, 310}, // warm again
	} {
		if got := srv.accept(ms(tt.arrives)); got != ms(tt.finished) {
			t.Errorf("arrived at %d ms: finished at %v, want %d ms", tt.arrives, got, tt.finished)
		}
	}
}

func TestWorkIsDoneOnAbandonedRequestsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &server{begun: time.Now(), work: 600 * time.Millisecond}
		var impatient, patient error
		var underWay sync.WaitGroup
		underWay.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			impatient = srv.call(ctx)
		})
		synctest.Wait()
		patient = srv.call(t.Context())
		underWay.Wait()
		if took := time.Since(srv.begun); took != 1200*time.Millisecond {
			t.Errorf("answered after %v, want 1.2s: behind the abandoned one", took)
		}
		if !errors.Is(impatient, context.DeadlineExceeded) || patient != nil {
			t.Errorf("errors %v and %v, want a passed deadline and none", impatient, patient)
		}
	})
}
