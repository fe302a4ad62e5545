# `make` alone lists the targets. They need Python 3.11 or later with its venv module; all else they install in .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.ready
QUICK := $(VENV)/.ready-quick
READY := $(VENV)/.ready-dev
PORT ?= 8080
ARGS ?=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-9s %s\n", $$1, $$2 }'

.PHONY: run
run: $(RUNTIME) ## Install what is needed to run, then serve a demonstration on http://127.0.0.1:8080 (PORT=...)
	@exec $(BIN)/dragoman demo --port $(PORT)

.PHONY: quick
quick: $(QUICK) ## Run the inner loop in seconds: unit, architecture, use cases on SQLite (ARGS=... goes to pytest)
	@$(BIN)/pytest -q -n 2 --engines sqlite --hypothesis-profile quick tests/unit tests/architecture tests/integration/usecases $(ARGS)

.PHONY: test
test: $(READY) system ## Set up, then run all tests on both databases (ARGS=... goes to pytest, -n 0 for one at a time)
	@$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

.PHONY: soak
soak: $(READY) system ## Run the long sizes of the tests, for hours (ARGS=--list shows the stages, --small tries each)
	@tools/system_packages wrk
	@$(BIN)/python -m tools.soak $(ARGS)

.PHONY: check
check: static test ## Format, lint, types, pages, tests: green before every commit

.PHONY: static
static: $(READY) ## Format, lint, types and pages, without the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy --strict
	@$(BIN)/python -m tools.check_docs
	@$(BIN)/python -m tools.build_site --check
	@$(BIN)/python -m tools.messages --check
	@$(BIN)/lint-imports
	@$(BIN)/towncrier build --draft --version next >/dev/null

.PHONY: fix
fix: $(READY) ## Repair what a tool can repair
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m tools.check_docs --write

.PHONY: docs
docs: $(READY) ## Write the generated tables and pages of docs/
	@$(BIN)/python -m tools.check_docs --write

.PHONY: messages
messages: $(READY) ## Take new texts of the pages into the catalogues, and name what is not translated
	@$(BIN)/python -m tools.messages

.PHONY: pictures
pictures: $(READY) system ## Take the pictures of the pages that docs/guide/inbox.md shows
	@$(BIN)/python -m tools.screenshots $(ARGS)

.PHONY: site
site: $(READY) ## Build the documentation as a site: open site/index.html
	@$(BIN)/python -m tools.build_site

.PHONY: bench
bench: $(READY) ## Compare with other servers, on both databases (QUICK=1 for a short run)
	@tools/system_packages wrk
	@$(BIN)/python -m tools.bench $(ARGS)

.PHONY: dialect
dialect: $(READY) ## Create a new dialect that passes its own tests: make dialect NAME=acme
	@$(BIN)/python -m tools.new_dialect "$(NAME)"

.PHONY: lock
lock: $(READY) ## Pin the newest releases that pyproject.toml allows: for development, to run, and for images
	@$(LOCK) --upgrade --all-extras --output-file requirements-dev.lock pyproject.toml
	@$(LOCK) --extra postgres --extra source --extra tracing $(SAME) --output-file requirements.lock pyproject.toml
	@$(LOCK) --extra postgres --extra source --extra tracing --extra quick $(SAME) --output-file requirements-quick.lock pyproject.toml
	@$(LOCK) --extra postgres --extra tracing $(SAME) --output-file deploy/requirements.lock pyproject.toml
	@$(LOCK) --upgrade --output-file bench/requirements.lock bench/requirements.in

SAME = --constraint requirements-dev.lock
LOCK = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

.PHONY: release
release: $(READY) ## Move changes/ to CHANGELOG.md and set the version: make release VERSION=0.2.0 (docs/guide/releasing.md)
	@sed -i 's/^__version__ = .*/__version__ = "$(VERSION)"/' src/dragoman/__init__.py
	@$(BIN)/towncrier build --yes --version "$(VERSION)"

.PHONY: wheel
wheel: $(READY) ## Build dist/dragoman-….whl
	@$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

# Each is repeated only when its lock file or pyproject.toml has changed. The development lock holds the others, so that
# one virtual environment serves all.
$(RUNTIME): pyproject.toml requirements.lock
	@$(call install,requirements.lock)
	@touch $@

$(QUICK): pyproject.toml requirements-quick.lock
	@$(call install,requirements-quick.lock)
	@touch $(RUNTIME) $@

$(READY): pyproject.toml requirements-dev.lock
	@$(call install,requirements-dev.lock)
	@touch $(RUNTIME) $(QUICK) $@

define install
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
$(PYTHON) -m venv $(VENV)
echo "Installing the packages of $(1) in $(VENV) ..."
$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

# What the tests need of the operating system: PostgreSQL's programs, strace, a browser.
.PHONY: system
system:
	@tools/system_packages chromium
