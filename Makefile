# Landbridge. `make demo` and `make test` set up everything they need, on a fresh machine too.
#
#   ENGINE=bundled make …       compile the SQL engine from source instead of fetching it
#   CARGO_TARGET_DIR=… make …   keep build products elsewhere

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo build test check lint unit acceptance bench fuzz dist coverage fmt clean

export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
BINARY := $(CARGO_TARGET_DIR)/debug/landbridge
# Fetches the engine if need be, and says with which flags cargo is to be called.
engine = eval "$$(scripts/engine.sh $(CARGO_TARGET_DIR))"

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

demo: build ## the first movement on a throw-away two-account world
	@$(BINARY) demo

build: ## the binary, target/debug/landbridge
	@scripts/system.sh build
	@$(engine); cargo build --locked -p landbridge $$ENGINE_FEATURES

test: lint unit check acceptance ## everything .ci/run runs

lint: ## formatting and clippy, warnings are errors
	@scripts/system.sh build
	@cargo fmt --all --check
	@$(engine); cargo clippy --locked --workspace --all-targets $$ENGINE_FEATURES -- -D warnings

unit: ## the Rust tests
	@scripts/system.sh build
	@$(engine); \
	if cargo nextest --version >/dev/null 2>&1; \
	then cargo nextest run --locked --workspace --no-fail-fast $$ENGINE_FEATURES; \
	else cargo test --locked --workspace --lib --bins --tests $$ENGINE_FEATURES; \
	fi

check: build ## house rules: models, generated docs, sizes, dependencies
	@scripts/system.sh test
	@python="$$(scripts/python.sh $(CARGO_TARGET_DIR))"; \
	PATH="$${python%/*}:$$PATH" cargo xtask check --binary $(BINARY) # compares with its botocore

acceptance: build ## real clients against the real binary; ARGS="-k unload" selects
	@scripts/system.sh test
	@cargo build --locked --quiet -p tpch
	@LANDBRIDGE_BIN=$(BINARY) "$$(scripts/python.sh $(CARGO_TARGET_DIR))" -m pytest acceptance $(ARGS)

bench: ## requests beside moto_server, decisions, UNLOAD, COPY, TPC-H; ARGS="--only Put" ROWS="1000000" SCALE=1
	@scripts/system.sh test
	@python="$$(scripts/python.sh $(CARGO_TARGET_DIR) crates/bench/requirements.txt)"; $(engine); \
	export CARGO_PROFILE_DEV_OPT_LEVEL=3; \
	cargo build --locked -p landbridge $$ENGINE_FEATURES; cargo build --locked -p bench; \
	$(CARGO_TARGET_DIR)/debug/bench --binary $(BINARY) --moto "$${python%/*}/moto_server" \
		--json $(CARGO_TARGET_DIR)/bench.json $(ARGS)
	@cargo bench --locked -p policy
	@$(engine); for example in 'unload_bench -- $(ROWS)' 'copy_bench -- $(ROWS)' \
		'copy_memory -- $(ROWS)' 'tpch_bench -- $(SCALE)'; do \
		cargo run --locked -p warehouse $${ENGINE_FEATURES/landbridge/warehouse} --example $$example; done

fuzz: ## each fuzz target for MINUTES=20; TARGETS="sql policy" selects; needs nightly and cargo-fuzz
	@scripts/system.sh build
	@scripts/fuzz.sh $(CARGO_TARGET_DIR) $(or $(MINUTES),20) $(TARGETS)

dist: ## dist/landbridge-VERSION-HOST.tar.gz; ENGINE=bundled makes it one file
	@scripts/system.sh build
	@$(engine); cargo build --locked --release -p landbridge $$ENGINE_FEATURES
	@scripts/dist.sh $(CARGO_TARGET_DIR)

coverage: build ## rewrite docs/coverage.md from the binary
	@cargo xtask coverage --binary $(BINARY) --write

fmt: ## format the Rust code
	@cargo fmt --all

clean: ## remove build products, state and distributions
	@rm -rf $(CARGO_TARGET_DIR) dist .landbridge
