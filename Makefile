# `make demo` shows the main job in three languages; `make test` runs every test and linter. Both set up what they need.

PYTHON ?= python3
VENV := .venv

.PHONY: demo test test-rust test-python test-node test-emulator python node check-rust check-python check-node audit bench budget clean docs docs-serve test-docs

demo: python node
	cargo build --release --quiet --package blynk-webhooks-emulator --example demo
	target/release/examples/demo "$(VENV)/bin/python examples/demo/demo.py" "node examples/demo/demo.mjs"

test: test-rust test-python test-node test-emulator test-docs

test-rust:
	cargo fmt --check
	cargo run --quiet --package xtask -- generate --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --package blynk-webhooks --package blynk-webhooks-emulator --package blynk-webhooks-plan --no-deps --quiet
	cargo test --workspace -- --nocapture

# The fast loop of the crates: the core's own tests and the conformance cases, and that everything else still compiles.
check-rust:
	cargo run --quiet --package xtask -- generate --check
	cargo test --quiet --package blynk-webhooks --lib --test conformance
	cargo check --quiet --workspace --all-targets

# The Python package in a virtual environment of this folder.
python: $(VENV)/bin/maturin
	$(VENV)/bin/maturin develop --release --quiet

$(VENV)/bin/maturin: tests/python/requirements.txt
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement tests/python/requirements.txt
	touch $@

# The fast loop of the Python package: an unoptimized build, the types, the tests and what is generated.
check-python:
	FAST=1 sh tests/python/check.sh

# The Node package, built in this folder.
node: node_modules/.package-lock.json
	npm run --silent build

node_modules/.package-lock.json: package-lock.json
	npm ci --no-audit --no-fund

test-python:
	sh tests/python/check.sh

test-node: node
	npm run --silent lint
	npm test

# The fast loop of the Node package: an unoptimized build, the tests, the types and what is generated.
check-node: node_modules/.package-lock.json
	cargo run --quiet --package xtask -- generate --check
	npm run --silent build:dev
	npx biome ci
	npx tsc -p tests/node/types
	npm test

# The emulator as a program: kill -9, schemathesis, its page in Chromium. FULL=1 takes the long forms.
test-emulator:
	sh tests/emulator/check.sh

# The documentation as a static site in target/site.
docs: target/docs/ready
	target/docs/venv/bin/python -B docs/build.py

docs-serve: docs
	$(PYTHON) -m http.server --bind 127.0.0.1 --directory target/site 8000

target/docs/ready: docs/requirements.txt docs/package-lock.json
	test -x target/docs/venv/bin/python || $(PYTHON) -m venv target/docs/venv
	target/docs/venv/bin/pip install --quiet --disable-pip-version-check --requirement docs/requirements.txt
	cd docs && npm ci --silent
	touch $@

# Every example of the documentation runs as it stands; links lead somewhere; the site is looked at in Chromium.
test-docs: docs python node
	sh tests/docs/check.sh

# Licences, sources and duplicate versions of what goes into the build. Needs minutes on first use, so CI leaves it out.
audit:
	command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
	cargo deny check licenses sources bans

# Our packages beside the clients that users would pick, on one server; writes docs/benchmark.md. CI runs one short round:
# make bench ROUNDS=1 CALLS=200
bench:
	sh bench/setup.sh $(PYTHON)
	target/bench/venv/bin/python -B bench/run.py --rounds $(or $(ROUNDS),5) --calls $(or $(CALLS),1000000) --seconds $(or $(SECONDS),2)

# Counts system calls and instructions for each call and checks them against bench/budget.json. Needs what `make bench` sets up.
budget:
	target/bench/venv/bin/python -B bench/budget.py $(if $(WRITE),--write)

clean:
	cargo clean
	rm -rf $(VENV) node_modules bindings-node/dist
