# `make help` lists the targets. Each is a command that one would type by hand.

# The Lambda's processor, x86_64 or arm64. Another than this machine's is built by cargo-lambda, which brings a cross
# linker; so is the same one where this machine's C library is newer than Lambda's (LINKER=zig).
ARCH ?= $(HOST_ARCH)
LINKER ?= $(if $(filter $(ARCH),$(HOST_ARCH)),system,zig)
STACK ?= edge-authorizer
# Parameters of template.yaml, as `ExampleRestApi=true CacheSeconds=60`.
PARAMETERS ?=

HOST_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
VENV := .venv
PYTHON := $(VENV)/bin/python
SAM := SAM_CLI_TELEMETRY=0 $(VENV)/bin/sam
AUTHORIZER_FEATURES := lambda,quiet
LAMBDA := --no-default-features --features $(AUTHORIZER_FEATURES)
LAMBDA_DIR := target/lambda
TARGET := $(subst arm64,aarch64,$(ARCH))-unknown-linux-gnu
# The C library of provided.al2023.
LAMBDA_GLIBC := 2.34

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test mutations screenshots clients fmt lint docs deny tree tree-accept tables pack routes scale events build authorizer sbom fuzz test-build bench validate deploy e2e measure-auth venv

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Everything on loopback: store, demonstration data, gateway
	cargo run --quiet --bin edge -- serve

test: ## Every test that needs nothing but Rust
	cargo test --doc
	cargo test --lib --bins --tests

mutations: ## Break the policy compiler in twenty ways, each of which the tests must notice (minutes)
	scripts/policy-mutations.sh

fmt: ## Format the sources
	cargo fmt

lint: ## Clippy, warnings denied: everything, then the Lambda's own feature set
	cargo clippy --all-targets -- -D warnings
	cargo clippy $(LAMBDA) --bin authorizer -- -D warnings
	cargo clippy --no-default-features --features auth-lambda --bin auth-server -- -D warnings
	cargo clippy --no-default-features --features responder --bin responder -- -D warnings

docs: ## The library's documentation, warnings denied
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps

deny: ## Bans, licences and sources of the dependencies (needs cargo-deny)
	cargo deny check bans licenses sources

# A crate's name and features, without the version: Cargo.lock shows those.
define TREE
cargo tree --no-default-features --features $(1) --edges normal --target x86_64-unknown-linux-gnu --prefix none --no-dedupe \
	--format '{p} {f}' | sed -E 's/ v[0-9][^ ]*//; s/ \([^)]*\)//; s/ +$$//' | LC_ALL=C sort -u
endef

