package cache

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheFirstCallersCancellationFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		ctx, cancel := context.WithCancel(t.Context())
		first := start(ctx, &f, u.call)
		second, third := start(t.Context(), &f, u.call), start(t.Context(), &f, u.call)
		pass(300 * time.Millisecond)
		cancel()
		first.want(t, flown{err: context.Canceled, after: 300 * time.Millisecond})
		second.want(t, flown{value: 1, shared: true, after: time.Second})
		third.want(t, flown{value: 1, shared: true, after: time.Second})
		if u.cut.Load() != 0 {
			t.Error("the call was cancelled with callers waiting for it")
		}
	})
}

func TestTheLastCallersCancellationEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		ctx, cancel := context.WithCancel(t.Context())
		first, second := start(ctx, &f, u.call), start(ctx, &f, u.call)
		pass(300 * time.Millisecond)
		cancel()
		first.want(t, flown{err: context.Canceled, after: 300 * time.Millisecond})
		second.want(t, flown{err: context.Canceled, after: 300 * time.Millisecond})
		synctest.Wait()
		if u.started.Load() != 1 || u.cut.Load() != 1 {
			t.Errorf("%d calls, %d cancelled; want 1 and 1", u.started.Load(), u.cut.Load())
		}
		f.assertEmpty(t)
	})
}

func TestACallThatAllHaveLeftIsJoinedByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		deaf := func(context.Context) (int64, error) {
			pass(time.Hour)
			return -1, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		first := start(ctx, &f, deaf)
		cancel()
		first.want(t, flown{err: context.Canceled})
		var u upstream
		second := start(t.Context(), &f, u.call)
		third := start(t.Context(), &f, u.call)
		second.want(t, flown{value: 1, shared: true, after: time.Second})
		third.want(t, flown{value: 1, shared: true, after: time.Second})
		pass(time.Hour) // the deaf one ends, and takes nobody along
		f.assertEmpty(t)
	})
}

// within returns a context of the test with a deadline of its own.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestWhoHasLessTimeDoesNotJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		unlimited := start(t.Context(), &f, u.call)
		long := start(within(t, time.Minute), &f, u.call)
		short := start(within(t, 5*time.Second), &f, u.call)
		if n := u.started.Load(); n != 3 {
			t.Fatalf("%d calls, want one for each deadline", n)
		}
		pass(100 * time.Millisecond)
		alsoShort := start(within(t, 5*time.Second), &f, u.call)
		unlimited.want(t, flown{value: 1, after: time.Second})
		long.want(t, flown{value: 2, after: time.Second})
		short.want(t, flown{value: 3, shared: true, after: time.Second})
		alsoShort.want(t, flown{value: 3, shared: true, after: 900 * time.Millisecond})
		f.assertEmpty(t)
	})
}

func TestWhoHasAboutTheSameTimeJoins(t *testing.T) {
	for name, c := range map[string]struct {
		first, second time.Duration
		calls         int64
	}{
		"equal":                       {10 * time.Second, 10 * time.Second, 1},
		"later":                       {10 * time.Second, 10*time.Second + 1, 1},
		"25 ms earlier":               {10 * time.Second, 9975 * time.Millisecond, 1},
		"more than 25 ms earlier":     {10 * time.Second, 9975*time.Millisecond - 1, 2},
		"a tenth of 100 ms earlier":   {110 * time.Millisecond, 100 * time.Millisecond, 1},
		"more than a tenth of 100 ms": {110*time.Millisecond + 1, 100 * time.Millisecond, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f Flight[int64]
				var u upstream
				first, second := start(within(t, c.first), &f, u.call), start(within(t, c.second), &f, u.call)
				if n := u.started.Load(); n != c.calls {
					t.Errorf("%d calls, want %d", n, c.calls)
				}
				<-first.landed
				<-second.landed
			})
		})
	}
}

func TestEachCallerKeepsItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		first := start(within(t, 500*time.Millisecond), &f, u.call)
		second := start(within(t, 490*time.Millisecond), &f, u.call)
		second.want(t, flown{err: context.DeadlineExceeded, after: 490 * time.Millisecond})
		got := <-first.landed
		if !errors.Is(got.err, context.DeadlineExceeded) || got.after != 500*time.Millisecond {
			t.Errorf("got %+v", got)
		}
		if n := u.started.Load(); n != 1 {
			t.Errorf("%d calls: one whose time was up started over", n)
		}
	})
}

func TestWhoHasMoreTimeStartsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		first := start(within(t, 400*time.Millisecond), &f, u.call)
		alittle := start(within(t, 400*time.Millisecond+deadlineSlack), &f, u.call)
		second, third := start(t.Context(), &f, u.call), start(t.Context(), &f, u.call)
		for _, c := range []caller{first, alittle} {
			if got := <-c.landed; !errors.Is(got.err, context.DeadlineExceeded) || got.after != 400*time.Millisecond {
				t.Errorf("who had no more time, or too little: %+v", got)
			}
		}
		for _, c := range []caller{second, third} {
			if got := <-c.landed; got.err != nil || got.value != 2 || got.after != 1400*time.Millisecond {
				t.Errorf("who had more time: %+v", got)
			}
		}
		f.assertEmpty(t)
	})
}

func TestACallMadeInAHurryIsNotJoinedByWhoHasTwiceItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		hurried := start(within(t, 2*time.Second), &f, u.call)
		twice := start(within(t, 4*time.Second), &f, u.call)
		more := start(within(t, 4*time.Second+2), &f, u.call)
		hurried.want(t, flown{value: 1, shared: true, after: time.Second})
		twice.want(t, flown{value: 1, shared: true, after: time.Second})
		more.want(t, flown{value: 2, after: time.Second})
	})
}

func TestWhatACallSaysWhenItsTimeIsUpReachesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		first := start(within(t, time.Second), &f, func(ctx context.Context) (int64, error) {
			<-ctx.Done()
			pass(deadlineSlack / 2)
			return 0, errUpstream
		})
		first.want(t, flown{err: errUpstream, after: time.Second + deadlineSlack/2})
	})
}

func TestAFailureThatIsNotTheClocksIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		fail := func(ctx context.Context) (int64, error) {
			_, _ = u.call(ctx)
			return 0, context.DeadlineExceeded // of some time limit inside
		}
		first := start(within(t, 2*time.Second), &f, fail)
		second := start(t.Context(), &f, fail)
		first.want(t, flown{shared: true, err: context.DeadlineExceeded, after: time.Second})
		second.want(t, flown{shared: true, err: context.DeadlineExceeded, after: time.Second})
		if n := u.started.Load(); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
	})
}

func TestACallPastItsDeadlineIsJoinedByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		deaf := func(context.Context) (int64, error) {
			pass(3 * time.Second)
			return -1, nil
		}
		ctx := within(t, time.Second)
		first := start(ctx, &f, deaf)
		waiting := start(t.Context(), &f, deaf)
		first.want(t, flown{err: context.DeadlineExceeded, after: time.Second + deadlineSlack})
		var u upstream
		start(t.Context(), &f, u.call).want(t, flown{value: 1, after: time.Second})
		waiting.want(t, flown{value: -1, shared: true, after: 3 * time.Second})
	})
}

func TestEveryoneGetsAnAnswerOrTheirOwnContextsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		random := rand.New(rand.NewPCG(1, 2))
		var all sync.WaitGroup
		for range 1000 {
			begin := time.Duration(random.IntN(3000)) * time.Millisecond
			limit := time.Duration(1+random.IntN(3000)) * time.Millisecond
			leave := time.Duration(1+random.IntN(3000)) * time.Millisecond
			all.Go(func() {
				pass(begin)
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				defer time.AfterFunc(leave, cancel).Stop()
				began := time.Now()
				v, _, err := f.Do(ctx, "key", u.call)
				took := time.Since(began)
				switch {
				case err == nil && (v == 0 || took > min(limit, leave)):
					t.Errorf("answer %d after %v of %v", v, took, min(limit, leave))
				case err != nil && (took > min(limit, leave) || took < min(limit-deadlineSlack, leave)):
					t.Errorf("%v after %v of %v", err, took, min(limit, leave))
				}
			})
		}
		all.Wait()
		synctest.Wait()
		f.assertEmpty(t)
	})
}
