package resilience_test

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/finbrain/ai/resilience"
)

// download stands for a body that arrives line by line.
func download(context.Context) *bufio.Scanner {
	return bufio.NewScanner(strings.NewReader("date,amount\n2027-06-30,412\n"))
}

func ExampleRunStream() {
	storage, err := resilience.NewGuard("storage", resilience.Policy{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	lines, err := resilience.RunStream(context.Background(), storage, resilience.Call{},
		func(ctx context.Context, r *resilience.Reading) (lines int, err error) {
			for body := download(ctx); body.Scan(); lines++ {
				if err := r.Pause(); err != nil {
					return lines, err // it came too late
				}
				fmt.Println(body.Text()) // may take as long as it likes
				r.Resume()
			}
			return lines, nil
		})
	fmt.Println(lines, err)
	// Output:
	// date,amount
	// 2027-06-30,412
	// 2 <nil>
}
