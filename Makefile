# What a developer types. `make` alone lists it.

# The first Python on this machine that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
# The envelope is opened by another language's library in a test: its packages are installed when there is a lock.
JS_LOCK := $(wildcard tests/contract/js/package-lock.json)
JS_READY := $(JS_LOCK:package-lock.json=node_modules/.ready)

.PHONY: help setup run test lint types unit format demo bench lock docs clean

help:
	@echo "make run     start a hub of your own at http://127.0.0.1:8000, kept in ./var (Ctrl-C stops it)"
	@echo "make demo    play the story of one family that moved, against a running hub or one of its own"
	@echo "make test    lint, types and every test, on real servers"
	@echo "make lint    ruff, import-linter, mypy"
	@echo "make bench   measure it: accept, the whole life of a message, latency"
	@echo "make setup   the virtual environment, from requirements.lock"
	@echo "make lock    resolve requirements.lock anew from pyproject.toml"
	@echo "make docs    write the generated pages of docs/ again"
	@echo "make clean   remove the virtual environment and caches; ./var stays"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Checkback needs Python 3.11 or newer: install one, or say PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "$(PYTHON) cannot make a virtual environment: install its venv module (on Debian: python3-venv)"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY)
	@$(BIN)/checkback up

demo: $(READY)
	@$(BIN)/checkback demo

bench: $(READY)
	@$(BIN)/python -m tests.bench

test: lint unit

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

unit: $(READY) $(JS_READY)
	$(BIN)/pytest -n 2

$(JS_READY): $(JS_LOCK)
	cd $(@D)/.. && npm ci --no-audit --no-fund --silent
	@touch $@

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-annotate --no-header \
		--quiet --upgrade --output-file requirements.lock

docs: $(READY)
	$(BIN)/checkback settings --markdown > docs/settings.md

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
