package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// introduce says what is going to happen, and with what settings.
func (d *drill) introduce() {
	d.out.text(bold, "", "Outage drill: two emulated providers on loopback, whatever API keys are set, for about 20 seconds.")
	d.out.text(dim, "", fmt.Sprintf("Shortened for watching: a breaker stays open for %v instead of 30s; an answer is fresh for %v and "+
		"may stand in until %v later; an attempt may take %v, and none is retried. Unchanged: 5 failures within 60s open a breaker.",
		drillOpenFor, drillFresh, drillStale, drillTimeout))
	d.out.line()
}

// heading begins a step.
func (d *drill) heading(title, explanation string) {
	d.step++
	d.out.text(bold, "", fmt.Sprintf("%d. %s", d.step, title))
	d.out.text(dim, "   ", explanation)
	d.out.line()
}

func (d *drill) remark(format string, args ...any) {
	d.out.text(plain, "   ", fmt.Sprintf(format, args...))
	d.out.line()
}

// event prints what the Observer was told. That a call fell back its own lines
// say.
func (d *drill) event(e ai.Event) {
	switch e := e.(type) {
	case ai.AttemptEnded:
		if e.Code == "" {
			return
		}
		d.out.text(red, "     ! ", fmt.Sprintf("%s failed with status %d: %d of 5 failures",
			e.Circuit, e.Status, d.client.Breaker(e.Provider, e.Kind).FailureCount()))
	case ai.StateChanged:
		change := fmt.Sprintf("%s: %v → %v", e.Circuit, e.From, e.To)
		switch e.To {
		case resilience.Open:
			d.out.text(red, "     ! ", fmt.Sprintf("%s for %v, after %s", change, e.OpenFor, count(e.FailureCount, "failure")))
		case resilience.HalfOpen:
			d.out.text(yellow, "     ! ", change+": one call may try")
		case resilience.Closed:
			d.out.text(green, "     ! ", change+": the try succeeded")
		}
	}
}

// asking prints a question.
func (d *drill) asking(question string) { d.out.text(bold, "   ? ", question) }

// outcome prints who answered, and what was tried.
func (d *drill) outcome(r result) {
	resp := r.resp
	who := resp.Provider
	switch resp.Source {
	case ai.SourceCache:
		who = fmt.Sprintf("cache (%s, %v ago)", resp.Provider, resp.Age.Round(100*time.Millisecond))
	case ai.SourceStatic:
		who = "static answer"
	}
	look, marker := green, "false"
	if resp.Fallback {
		look, marker = yellow, "true, "+inWords(resp.Reason)
	}
	d.out.text(look, "     ", fmt.Sprintf("%s · fallback: %s · %v", who, marker, readable(r.took)))
	if resp.Source != ai.SourceProvider {
		d.out.text(plain, "     ", "“"+shorten(resp.Text, d.out.width-8)+"”")
	}
	d.out.text(dim, "     ", "trail: "+resp.Trail.String())
	d.out.line()
}

// readable rounds a duration to what is worth reading.
func readable(d time.Duration) time.Duration {
	if d >= time.Millisecond {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}

// health prints the client's snapshot as a table.
func (d *drill) health() {
	d.out.text(bold, "", "Health at the end: a breaker for each provider and kind of request")
	d.out.line()
	row := func(look style, cells ...string) {
		d.out.line("   ", d.out.in(look, strings.TrimRight(fmt.Sprintf("%-18s %-9s %9s %9s %7s", cells[0], cells[1], cells[2], cells[3], cells[4]), " ")))
	}
	row(dim, "circuit", "state", "failures", "refusals", "opened")
	for _, c := range d.client.Health().Circuits {
		look := plain
		if c.State != resilience.Closed {
			look = red
		}
		row(look, c.Name, c.State.String(), fmt.Sprint(c.Failures), fmt.Sprint(c.Refusals), fmt.Sprint(c.Trips))
	}
}