tree: ## What the authorizer and the authorization server are made of is what is on record
	@for it in authorizer:$(AUTHORIZER_FEATURES) auth-server:auth-lambda; do \
		$(call TREE,$${it#*:}) | diff -u tests/$${it%:*}-dependencies.txt - || { \
			echo 'They are not the ones on record: look at each, then `make tree-accept`.' >&2; exit 1; }; \
	done

tree-accept: ## Put their dependencies on record
	$(call TREE,$(AUTHORIZER_FEATURES)) > tests/authorizer-dependencies.txt
	$(call TREE,auth-lambda) > tests/auth-server-dependencies.txt

tables: ## Write again the tables in docs/ that tests make
	UPDATE_GOLDEN=1 cargo test --test suite the_table_of

pack: ## Compile api.yaml into what the Lambda reads at start
	mkdir -p $(LAMBDA_DIR)
	cargo run --quiet --bin edge -- pack api.yaml --output $(LAMBDA_DIR)/api.pack.json

routes: ## Write again what is generated from api.yaml: the gateways' definitions, the table of routes
	cargo run --quiet --bin edge -- definition rest api.yaml --output deploy/rest-api.yaml
	cargo run --quiet --bin edge -- definition http api.yaml --auth-server AuthServer --auth-server-if HasAuthServer \
		--output deploy/http-api.yaml
	cargo run --quiet --bin edge -- routes api.yaml > tests/routes.txt

scale: ## Simulate the load, and write again the tables and plots of docs/scale.md
	python3 scripts/scale.py

events: ## Write the sample events again, and what each is answered
	UPDATE_GOLDEN=1 cargo test --quiet --test suite events::samples

# $(call zipped,PROGRAM,FEATURES,FOLDER,FILES): the program as `bootstrap` in FOLDER, and PROGRAM.zip of it and the files.
define zipped
	mkdir -p $(3)
	$(if $(filter zig,$(LINKER)),cargo lambda build --release --no-default-features --features $(2) --bin $(1) \
		--$(subst _,-,$(ARCH)) --lambda-dir $(3) --flatten $(1), \
		cargo build --release --no-default-features --features $(2) --bin $(1) && cp target/release/$(1) $(3)/bootstrap)
	@newest=$$(readelf --version-info $(3)/bootstrap | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1); \
	echo "needs $$newest, and provided.al2023 has GLIBC_$(LAMBDA_GLIBC)"; \
	printf '%s\n' "$$newest" GLIBC_$(LAMBDA_GLIBC) | sort -CV || { \
		echo 'This machine links against a newer C library: `pip install cargo-lambda`, `make build LINKER=zig`.' >&2; exit 1; }
	cd $(3) && chmod 755 bootstrap && touch -d 1980-01-01T00:00:00Z bootstrap $(4) && rm -f $(CURDIR)/$(LAMBDA_DIR)/$(1).zip && \
		TZ=UTC zip -X -9 $(CURDIR)/$(LAMBDA_DIR)/$(1).zip bootstrap $(4)
	sha256sum $(LAMBDA_DIR)/$(1).zip
endef

build: authorizer ## The Lambdas' zips, for ARCH: target/lambda/{authorizer,auth-server,responder}.zip
	mkdir -p $(LAMBDA_DIR)/auth-server && cp -p $(LAMBDA_DIR)/api.pack.json $(LAMBDA_DIR)/auth-server/
	$(call zipped,auth-server,auth-lambda,$(LAMBDA_DIR)/auth-server,api.pack.json)
	$(call zipped,responder,responder,$(LAMBDA_DIR)/responder,)

authorizer: pack ## The authorizer's zip alone
	chmod 644 $(LAMBDA_DIR)/api.pack.json
	$(call zipped,authorizer,$(AUTHORIZER_FEATURES),$(LAMBDA_DIR),api.pack.json)

sbom: ## What the Lambdas' binaries are made of, as CycloneDX: target/lambda/*.sbom.json
	mkdir -p $(LAMBDA_DIR)
	python3 scripts/sbom.py authorizer $(AUTHORIZER_FEATURES) $(TARGET) > $(LAMBDA_DIR)/authorizer.sbom.json
	python3 scripts/sbom.py auth-server auth-lambda $(TARGET) > $(LAMBDA_DIR)/auth-server.sbom.json
	python3 scripts/sbom.py responder responder $(TARGET) > $(LAMBDA_DIR)/responder.sbom.json

fuzz: ## Every fuzz target for FUZZ_SECONDS (600), or those in TARGETS; inputs that break something: fuzz/artifacts
	scripts/fuzz.sh $(TARGETS)

test-build: ## The very binary in the zip answers every file in events/ under a Lambda runtime API
	AUTHORIZER_BIN=$(CURDIR)/$(LAMBDA_DIR)/bootstrap cargo test --test suite lambda

# Two packages of their own: what is measured against, and what measures. Neither is part of the product. The baseline is
# built as it would be anywhere else: without what .cargo/config.toml knows.
bench: authorizer ## Measure that binary beside a plain Rust baseline, in one run: target/bench/lambda.md and .json
	AWS_LC_SYS_NO_JITTER_ENTROPY=0 cargo build --release --manifest-path benches/baseline/Cargo.toml --target-dir target/baseline
	cargo build --release --manifest-path benches/harness/Cargo.toml --target-dir target/harness
	rm -f target/baseline/baseline.zip
	zip -q -X -9 -j target/baseline/baseline.zip target/baseline/release/baseline
	target/harness/release/harness $(LAMBDA_DIR) target/baseline/release/baseline target/baseline/baseline.zip target/bench

validate: $(VENV)/installed ## sam validate --lint
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint --template template.yaml

deploy: $(VENV)/installed ## To AWS, as STACK with PARAMETERS, what `make build` has built
	$(SAM) deploy --template-file template.yaml --stack-name $(STACK) --capabilities CAPABILITY_IAM --resolve-s3 \
		--parameter-overrides Architecture=$(ARCH) $(PARAMETERS)

e2e: $(VENV)/installed ## The template on an emulator of AWS, asked the whole table of answers (after make build)
	cargo build --quiet --bin edge
	$(PYTHON) tests/e2e/run.py

measure-auth: $(VENV)/installed ## Cold start, latency and memory of the authorization server's binary (after make build)
	cargo build --quiet --bin edge
	$(PYTHON) scripts/measure-auth-server.py $(LAMBDA_DIR)/auth-server/bootstrap target/debug/edge

screenshots: tests/clients/node_modules ## A picture of every page, in target/screenshots (needs Chromium)
	REQUIRE_ALL=1 cargo test --test suite -- --ignored pages::browser::screenshots

clients: tests/clients/node_modules ## The npm packages that the tests run, in tests/clients (needs Node.js 18 or newer)

tests/clients/node_modules: tests/clients/package-lock.json
	cd tests/clients && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

venv: $(VENV)/installed ## The Python tools of validate, deploy and e2e, in .venv

$(VENV)/installed: requirements.txt
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --requirement requirements.txt
	touch $@
