package resilience_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/finbrain/ai/resilience"
)

// Heavy analytics queries under a breaker: while the database is failing the
// report shows last night's figures, and no query adds to its load.
func Example_sql() {
	warehouse := &warehouse{revenue: map[string]int64{"2025": 1200}}
	db := sql.OpenDB(warehouse)
	defer db.Close()

	breaker, err := resilience.NewBreaker("database", resilience.BreakerConfig{
		Failures: 2,
		Classify: func(err error) resilience.Verdict {
			if errors.Is(err, sql.ErrNoRows) { // an answer of the database, not a failure of it
				return resilience.Verdict{Outcome: resilience.Success}
			}
			return resilience.Verdict{Outcome: resilience.Failure}
		},
	})
	if err != nil {
		panic(err)
	}
	revenue := func(ctx context.Context, year string) (int64, error) {
		return resilience.Do(ctx, breaker, func(ctx context.Context) (cents int64, err error) {
			err = db.QueryRowContext(ctx, "SELECT sum(cents) FROM sales WHERE year = ?", year).Scan(&cents)
			return cents, err
		})
	}
	report := func(year string) {
		switch cents, err := revenue(context.Background(), year); {
		case errors.Is(err, resilience.ErrOpen):
			fmt.Println(year, "last night's figures")
		case errors.Is(err, sql.ErrNoRows):
			fmt.Println(year, "no sales")
		case err != nil:
			fmt.Println(year, err)
		default:
			fmt.Println(year, cents)
		}
	}
	report("1900")
	report("1900")
	report("2025")
	warehouse.down = true
	report("2025")
	report("2025")
	report("2025")
	warehouse.down = false
	breaker.Reset() // an example does not wait for 30 s
	report("2025")
	fmt.Println(warehouse.queries, "queries")
	// Output:
	// 1900 no sales
	// 1900 no sales
	// 2025 1200
	// 2025 disk full
	// 2025 disk full
	// 2025 last night's figures
	// 2025 1200
	// 6 queries
}

// warehouse is as much of a database as the example needs: its own connector,
// driver, connection and statement.
type warehouse struct {
	revenue map[string]int64 // by year
	down    bool
	queries int
}

func (w *warehouse) Connect(context.Context) (driver.Conn, error) { return w, nil }
func (w *warehouse) Driver() driver.Driver                        { return w }
func (w *warehouse) Open(string) (driver.Conn, error)             { return w, nil }
func (w *warehouse) Prepare(string) (driver.Stmt, error)          { return w, nil }
func (w *warehouse) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (w *warehouse) Close() error                                 { return nil }
func (w *warehouse) NumInput() int                                { return 1 }
func (w *warehouse) Exec([]driver.Value) (driver.Result, error)   { return nil, driver.ErrSkip }

func (w *warehouse) Query(args []driver.Value) (driver.Rows, error) {
	w.queries++
	if w.down {
		return nil, errors.New("disk full")
	}
	cents, ok := w.revenue[fmt.Sprint(args[0])]
	return &sum{cents: cents, done: !ok}, nil
}

// sum is the one row of a query, or none.
type sum struct {
	cents int64
	done  bool
}

func (*sum) Columns() []string { return []string{"cents"} }
func (*sum) Close() error      { return nil }

func (s *sum) Next(row []driver.Value) error {
	if s.done {
		return io.EOF
	}
	row[0], s.done = s.cents, true
	return nil
}
