package fallback_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/finbrain/ai/fallback"
)

// call records the turns that the steps of a chain were given.
type call struct {
	turns []fallback.Turn
	tried []int
}

var errStep = errors.New("step failed")

// failing is a timed step that fails at once; callable says whether it is ready.
func failing(n int, callable bool) fallback.Step[*call, string] {
	return fallback.Step[*call, string]{
		Timed: true,
		Ready: func(*call) bool { return callable },
		Do: func(_ context.Context, c *call, turn fallback.Turn) (string, error) {
			c.turns, c.tried = append(c.turns, turn), append(c.tried, n)
			return "", errStep
		},
	}
}

func instant(n int, err error) fallback.Step[*call, string] {
	return fallback.Step[*call, string]{
		Do: func(_ context.Context, c *call, turn fallback.Turn) (string, error) {
			c.turns, c.tried = append(c.turns, turn), append(c.tried, n)
			return "instant", err
		},
	}
}

func TestTheFirstStepThatAnswersEndsTheSearch(t *testing.T) {
	var c call
	result := fallback.Chain[*call, string]{}.Run(t.Context(), &c, time.Time{},
		[]fallback.Step[*call, string]{failing(0, true), instant(1, nil), failing(2, true)})
	if result.Step != 1 || result.Value != "instant" || len(c.tried) != 2 {
		t.Errorf("got %+v after %v", result, c.tried)
	}
	if len(result.Left) != 1 || result.Left[0].Step != 0 || result.Left[0].Err != errStep {
		t.Errorf("left %v: want the first step and why", result.Left)
	}
}

func TestWhenNoStepAnswersEveryReasonIsKept(t *testing.T) {
	var c call
	result := fallback.Chain[*call, string]{}.Run(t.Context(), &c, time.Time{},
		[]fallback.Step[*call, string]{failing(0, true), failing(1, false), instant(2, errStep)})
	if result.Step != -1 || result.Value != "" || len(result.Left) != 3 {
		t.Errorf("got %+v", result)
	}
	if result := (fallback.Chain[*call, string]{}).Run(t.Context(), &c, time.Time{}, nil); result.Step != -1 || result.Left != nil {
		t.Errorf("no steps: got %+v", result)
	}
}

func TestAnErrorThatNothingCanMendEndsTheSearch(t *testing.T) {
	var c call
	chain := fallback.Chain[*call, string]{Onward: func(_ *call, err error) bool { return !errors.Is(err, errStep) }}
	result := chain.Run(t.Context(), &c, time.Time{}, []fallback.Step[*call, string]{failing(0, true), instant(1, nil)})
	if result.Step != -1 || len(c.tried) != 1 {
		t.Errorf("got %+v after %v", result, c.tried)
	}
}

func TestNothingIsTriedAfterTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var c call
	first := fallback.Step[*call, string]{Do: func(context.Context, *call, fallback.Turn) (string, error) {
		cancel()
		return "", errStep
	}}
	result := fallback.Chain[*call, string]{}.Run(ctx, &c, time.Time{}, []fallback.Step[*call, string]{first, instant(1, nil)})
	if result.Step != -1 || len(c.tried) != 0 {
		t.Errorf("got %+v after %v", result, c.tried)
	}
}

