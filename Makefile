# Each check is a stage of .ci/run, which needs no make; the targets here are its short names, and what only people run.
.DEFAULT_GOAL := help
SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c

# What bench and cover look at; make bench PKG=./resilience BENCH=Permit
PKG       ?= ./...
BENCH     ?= .
COUNT     ?= 6
ROUNDS    ?= 11
FUZZTIME  ?= 30s
CHECKS    ?= 10000
GREMLINS  := github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## run every test
	bash .ci/run test

.PHONY: race
race: ## run every test under the race detector
	bash .ci/run race

.PHONY: lint
lint: ## formatting, vet, golangci-lint with the import rules, go.mod
	bash .ci/run gofmt tidy vet lint

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (30s)
	FUZZTIME=$(FUZZTIME) bash .ci/run fuzz

.PHONY: soak
soak: ## the property tests of resilience over millions of steps; the number is in the output
	go test ./resilience -count 1 -v -run AgreesWith -rapid.checks $(CHECKS) -rapid.nofailfile | grep -v 'draw '

# Every kind of mutant, nothing excluded, on copies in the temporary directory; docs/mutation.md tells what is left, and
# why there is no --test-cpu.
.PHONY: mutants
mutants: ## mutation testing of resilience, for an hour or more; the list is in .cache/mutants.json
	@mkdir -p .cache
	GOFLAGS=-vet=off nice go run $(GREMLINS) unleash ./resilience --tags mutants --workers 1 --timeout-coefficient 4 \
		--arithmetic-base --conditionals-boundary --conditionals-negation --increment-decrement --invert-assignments \
		--invert-bitwise --invert-bwassign --invert-logical --invert-loopctrl --invert-negatives \
		--remove-self-assignments --output .cache/mutants.json

.PHONY: bench
bench: ## run the benchmarks of PKG matching BENCH COUNT times on two cores, and sum them up
	@mkdir -p .cache
	go test -run '^$$' -bench '$(BENCH)' -benchmem -cpu 2 -count $(COUNT) $(PKG) | tee .cache/bench.txt
	go run $(BENCHSTAT) .cache/bench.txt

.PHONY: bench-promises
bench-promises: ## which promises this breaker and its peers keep, as a table
	cd bench && go test -count 1 -run Promises -v ./promises | grep -v '^[=-]'

.PHONY: bench-peers
bench-peers: ## this breaker and guard beside their peers: times, memory, targets (1 min, best on an idle machine)
	cd bench && go test -count 1 -cpu 2 -run Table -v ./peers -rounds $(ROUNDS) -benchtime 10ms | grep -v '^[=-]'

.PHONY: simulate
simulate: ## the simulations of outages and thresholds in full, and the tables behind docs/tuning.md (5 min)
	cd bench && go test -count 1 ./outage ./thresholds
	cd bench && go test -count 1 -run Table -v ./outage ./thresholds -tables | grep -v '^[=-]'

.PHONY: cover
cover: ## test coverage of PKG, with the lines in .cache/cover.html
	@mkdir -p .cache
	go test -coverpkg=./... -coverprofile=.cache/cover.out $(PKG)
	go tool cover -html=.cache/cover.out -o .cache/cover.html
	go tool cover -func=.cache/cover.out | tail -n 1

.PHONY: ci
ci: ## everything that is checked before a change lands
	bash .ci/run
