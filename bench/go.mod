module github.com/finbrain/ai/bench

go 1.26

require (
	github.com/finbrain/ai v0.0.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
)

replace github.com/finbrain/ai => ../
