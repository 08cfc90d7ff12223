# pikir: `make help` lists what there is to do.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS := 300

.DEFAULT_GOAL := help
.PHONY: help setup monitor test lint types floors evals lock locked clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(READY) ## create .venv with the locked dependencies

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"pikir needs Python 3.11 or newer, found {v.major}.{v.minor}; try: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,train,cluster]'
	@touch $@

monitor: $(READY) ## run the monitor on the bundled sample; again: only what is new
	$(BIN)/pikir run

test: $(READY) ## lint, types, floors, tests and quality gates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile
	$(BIN)/python -m evals

lint: $(READY) ## format and lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

floors: $(READY) ## which room may import which
	$(BIN)/lint-imports

evals: $(READY) ## the quality gates of evals/floors.toml
	$(BIN)/python -m evals

lock: $(READY) ## write constraints.txt from what is installed, and requirements.lock with hashes (needs uv)
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '^pikir' | sed 's/^\(torch==[^+]*\)+.*/\1/' > constraints.txt
	uv pip compile --quiet -c constraints.txt pyproject.toml -o requirements.lock

locked: ## create .venv for production: versions and hashes of requirements.lock, no tests
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/python -m pip install "$$(grep '^torch==' constraints.txt)"
	$(BIN)/python -m pip install --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check

clean: ## remove the environment and caches (var/, with your data, stays)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