func TestTheShareOfAStepLeavesTimeForThoseBehindIt(t *testing.T) {
	steps := func(s ...fallback.Step[*call, string]) []fallback.Step[*call, string] { return s }
	const ten = 10 * time.Second
	tests := []struct {
		name  string
		own   time.Duration // the context's deadline
		given time.Duration // the deadline handed to Run
		steps []fallback.Step[*call, string]
		share time.Duration
		hurry bool
	}{
		{"alone with the context's deadline: the context bounds it", ten, 0, steps(failing(0, true)), 0, false},
		{"alone with a deadline of the chain's", 0, ten, steps(failing(0, true)), ten, false},
		{"the context's deadline is nearer", 5 * time.Second, ten, steps(failing(0, true)), 0, false},
		{"the chain's deadline is nearer", 20 * time.Second, ten, steps(failing(0, true)), ten, false},
		{"no deadline", 0, 0, steps(failing(0, true), failing(1, true)), 0, true},
		{"before one other", ten, 0, steps(failing(0, true), failing(1, true)), 6 * time.Second, true},
		{"before two others", 7 * time.Second, 0, steps(failing(0, true), failing(1, true), failing(2, true)), 3 * time.Second, true},
		{"before one that cannot be called", 0, ten, steps(failing(0, true), failing(1, false)), ten, false},
		{"before an instant step", ten, 0, steps(failing(0, true), instant(1, nil)), ten - fallback.Reserve, true},
		{"before both", ten + fallback.Reserve, 0, steps(failing(0, true), instant(1, nil), failing(2, true)), 6 * time.Second, true},
		{"an instant step gets a tenth at most", 100 * time.Millisecond, 0, steps(failing(0, true), instant(1, nil)), 90 * time.Millisecond, true},
		{"a deadline that has passed", 0, -ten, steps(failing(0, true), failing(1, true)), 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.own > 0 {
					limited, cancel := context.WithTimeout(ctx, test.own)
					defer cancel()
					ctx = limited
				}
				var deadline time.Time
				if test.given != 0 {
					deadline = time.Now().Add(test.given)
				}
				var c call
				fallback.Chain[*call, string]{}.Run(ctx, &c, deadline, test.steps)
				if got := c.turns[0]; got.Share != test.share || got.Hurry != test.hurry || got.Resort {
					t.Errorf("got %+v, want a share of %v, hurry %v", got, test.share, test.hurry)
				}
			})
		})
	}
}

func TestNobodyHurriesForAResort(t *testing.T) {
	resort := instant(1, nil)
	resort.Resort = true
	absent := resort
	absent.Ready = func(*call) bool { return false }
	for name, test := range map[string]struct {
		behind []fallback.Step[*call, string]
		want   fallback.Turn
	}{
		"a resort":                   {[]fallback.Step[*call, string]{resort}, fallback.Turn{Resort: true}},
		"a resort and another step":  {[]fallback.Step[*call, string]{failing(2, true), resort}, fallback.Turn{Resort: true, Hurry: true}},
		"a resort that is not there": {[]fallback.Step[*call, string]{absent}, fallback.Turn{}},
	} {
		var c call
		fallback.Chain[*call, string]{}.Run(t.Context(), &c, time.Time{}, append([]fallback.Step[*call, string]{failing(0, true)}, test.behind...))
		if c.turns[0] != test.want {
			t.Errorf("%s: got %+v, want %+v", name, c.turns[0], test.want)
		}
	}
}

// However many steps use up their whole share, every callable one gets its
// turn before the deadline, and no share is less than a fair part of it.
func TestEveryCallableStepGetsItsTurn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "steps")
		total := time.Duration(rapid.IntRange(1, 600).Draw(rt, "seconds")) * time.Second
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), total)
			defer cancel()
			var shares []time.Duration
			slow := fallback.Step[*call, string]{Timed: true, Do: func(_ context.Context, _ *call, turn fallback.Turn) (string, error) {
				shares = append(shares, turn.Share)
				if turn.Share > 0 {
					<-time.After(turn.Share)
				}
				return "", errStep
			}}
			steps := make([]fallback.Step[*call, string], n)
			for i := range steps {
				steps[i] = slow
			}
			result := fallback.Chain[*call, string]{}.Run(ctx, &call{}, time.Time{}, steps)
			if len(result.Left) != n {
				t.Fatalf("%d of %d steps had a turn", len(result.Left), n)
			}
			for i, share := range shares[:n-1] {
				if share < total/time.Duration(4*n) {
					t.Errorf("step %d of %d got only %v of %v", i, n, share, total)
				}
			}
		})
	})
}
