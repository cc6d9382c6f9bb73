package resilience

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAProbeThatEndsWithoutAResultFreesItsPlace(t *testing.T) {
	endings := map[string]func(b *Breaker){
		"panics": func(b *Breaker) {
			defer func() { _ = recover() }()
			_, _ = Do(context.Background(), b, func(context.Context) (int, error) { panic("boom") })
		},
		"calls runtime.Goexit": func(b *Breaker) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = Do(context.Background(), b, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
			}()
			<-done
		},
		"is cancelled by its caller": func(b *Breaker) {
			ctx, cancel := context.WithCancel(context.Background())
			_, _ = Do(ctx, b, func(context.Context) (int, error) { cancel(); return 0, errDown })
		},
		"tells a cancel": func(b *Breaker) {
			_, _ = Do(context.Background(), b, func(context.Context) (int, error) { return 0, context.Canceled })
		},
		"is neutral": func(b *Breaker) {
			p, _ := b.Acquire()
			p.Done(Neutral)
		},
		"never returns": func(b *Breaker) {
			_, _ = b.Acquire()
			elapse(30 * time.Second)
		},
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, BreakerConfig{})
				halfOpen(t, b)
				before := b.Snapshot()
				end(b)
				now := b.Snapshot()
				if now.State != HalfOpen || now.FailureCount != before.FailureCount || now.Failures != before.Failures {
					t.Fatalf("it counted: %+v became %+v", before, now)
				}
				if now.Era != before.Era {
					t.Fatal("a lost probe is no transition")
				}
				if !mustAcquire(t, b).Done(Success) {
					t.Fatal("the next probe's success did not count")
				}
				wantState(t, b, Closed)
			})
		})
	}
}

func TestAProbeMayTakeLongerThanAShortOpenTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{OpenFor: time.Second})
		halfOpen(t, b)
		probe := mustAcquire(t, b)
		elapse(30*time.Second - 1)
		if !probe.Done(Success) {
			t.Fatal("nobody heard it")
		}
		wantState(t, b, Closed)
	})
}

func TestADeadlineThatPassesIsAFailureUnlessClassifySaysOtherwise(t *testing.T) {
	hurried := func(t *testing.T, b *Breaker) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, _ = Do(ctx, b, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
	}
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{Failures: 1, Classify: func(error) Verdict { return Verdict{} }})
		hurried(t, b)
		wantState(t, b, Closed)
		b = newTestBreaker(t, BreakerConfig{Failures: 1})
		hurried(t, b)
		wantState(t, b, Open)
	})
}

func TestTheResultOfAProbeWhoseLeaseIsOverIsIgnored(t *testing.T) {
	for _, o := range []Outcome{Success, Failure, Neutral} {
		t.Run(o.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, BreakerConfig{ProbeLease: 10 * time.Second})
				halfOpen(t, b)

				alone := mustAcquire(t, b)
				elapse(10 * time.Second)
				if alone.Done(o) {
					t.Fatal("it counted though nobody took its place")
				}
				wantState(t, b, HalfOpen)

				replaced := mustAcquire(t, b)
				elapse(10*time.Second - 1)
				if left := mustRefuse(t, b).RetryAfter(); left != 1 {
					t.Fatalf("%v of the lease left, want 1ns", left)
				}
				elapse(1)
				second := mustAcquire(t, b)
				if replaced.Done(o) {
					t.Fatal("it counted though another had its place")
				}
				mustRefuse(t, b)
				if !second.Done(Success) {
					t.Fatal("the one that had its place did not count")
				}
			})
		})
	}
}

func TestEveryProbeBeginsAnEraEvenANeutralOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		halfOpen(t, b)
		first := mustAcquire(t, b)
		elapse(30 * time.Second)
		second := mustAcquire(t, b)
		second.Done(Neutral)
		third := mustAcquire(t, b)
		if first.Done(Success) || second.Done(Success) {
			t.Fatal("an earlier probe counted in a later one's era")
		}
		if !third.Done(Failure) {
			t.Fatal("the present probe did not count")
		}
		wantState(t, b, Open)
	})
}

func TestFiveCancelsByTheCallerDoNotOpen(t *testing.T) {
	tests := map[string]error{
		"the error says so":      context.Canceled,
		"the error hides it":     errDown,
		"the error is a timeout": context.DeadlineExceeded,
	}
	for name, told := range tests {
		t.Run(name, func(t *testing.T) {
			b := newTestBreaker(t, BreakerConfig{})
			for range 5 {
				ctx, cancel := context.WithCancelCause(t.Context())
				_, err := Do(ctx, b, func(context.Context) (int, error) { cancel(errDown); return 0, told })
				if err != told {
					t.Fatalf("Do returned %v, want what fn returned", err)
				}
			}
			wantState(t, b, Closed)
			if n := b.FailureCount(); n != 0 {
				t.Fatalf("%d failures counted", n)
			}
		})
	}
}

func TestAPanicCountsAsAFailureAndPassesThroughWithItsStack(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{Failures: 1})
	func() {
		defer func() {
			if r := recover(); r != "boom" {
				t.Errorf("recovered %v", r)
			}
			stack := make([]byte, 1<<14)
			if stack = stack[:runtime.Stack(stack, false)]; !strings.Contains(string(stack), "explode") {
				t.Error("the panicking function is not on the stack")
			}
		}()
		_, _ = Do(t.Context(), b, explode)
	}()
	wantState(t, b, Open)
}

//go:noinline
func explode(context.Context) (int, error) { panic("boom") }

func TestAPanickingClassifierStillGivesThePermitBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{Classify: func(error) Verdict { panic("classify") }})
		halfOpen(t, b)
		func() {
			defer func() { _ = recover() }()
			_, _ = Do(t.Context(), b, fail)
		}()
		mustAcquire(t, b)
	})
}

func TestDoReturnsWhatTheFunctionReturned(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{Failures: 1})
	if v, err := Do(t.Context(), b, succeed); v != "answer" || err != nil {
		t.Fatalf("%q, %v", v, err)
	}
	half := func(context.Context) (string, error) { return "half", errDown }
	if v, err := Protect(b, half)(t.Context()); v != "half" || err != errDown {
		t.Fatalf("%q, %v", v, err)
	}
	called := false
	_, err := Do(t.Context(), b, func(context.Context) (int, error) { called = true; return 0, nil })
	if called || !errors.Is(err, ErrOpen) {
		t.Fatalf("open: called %v, error %v", called, err)
	}
}

func TestDoDoesNotCallWithAContextThatIsDone(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Do(ctx, b, func(context.Context) (int, error) { t.Error("called"); return 0, nil })
	if err != context.Canceled {
		t.Fatalf("error %v", err)
	}
}

func TestClassifyDecidesWhatAnErrorMeans(t *testing.T) {
	errNotFound := errors.New("not found")
	b := newTestBreaker(t, BreakerConfig{Failures: 1, Classify: func(err error) Verdict {
		if errors.Is(err, errNotFound) {
			return Verdict{}
		}
		return Verdict{Outcome: Failure}
	}})
	_, _ = Do(t.Context(), b, func(context.Context) (int, error) { return 0, errNotFound })
	wantState(t, b, Closed)
	_, _ = Do(t.Context(), b, fail)
	wantState(t, b, Open)
}
