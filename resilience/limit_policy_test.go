package resilience

import (
	"strings"
	"testing"
	"time"
)

func TestABadLimitIsRefusedByName(t *testing.T) {
	for want, p := range map[string]LimitPolicy{
		"resilience: LimitPolicy.MaxConcurrent is -1: must be between 0 and 1048576":      {MaxConcurrent: -1},
		"resilience: LimitPolicy.MaxConcurrent is 1048577: must be between 0 and 1048576": {MaxConcurrent: 1<<20 + 1},
		"resilience: LimitPolicy.Queue is -1: must be between 0 and 65536":                {MaxConcurrent: 1, Queue: -1},
		"resilience: LimitPolicy.Queue is 65537: must be between 0 and 65536":             {MaxConcurrent: 1, Queue: 1<<16 + 1},
		"resilience: LimitPolicy.MaxQueueWait is -1ns: must not be negative":              {MaxConcurrent: 1, MaxQueueWait: -1},
		"resilience: LimitPolicy.Queue is 3: needs a MaxConcurrent":                       {Queue: 3},
		"resilience: LimitPolicy.MaxQueueWait is 1ns: needs a Queue":                      {MaxConcurrent: 1, MaxQueueWait: 1},
	} {
		if l, err := NewLimiter("pdf", p); l != nil || err == nil || err.Error() != want {
			t.Errorf("%+v: limiter %v, error %v, want %q", p, l, err, want)
		}
	}
	if _, err := NewLimiter("", LimitPolicy{}); err != errNoName {
		t.Errorf("no name: %v", err)
	}
	for _, p := range []LimitPolicy{{}, {MaxConcurrent: 1 << 20, Queue: 1 << 16}, {MaxConcurrent: 1, Queue: 1, MaxQueueWait: time.Second}, {MaxConcurrent: 1}} {
		if err := p.Validate(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestABadAdaptivePolicyIsRefusedByName(t *testing.T) {
	for want, p := range map[string]LimitPolicy{
		"AdaptivePolicy.Min is -1: must not be negative":                                       {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: -1}},
		"AdaptivePolicy.Start is -1: must not be negative":                                     {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 1, Start: -1}},
		"AdaptivePolicy.Min is 6: must not be more than LimitPolicy.MaxConcurrent (5)":         {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 6}},
		"AdaptivePolicy.Min is 1: must not be more than LimitPolicy.MaxConcurrent (0)":         {Adaptive: AdaptivePolicy{Min: 1}},
		"AdaptivePolicy.Start is 3: needs a Min":                                               {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Start: 3}},
		"AdaptivePolicy.OnChange is set: needs a Min":                                          {MaxConcurrent: 5, Adaptive: AdaptivePolicy{OnChange: func(int, int) {}}},
		"AdaptivePolicy.Start is 1: must be between Min (2) and LimitPolicy.MaxConcurrent (5)": {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 2, Start: 1}},
		"AdaptivePolicy.Start is 6: must be between Min (2) and LimitPolicy.MaxConcurrent (5)": {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 2, Start: 6}},
		"LimitPolicy.MaxConcurrent is 2000000: must be between 0 and 1048576":                  {MaxConcurrent: 2e6, Adaptive: AdaptivePolicy{Min: 2}},
	} {
		if _, err := NewLimiter("pdf", p); err == nil || strings.TrimPrefix(err.Error(), "resilience: ") != want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestAnAdaptiveLimitStartsAt20OrTheNearestAllowed(t *testing.T) {
	for want, p := range map[int]LimitPolicy{
		20: {MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 1}},
		30: {MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 30}},
		5:  {MaxConcurrent: 5, Adaptive: AdaptivePolicy{Min: 5}},
		40: {MaxConcurrent: 40, Adaptive: AdaptivePolicy{Min: 1, Start: 40}},
		1:  {MaxConcurrent: 40, Adaptive: AdaptivePolicy{Min: 1, Start: 1}},
	} {
		if l := newTestLimiter(t, p); l.Limit() != want {
			t.Errorf("starts at %d, want %d", l.Limit(), want)
		}
	}
}
