# The only set of verbs: people and CI call the same ones. `make help` explains them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Tools of `make setup` come first, so that everybody has the same versions; of the cargos the one that heeds rust-toolchain.toml.
export PATH := $(CURDIR)/.tools/venv/bin:$(CURDIR)/.tools/bin:$(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)
# What is run below is looked for there.
export CARGO_TARGET_DIR := $(CURDIR)/target
# A message says what to do; the places in the code it came through help nobody who only runs this.
export RUST_LIB_BACKTRACE ?= 0

compile := setup/compile
# Every tool and function, in one build: a crate's features are the same whichever verb asks for it.
binaries := $(compile) "Functions and tools" build --workspace --bins
bin := target/debug
functions = $(foreach folder,$(wildcard functions/*/),--bin $(notdir $(patsubst %/,%,$(folder))))
# By name and not with -p, which would choose other features of shared dependencies and compile librdkafka again.
template_tests := --test deployed --test refusals --test watch_routes --test retention
# Any other verb leaves a stamp; without one there is nothing to ask, and no reason to compile for minutes.
if_used = if [ ! -d .tools/stamps ]; then echo 'Nothing was ever started from this checkout'; $(2); \
  else setup/setup run && { [ -x $(bin)/stack ] || $(binaries); } && $(1); fi
shell_scripts = $(shell grep -rl '^.!/usr/bin/env bash$$' .ci setup functions infra localstack migrations shared)

.PHONY: help setup up down status migrate dev demo scenarios producer dlq api-key outbox parked audit-verify aggregates-check replay monitor test soak fuzz check build bench cost sqlx contract ready
.PHONY: check-format check-lints check-dependencies check-queries check-contract check-template check-scripts check-yaml check-monitoring

help: ## Say what each verb does
	@echo 'make VERB, of which each sets up what it needs first:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2 }' Makefile

setup: ## Install all that this machine lacks: system packages, Rust, linters, cargo-lambda, the servers
	@setup/setup all
	@$(binaries)
	@$(bin)/stack install

# What every verb needs; under a second when it is there.
ready:
	@setup/setup run
	@$(binaries)

up: ready ## Start Kafka and PostgreSQL on this machine, with topics and tables, and say where they listen
	@$(bin)/stack up

down: ## Stop them; WIPE=1 removes their data too, SERVER=kafka (or postgres) stops that one alone
	@$(call if_used,$(bin)/stack down $(if $(filter-out 0,$(WIPE)),--wipe) $(if $(filter command,$(origin SERVER)),--only $(SERVER)),true)

status: ## Say what runs
	@$(call if_used,$(bin)/stack status,false)

migrate: up ## Apply new migrations to the database of OWNER_DATABASE_URL (the local one where that is not set)
	@$(bin)/stack migrate

dev: ## Serve all functions on http://127.0.0.1:9000 (ONCEWARD_HTTP_PORT) while you edit them; Ctrl-C ends it
	@setup/setup dev
	@$(binaries)
	@$(bin)/stack up
	@$(bin)/dev

demo: up ## See clicks, users, orders and discussions travel through Kafka into PostgreSQL, counted and compared
	@$(bin)/demo

scenarios: up ## Run every command of docs/scenarios.md, and compare what it prints; DO="--only restart" runs one, DO=--write takes the output down
	@$(bin)/demo scenarios $(DO)

producer: ready ## Send a shop's events from a menu, or with DO="load --count 10000 --duplicates 0.02", and compare: DO=verify (DO=--help says what)
	@$(bin)/producer $(DO)

dlq: ready ## List dead letters; DO="redrive --class invalid-data --dry-run" does more (show, discard; DO=--help says what)
	@$(bin)/operator dlq $(or $(DO),list)

api-key: ready ## List API keys; DO="create --name shop --scope links,events:* --source /shop" makes one, DO="revoke ID" revokes one
	@$(bin)/operator api-key $(or $(DO),list)

outbox: ready ## Say how much waits to be published, and what Kafka refuses; DO="retry --all" does more
	@$(bin)/operator outbox $(or $(DO),list)

parked: ready ## List events that wait, and for what
	@$(bin)/operator parked $(or $(DO),list)

audit-verify: ready ## Verify every row of the audit log against its hashes and all checkpoints; DO=--without-checkpoints needs no Kafka
	@$(bin)/operator audit-verify $(DO)

aggregates-check: ready ## Make every sum of every pipeline anew from its facts, and say where any differs; DO=--json for programs
	@$(bin)/operator aggregates-check $(DO)

replay: ready ## Deliver all records of a consumer's topics to it once more, while `make dev` runs: DO=discussion-consumer. Nothing may change
	@$(bin)/event-source --replay $(or $(DO),discussion-consumer)

monitor: ready ## Look at what runs with Prometheus, on http://127.0.0.1:9090 (ONCEWARD_PROMETHEUS_PORT); Ctrl-C ends it
	@setup/setup monitor
	@$(bin)/monitor

test: up ## Run every test, against the real servers
	@$(compile) "Tests" test --workspace --no-run
	cargo test --workspace

soak: up ## Run the consumers' engine, the audit log, the shop and the sums of discussions against their models, CASES=5000 random cases each, and kill the event source in KILLS=20 (SEED=… for the same ones again)
	@$(compile) "Tests" test --workspace --no-run
	PROPTEST_CASES=$(or $(CASES),5000) PROPTEST_RNG_SEED=$(or $(SEED),$(shell date +%s)) cargo test --test model --test fanout_audit --test orders --test discussion_sums
	PROPTEST_CASES=$(or $(KILLS),20) PROPTEST_RNG_SEED=$(or $(SEED),$(shell date +%s)) cargo test --test event_source_kills

fuzz: up ## Send the functions what schemathesis makes up from openapi.json: some minutes
	@setup/setup fuzz
	@$(compile) "Tests" test --workspace --no-run
	cargo test --test schemathesis -- --ignored --nocapture

check: check-format check-scripts check-yaml check-template check-monitoring check-dependencies check-queries check-contract check-lints ## Check format, lints, licences, .sqlx, the contract, template, alerts, scripts and YAML
	@echo 'All checks passed.'

build: ## Build the functions for Lambda on arm64, as zips in target/lambda
	@setup/setup build
	@echo 'Building for arm64 in release mode: about 11 minutes on two cores the first time'
	cargo lambda build --release --arm64 --output-format zip $(functions)
	@for zip in target/lambda/*/bootstrap.zip; do \
	  printf '%9.2f MB  %s\n' "$$(awk -v bytes="$$(wc -c <"$$zip")" 'BEGIN { print bytes / 1000000 }')" "$$zip"; \
	done

bench: up ## Measure everything there is a figure for, and write it to localstack/bench/results.md: some 18 minutes (DO="--only redirect" for a part; DO=--help)
	@$(compile) "Benchmarks" build --profile bench --bin bench $(functions) --example constant-302
	@target/release/bench $(DO)

cost: ready ## Say what an hour of a load costs on Lambda, by what `make bench` measured; DO="--redirects 1000 --hour 2.50" (DO=--help says what)
	@$(bin)/cost $(DO)

sqlx: ## Renew .sqlx after a statement or a migration has changed
	@setup/setup run
	@[ -x $(bin)/stack ] || $(binaries)
	@$(bin)/stack up
	@$(compile) "The tool for .sqlx" build --bin query-metadata
	@$(bin)/query-metadata
	@git status --short .sqlx

contract: ready ## Renew schemas/, openapi.json and docs/events.md after an event or a route has changed
	@$(bin)/contract
	@git status --short schemas openapi.json docs

check-format:
	@setup/setup check
	cargo fmt --all --check

check-lints:
	@setup/setup check
	@$(compile) "Lints" clippy --workspace --all-targets -- -D warnings

check-dependencies:
	@setup/setup check
	cargo deny --offline check --hide-inclusion-graph --allow unused-wrapper bans licenses sources
	@if cargo deny fetch db >/dev/null 2>&1; then \
	  cargo deny check --hide-inclusion-graph advisories; \
	else \
	  echo 'advisories NOT CHECKED: their database could not be fetched'; \
	fi

# Says what differs, and what readers or writers of before would refuse.
check-contract: ready
	$(bin)/contract --check

check-queries: up
	$(bin)/query-metadata --check

check-template:
	@setup/setup check
	cfn-lint infra/template.yaml
	@$(compile) "Template tests" test $(template_tests) --no-run
	cargo test --quiet $(template_tests)

# Of the rules; that what they name exists, the tests see.
check-monitoring: ready
	@setup/setup check
	$(bin)/monitor check

check-scripts:
	@setup/setup check
	shellcheck $(shell_scripts)

check-yaml:
	@setup/setup check
	yamllint --strict .
	check-jsonschema --builtin-schema vendor.compose-spec compose.yaml localstack/compose.yaml
	hadolint localstack/Dockerfile
