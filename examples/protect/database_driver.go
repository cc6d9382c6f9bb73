package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
)

// connector is a driver of a database with one table in memory.
type connector struct{ fake *switches }

// Connect opens a connection.
func (c connector) Connect(context.Context) (driver.Conn, error) { return conn(c), nil }

// Driver returns the connector itself, whose database has no address.
func (c connector) Driver() driver.Driver { return c }

// Open is Connect: every address leads to the same table.
func (c connector) Open(string) (driver.Conn, error) { return conn(c), nil }

type conn struct{ fake *switches }

var _ driver.QueryerContext = conn{}

var errUnsupported = errors.New("not supported")

// Prepare is not needed: QueryContext answers directly.
func (conn) Prepare(string) (driver.Stmt, error) { return nil, errUnsupported }

// Begin refuses: there is nothing to write.
func (conn) Begin() (driver.Tx, error) { return nil, errUnsupported }

// Close has nothing to release.
func (conn) Close() error { return nil }

// QueryContext returns the whole table, or its first row.
func (c conn) QueryContext(ctx context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case c.fake.failing():
		return nil, errors.New("too many connections")
	}
	rows := [][]driver.Value{{"Tarnbrook Foods", 3.30}, {"Ashmere Rail", 2.10}, {"Corrie Paper", 1.75}}
	if strings.HasSuffix(query, "LIMIT 1") {
		rows = rows[:1]
	}
	return &table{rows}, nil
}

type table struct{ rows [][]driver.Value }

// Columns names the columns.
func (t *table) Columns() []string { return []string{"company", "leverage"} }

// Close drops what was not read.
func (t *table) Close() error {
	t.rows = nil
	return nil
}

// Next copies the next row.
func (t *table) Next(row []driver.Value) error {
	if len(t.rows) == 0 {
		return io.EOF
	}
	copy(row, t.rows[0])
	t.rows = t.rows[1:]
	return nil
}
