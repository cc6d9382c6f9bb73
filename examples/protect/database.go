package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ranking is an expensive query: the companies nearest to their covenants. The
// latest result serves while the database is left alone.
type ranking struct {
	db     *sql.DB
	latest int // companies in the latest result
}

func newDatabase(o *office) (*service, error) {
	fake := &switches{}
	r := &ranking{db: sql.OpenDB(connector{fake})}
	o.closers = append(o.closers, r.db.Close)
	return &service{breaker: o.breakers.Breaker("database"), full: r.all, limited: r.first, instead: r.earlier, switches: fake}, nil
}

const rankingQuery = "SELECT company, leverage FROM ratios ORDER BY leverage DESC"

func (r *ranking) all(ctx context.Context) (said string, err error) {
	rows, err := r.db.QueryContext(ctx, rankingQuery)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	n := 0
	for rows.Next() {
		var company string
		var leverage float64
		if err := rows.Scan(&company, &leverage); err != nil {
			return "", err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	r.latest = n
	return fmt.Sprintf("ranked %d companies", n), nil
}

func (r *ranking) first(ctx context.Context) (string, error) {
	var company string
	var leverage float64
	err := r.db.QueryRowContext(ctx, rankingQuery+" LIMIT 1").Scan(&company, &leverage)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: no company", errRejected)
	}
	return fmt.Sprintf("asked for the first only: %s, %.2f", company, leverage), err
}

func (r *ranking) earlier() string {
	return fmt.Sprintf("showed the earlier ranking of %d companies, without a query", r.latest)
}
