package ai

import (
	"errors"
	"time"

	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
)

// watch connects a route's guard of one kind to the feed. What the application
// gave to the policy itself is still called.
func (f *feed) watch(route string, k Kind, policy *resilience.Policy) {
	origin := Origin{Circuit: route + "/" + k.String(), Provider: route, Kind: k}
	own := policy.Breaker.OnStateChange
	policy.Breaker.OnStateChange = func(c resilience.StateChange) {
		o := origin
		o.Time = c.At
		f.publish(changed(o, c))
		if own != nil {
			own(c)
		}
	}
	if !f.wants() {
		return
	}
	told := policy.OnEvent
	policy.OnEvent = func(e resilience.Event) {
		o := origin
		o.Time, o.Call, o.Model = e.At, e.Call, e.Key
		if of := eventOf(o, e); of != nil {
			f.publish(of)
		}
		if told != nil {
			told(e)
		}
	}
}

// changed is the event of a breaker's change.
func changed(o Origin, c resilience.StateChange) StateChanged {
	return StateChanged{
		Origin: o, From: c.From, To: c.To, Mode: c.Mode, FailureCount: c.FailureCount,
		Window: c.Window, OpenFor: c.OpenFor, Reason: c.Reason,
	}
}

// eventOf is what a guard's event means to an observer; nil if the Client tells
// of it itself, knowing more.
func eventOf(o Origin, e resilience.Event) Event {
	switch e.Kind {
	case resilience.EventRetry:
		return RetryWaiting{Origin: o, Attempt: e.Attempt, Wait: e.Wait}
	case resilience.EventBudgetEmpty:
		return BudgetEmpty{Origin: o}
	case resilience.EventBreakerRefused:
		return Refused{Origin: o, By: RefusedByBreaker, State: e.To, Reason: e.Reason, RetryAfter: e.Wait}
	case resilience.EventGateRefused:
		return Refused{Origin: o, By: RefusedByGate, State: e.To, Reason: e.Reason, RetryAfter: e.Wait}
	case resilience.EventLimitRefused:
		return Refused{Origin: o, By: RefusedByLimit, Reason: e.Reason}
	case resilience.EventGateClosed:
		return GateChanged{Origin: o, Closed: true, For: e.Wait, Reason: Code(e.Reason)}
	case resilience.EventGateOpened:
		return GateChanged{Origin: o}
	case resilience.EventLimitChanged:
		return LimitChanged{Origin: o, From: e.OldLimit, To: e.Limit}
	case resilience.EventHedgeStarted:
		return Hedged{Origin: o, Stage: HedgeStarted}
	case resilience.EventHedgeWon:
		return Hedged{Origin: o, Stage: HedgeWon}
	case resilience.EventHedgeLost:
		return Hedged{Origin: o, Stage: HedgeLost}
	}
	return nil
}

// origin is that of an event of the call at a route.
func (l *call) origin(at time.Time, r *route, model string) Origin {
	o := Origin{Time: at, Call: l.id, Kind: l.kind, Model: model}
	if r != nil {
		o.Circuit, o.Provider = r.guards[l.kind].Name(), r.name
	}
	return o
}

// tellAttempt tells of an attempt. The log hears of those that failed.
func (l *call) tellAttempt(r *route, a *Attempt, usage Usage) {
	events := l.client.events
	if !events.wants() && (a.Code == "" || a.Code == CodeCanceled || !events.watched()) {
		return
	}
	ended := AttemptEnded{
		Origin: l.origin(l.start.Add(a.Start+a.Duration), r, a.Model), Code: a.Code, Status: a.Status,
		RetryAfter: a.RetryAfter, Duration: a.Duration, Usage: usage, Streamed: l.reads(r),
	}
	if ended.Streamed && l.out.content {
		ended.FirstContent = l.out.first - a.Start
	}
	events.publish(ended)
}

func (l *call) tellCache(r *route, age time.Duration, found bool) {
	result := CacheMiss
	if found {
		result = CacheFresh
		if l.client.answers.ages.At(age) == cache.Stale {
			result = CacheStale
		}
	}
	l.client.events.publish(CacheLooked{Origin: l.origin(time.Now(), r, l.seat(r).plan.Model), Result: result, Age: age})
}

// tellEnd tells of a fallback, and that the call is over.
func (l *call) tellEnd(resp *Response, err error) {
	events := l.client.events
	fellBack := err == nil && resp.Fallback && events.watched()
	if !fellBack && !events.wants() {
		return
	}
	now := time.Now()
	o := l.origin(now, nil, "")
	if err == nil {
		o.Provider, o.Model = resp.Provider, resp.Model
	}
	if fellBack {
		events.publish(FellBack{Origin: o, Primary: l.primary.name, Reason: resp.Reason, Source: resp.Source})
	}
	if !events.wants() {
		return
	}
	end := CallEnded{Origin: o, Duration: now.Sub(l.start)}
	if end.Streamed = l.out != nil; end.Streamed {
		end.FirstContent = l.out.first
	}
	trail := Trail(nil)
	if err == nil {
		end.Source, end.Fallback, end.Reason, end.Usage = resp.Source, resp.Fallback, resp.Reason, resp.Usage
		trail = resp.Trail
	} else if failed, ok := errors.AsType[*Error](err); ok {
		end.Code, trail = failed.Code, failed.Trail
	}
	for i := range trail {
		if trail[i].Source == SourceProvider && !trail[i].Skipped {
			end.Attempts++
		}
	}
	events.publish(end)
}
