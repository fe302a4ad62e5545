# `make` alone tells what there is. Nothing here is needed to run Dragoman but Python 3.11 with its venv module.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 8080
ARGS ?=

.PHONY: help
help: ## Tell what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-9s %s\n", $$1, $$2 }'

.PHONY: run
run: $(READY) ## Set up, then serve a demonstration on http://127.0.0.1:8080 (PORT=...)
	@exec $(BIN)/dragoman demo --port $(PORT)

.PHONY: test
test: $(READY) system ## Set up, then run all tests on both databases (ARGS=... goes to pytest, -n 0 for one at a time)
	@$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

.PHONY: soak
soak: $(READY) system ## Run for hours what the tests try a little of (ARGS=--list tells the stages, --small tries each)
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
	@$(BIN)/python -m tools.changelog

.PHONY: fix
fix: $(READY) ## Repair what a tool can repair
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m tools.check_docs --write

.PHONY: docs
docs: $(READY) ## Write the generated tables of docs/ and of the dialects' pages
	@$(BIN)/python -m tools.check_docs --write

.PHONY: site
site: $(READY) ## Build the documentation as a site: open site/index.html
	@$(BIN)/python -m tools.build_site

.PHONY: bench
bench: $(READY) ## Measure beside other servers, on both databases (QUICK=1 for a short look)
	@tools/system_packages wrk
	@$(BIN)/python -m tools.bench $(ARGS)

.PHONY: dialect
dialect: $(READY) ## Make a new dialect that passes its own tests: make dialect NAME=acme
	@$(BIN)/python -m tools.new_dialect "$(NAME)"

.PHONY: lock
lock: $(READY) ## Pin the newest releases that pyproject.toml allows
	@$(LOCK) --upgrade --all-extras --output-file requirements.lock pyproject.toml
	@$(LOCK) --upgrade --output-file bench/requirements.lock bench/requirements.in
	@$(LOCK) --extra postgres --extra tracing -c requirements.lock --output-file deploy/requirements.lock pyproject.toml

LOCK = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

.PHONY: wheel
wheel: $(READY) ## Build dist/dragoman-….whl, which installs and runs anywhere
	@$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

# Done again only when what is to be installed changed.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing what is pinned in requirements.lock into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What the tests need of the operating system: PostgreSQL's programs, strace, a browser.
.PHONY: system
system:
	@tools/system_packages chromium
