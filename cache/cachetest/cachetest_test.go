package cachetest

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/finbrain/ai/cache"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryKeepsEveryObligation(t *testing.T) {
	Run(t, func(t *testing.T) cache.Store {
		if !inBubble() {
			t.Error("opened outside a bubble")
		}
		return cache.NewMemory(cache.MemoryConfig{})
	})
}

// inBubble: time there begins with the year 2000.
func inBubble() bool { return time.Now().Year() == 2000 }

func TestAStoreThatABubbleDoesNotReachIsAdvancedByItsOwner(t *testing.T) {
	var store *flawed
	open := func(t *testing.T) cache.Store {
		if inBubble() {
			t.Error("opened in a bubble")
		}
		store = newFlawed(none)
		return store
	}
	Run(t, open, WithAdvance(func(_ *testing.T, d time.Duration) { store.advance(d) }))
}

func TestEveryFlawIsFoundByTheCheckOfItsName(t *testing.T) {
	for f, want := range map[flaw][]string{
		none:           nil,
		aliasesIn:      {"AStoredValueIsNotTheCallersSlice"},
		aliasesOut:     {"EveryGetReturnsItsOwnCopy"},
		torn:           {"AValueOf100KBComesBackWhole"},
		mixes:          {"ConcurrentUsersNeverSeeAnotherKeysBytes"},
		foldsKeys:      {"WhatWasNotStoredIsAMiss"},
		trimsNUL:       {"KeysAndValuesAreArbitraryBytes"},
		dropsEmpty:     {"AnEmptyValueIsAValue"},
		keepsOld:       {"ANewValueTakesThePlaceOfTheOld"},
		keepsDeleted:   {"WhatWasDeletedIsAMiss"},
		neverExpires:   {"AnEntryIsGoneAfterItsTTL"},
		slides:         {"ReadingDoesNotProlongAnEntry"},
		keepsOldTTL:    {"ANewValueHasItsOwnTTL"},
		zeroIsForEver:  {"ATTLOfZeroOrLessIsRefused"},
		overflows:      {"TheLongestTTLDoesNotOverflow"},
		ignoresContext: {"AnEndedContextStopsEveryMethod"},
		answersClosed:  {"AClosedStoreMissesAndRefuses"},
		acceptsClosed:  {"AClosedStoreMissesAndRefuses"},
		missIsError:    {"WhatWasNotStoredIsAMiss"},
		closesOnce:     {"CloseIsIdempotent"},
	} {
		failed := failedChecks(t, f)
		if f == none && len(failed) > 0 {
			t.Errorf("a store without flaws fails %v", failed)
		}
		for _, name := range want {
			if !slices.Contains(failed, name) {
				t.Errorf("flaw %d fails %v, want %s among them", f, failed, name)
			}
		}
	}
}

// failedChecks names the checks that a store with the flaw fails. Stores that
// alias are kept from concurrent use, which would fail the test as a data race.
func failedChecks(t *testing.T, f flaw) (names []string) {
	checks := slices.Concat(valueChecks, timeChecks)
	if f != aliasesIn && f != aliasesOut {
		checks = append(checks, useChecks...)
	}
	for _, c := range checks {
		synctest.Test(t, func(t *testing.T) {
			var failed atomic.Bool
			c.run(subject{
				Store:   newFlawed(f),
				ctx:     t.Context(),
				advance: pass,
				errorf:  func(string, ...any) { failed.Store(true) },
			})
			if failed.Load() {
				names = append(names, c.name)
			}
		})
	}
	return names
}
