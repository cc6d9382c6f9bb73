package thresholds

import (
	"fmt"
	"testing"
	"time"

	"github.com/finbrain/ai/bench/internal/table"
	"github.com/finbrain/ai/resilience"
)

var (
	rates    = []float64{0.1, 0.35, 1, 10, 100} // calls per second
	failures = []int{2, 3, 5, 10, 20}
)

func afterFailures(n int) resilience.BreakerConfig {
	return resilience.BreakerConfig{Failures: n, OpenFor: 10 * time.Second}
}

func TestTableOfFailures(t *testing.T) {
	w := table.New(t, "False opens a day and the calls they refuse, by calls a second, of which that many fail, and Failures; Window 60 s, OpenFor 10 s")
	fmt.Fprintln(w, "calls/s\tfailing\t2\t\t3\t\t5\t\t10\t\t20\t")
	for _, rate := range rates {
		for _, failing := range []float64{0.001, 0.01, 0.05} {
			fmt.Fprintf(w, "%v\t%s", rate, percent(failing))
			for _, n := range failures {
				perDay, refused := falseOpens(t, afterFailures(n), Traffic{rate, failing}, 5*day)
				fmt.Fprintf(w, "\t%s\t%s", number(perDay), percent(refused))
			}
			fmt.Fprintln(w)
		}
	}
}

func TestTableOfOpening(t *testing.T) {
	w := table.New(t, "Time to open in s, median/worst of 25, by calls a second, of which from then on that many fail, and Failures; Window 60 s")
	fmt.Fprintln(w, "calls/s\tfailing\t2\t3\t5\t10\t20")
	for _, rate := range rates {
		for _, failing := range []float64{1, 0.5, 0.2} {
			fmt.Fprintf(w, "%v\t%s", rate, percent(failing))
			for _, n := range failures {
				fmt.Fprint(w, "\t", opening(t, afterFailures(n), Traffic{rate, failing}))
			}
			fmt.Fprintln(w)
		}
	}
}

func TestTableOfOpenTimes(t *testing.T) {
	w := table.New(t, "Calls refused by false opens, by OpenFor; 5 Failures in 60 s")
	fmt.Fprintln(w, "calls/s\tfailing\t5 s\t10 s\t15 s\t30 s\t60 s")
	for _, traffic := range []Traffic{{1, 0.01}, {1, 0.05}, {10, 0.001}, {10, 0.01}, {100, 0.001}} {
		fmt.Fprintf(w, "%v\t%s", traffic.Rate, percent(traffic.Failing))
		for _, open := range []int{5, 10, 15, 30, 60} {
			cfg := resilience.BreakerConfig{OpenFor: time.Duration(open) * time.Second}
			_, refused := falseOpens(t, cfg, traffic, 5*day)
			fmt.Fprint(w, "\t", percent(refused))
		}
		fmt.Fprintln(w)
	}
}

func TestTableOfRates(t *testing.T) {
	w := table.New(t, "False opens a day while 1 and 5 % fail; time to open in s, median/worst, once 100, 50 and 20 % do")
	fmt.Fprintln(w, "\t10 calls/s\t\t\t\t\t100 calls/s\t\t\t\t")
	const short = 10 * time.Second
	for _, tt := range []struct {
		name string
		cfg  resilience.BreakerConfig
	}{
		{"Failures 5", resilience.BreakerConfig{}},
		{"Failures 20", resilience.BreakerConfig{Failures: 20}},
		{"MinFailureRate 5 %", resilience.BreakerConfig{MinFailureRate: 0.05}},
		{"MinFailureRate 10 %", resilience.BreakerConfig{MinFailureRate: 0.1}},
		{"MinFailureRate 20 %", resilience.BreakerConfig{MinFailureRate: 0.2}},
		{"MinFailureRate 10 %, Window 10 s", resilience.BreakerConfig{MinFailureRate: 0.1, Window: short}},
		{"MinFailureRate 20 %, Window 10 s", resilience.BreakerConfig{MinFailureRate: 0.2, Window: short}},
		{"MinFailureRate 50 %, Window 10 s", resilience.BreakerConfig{MinFailureRate: 0.5, Window: short}},
		{"Failures 20, 10 %, Window 10 s", resilience.BreakerConfig{Failures: 20, MinFailureRate: 0.1, Window: short}},
		{"FailureRate 10 % of 100 calls", resilience.BreakerConfig{FailureRate: 0.1, MinCalls: 100}},
		{"FailureRate 50 % of 20, Window 10 s", resilience.BreakerConfig{FailureRate: 0.5, MinCalls: 20, Window: short}},
	} {
		fmt.Fprint(w, tt.name)
		tt.cfg.OpenFor = 10 * time.Second
		for _, rate := range []float64{10, 100} {
			for _, failing := range []float64{0.01, 0.05} {
				perDay, _ := falseOpens(t, tt.cfg, Traffic{rate, failing}, day/4)
				fmt.Fprintf(w, "\t%s", number(perDay))
			}
			for _, failing := range []float64{1, 0.5, 0.2} {
				fmt.Fprint(w, "\t", opening(t, tt.cfg, Traffic{rate, failing}))
			}
		}
		fmt.Fprintln(w)
	}
}

func TestTableOfPartialOutages(t *testing.T) {
	w := table.New(t, "Ten minutes in which that many calls of 10/s fail: openings; calls that failed, calls refused; s from the end until all calls pass")
	partial := []float64{0.2, 0.5, 0.9}
	fmt.Fprintln(w, "\t20 %\t\t\t50 %\t\t\t90 %\t\t")
	for _, tt := range []struct {
		name string
		cfg  resilience.BreakerConfig
	}{
		{"Failures 5, 1 probe", resilience.BreakerConfig{}},
		{"3 probes", resilience.BreakerConfig{Probes: 3}},
		{"10 probes", resilience.BreakerConfig{Probes: 10}},
		{"Readmit 10, 50 %", resilience.BreakerConfig{Readmit: []float64{0.1, 0.5}}},
		{"OpenGrowth 2, to 60 s", resilience.BreakerConfig{OpenGrowth: 2, MaxOpenFor: time.Minute}},
		{"the same, 3 probes", resilience.BreakerConfig{OpenGrowth: 2, MaxOpenFor: time.Minute, Probes: 3}},
		{"MinFailureRate 50 %, Window 10 s", resilience.BreakerConfig{MinFailureRate: 0.5, Window: 10 * time.Second}},
	} {
		fmt.Fprint(w, tt.name)
		tt.cfg.OpenFor = 10 * time.Second
		for _, failing := range partial {
			o := undergo(t, tt.cfg, Traffic{10, failing})
			calls := float64(o.Calls)
			fmt.Fprintf(w, "\t%d\t%s, %s\t%s", o.openings,
				percent(float64(o.Failed)/calls), percent(float64(o.Refused)/calls), number(o.recovery.Seconds()))
		}
		fmt.Fprintln(w)
	}
}

func opening(t *testing.T, cfg resilience.BreakerConfig, outage Traffic) string {
	t.Helper()
	median, worst := timeToOpen(t, cfg, outage)
	if worst == time.Hour {
		return "never"
	}
	return number(median.Seconds()) + "/" + number(worst.Seconds())
}

func percent(share float64) string { return number(100*share) + " %" }

// number has two digits, or all of those before the point.
func number(x float64) string {
	if x >= 10 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2g", x)
}
