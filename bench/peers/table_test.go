package peers

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var rounds = flag.Int("rounds", 0, "print the table, from that many rounds of -benchtime for every cell")

// figures are those of one cell.
type figures struct {
	serial        times // of a processor: who else uses the machine makes it no longer
	parallel      times // that go by, on all processors
	bytes, allocs int64 // per operation
}

// times are in ns per operation, one for each round.
type times []float64

func (t times) median() float64 {
	sorted := slices.Sorted(slices.Values(t))
	return sorted[len(sorted)/2]
}

func (t times) least() float64 { return slices.Min(t) }

func (t *times) add(d time.Duration, n int) {
	*t = append(*t, float64(d.Nanoseconds())/float64(n))
}

// measure adds one round.
func (f *figures) measure(do func(n int)) {
	var used time.Duration
	r := testing.Benchmark(func(b *testing.B) {
		begun := processorTime()
		do(b.N)
		used = processorTime() - begun
	})
	f.serial.add(used, r.N)
	f.bytes, f.allocs = r.AllocedBytesPerOp(), r.AllocsPerOp()
	r = testing.Benchmark(func(b *testing.B) { concurrently(do)(b.N) })
	f.parallel.add(r.T, r.N)
}

// results are the figures of a run, by what is done and by whom.
type results map[string]map[string]*figures

// play measures every cell once in each round, from another one on each time.
func (r results) play(cells []cell, rounds int) {
	type player struct {
		do   func(int)
		into *figures
	}
	players := make([]player, len(cells))
	for i, c := range cells {
		if r[c.what] == nil {
			r[c.what] = map[string]*figures{}
		}
		players[i] = player{c.set(), &figures{}}
		r[c.what][c.who] = players[i].into
	}
	for round := range rounds {
		for i := range players {
			p := players[(i+round*len(players)/rounds)%len(players)]
			p.into.measure(p.do)
		}
	}
}

// print writes a table for every thing done; the first one who does it is what
// the others are compared with.
func (r results) print(out io.Writer, cells []cell) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	what := ""
	var first *figures
	for _, c := range cells {
		f := r[c.what][c.who]
		if c.what != what {
			what, first = c.what, f
			fmt.Fprintf(w, "\t\t\t\t\t\t\n%s\tserial\t×\tparallel\t×\tB/op\tallocs\t\n", strings.ToUpper(what))
		}
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%s\t%.1f\t%d\t%d\t\n", c.who,
			f.serial, f.serial.median()/first.serial.median(),
			f.parallel, f.parallel.median()/first.parallel.median(),
			f.bytes, f.allocs)
	}
}

func (t times) String() string {
	return fmt.Sprintf("%s (%s)", digits(t.median()), digits(t.least()))
}

func digits(ns float64) string {
	if ns < 99.95 {
		return fmt.Sprintf("%.1f", ns)
	}
	return fmt.Sprintf("%.0f", ns)
}

func TestTable(t *testing.T) {
	if *rounds == 0 {
		t.Skip("only with -rounds")
	}
	begun := time.Now()
	calls, looked := calls(), looked()
	r := results{}
	r.play(calls, *rounds)
	r.play(looked, *rounds) // by themselves: so many breakers make every collection of garbage longer
	fmt.Printf("ns per operation, median (minimum) of %d rounds: of a processor's time when serial, of the time that goes by when\n"+
		"parallel; × is the median to that of the first\n", *rounds)
	r.print(os.Stdout, slices.Concat(calls, looked))
	printMemory(os.Stdout)
	printTargets(os.Stdout, r)
	fmt.Printf("\n%v in all\n", time.Since(begun).Round(time.Second))
}
