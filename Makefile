# `make help` lists the targets. Each is a command that one would type by hand.

ARCH ?= x86_64
STACK ?= edge-authorizer
TABLE ?= edge-authorizer
VENV := .venv
PYTHON := $(VENV)/bin/python
LAMBDA := --no-default-features --features lambda

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test fmt lint docs deny tree tree-accept venv

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Everything on loopback: store, demonstration data, gateway
	cargo run --quiet --bin edge -- serve

test: ## Every test that needs nothing but Rust
	cargo test --doc
	cargo test --lib --bins --tests

fmt: ## Format the sources
	cargo fmt

lint: ## Clippy, warnings denied: everything, then the Lambda's own feature set
	cargo clippy --all-targets -- -D warnings
	cargo clippy $(LAMBDA) --bin authorizer -- -D warnings

docs: ## The library's documentation, warnings denied
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps

deny: ## Bans, licences and sources of the dependencies (needs cargo-deny)
	cargo deny check bans licenses sources

# A crate's name and features, without the version: Cargo.lock shows those.
define TREE
cargo tree $(LAMBDA) --edges normal --target $(ARCH)-unknown-linux-gnu --prefix none --no-dedupe \
	--format '{p} {f}' | sed -E 's/ v[0-9][^ ]*//; s/ \([^)]*\)//; s/ +$$//' | LC_ALL=C sort -u
endef

tree: ## What the Lambda's binary is made of is what is on record
	@$(TREE) | diff -u tests/authorizer-dependencies.txt - || { \
		echo 'They are not the ones on record: look at each, then `make tree-accept`.' >&2; exit 1; }

tree-accept: ## Put the Lambda's dependencies on record
	$(TREE) > tests/authorizer-dependencies.txt

venv: $(VENV)/installed ## The Python tools of `validate` and `e2e`, in .venv

$(VENV)/installed: requirements.txt
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --requirement requirements.txt
	touch $@
