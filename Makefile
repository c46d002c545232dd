# Milepost: `make demo` and `make test` do all set-up themselves; nothing but Python 3.11+ and make is needed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUPERSET_VENV := .venv-superset
export MILEPOST_HOME ?= $(CURDIR)/.milepost
export DO_NOT_TRACK := 1

.PHONY: help setup demo site test check format bench bench-identity dev superset superset-environment down lock lock-superset clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# The stamp is the lock's own time: a changed lock or pyproject installs again, anything else costs nothing.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Milepost needs Python 3.11 or newer; point to one with: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up the virtual environment in $(VENV): installing the locked packages, about a minute or two, once ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --only-binary :all: -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m compileall -q $(VENV)/lib || true
	@touch $@

setup: $(VENV)/.installed ## virtual environment, locked dependencies, the milepost command

demo: setup ## the made-up community Riverbend, from files to published indicators
	@$(BIN)/milepost demo

site: setup ## pages for everyone, of the current release; open .milepost/site/index.html
	@$(BIN)/milepost site

test: setup ## every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: setup ## lint, format, types, SQL lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

format: setup ## write the format that `make check` asks for
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --disable-progress-bar dbt_project/models dbt_project/tests

bench-identity: setup ## how right and fast matching is: make bench-identity RECORDS=100000
	@$(BIN)/python -m benchmarks.identity $(if $(RECORDS),--records $(RECORDS))

bench: setup ## seconds and memory of every step beside the floor: make bench CHILDREN=100000
	@$(BIN)/python -m benchmarks $(if $(CHILDREN),--children $(CHILDREN))

dev: setup ## the Dagster UI on the same data
	@$(BIN)/milepost dev

# Superset's libraries are older than ours: it has an environment of its own, which nothing else needs.
$(SUPERSET_VENV)/.installed: dashboards/requirements.lock | setup
	@echo "Setting up Superset in $(SUPERSET_VENV): about 750 MB and a minute or two, once ..."
	@test -x $(SUPERSET_VENV)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(SUPERSET_VENV)
	@$(BIN)/uv pip sync --quiet --python $(SUPERSET_VENV)/bin/python dashboards/requirements.lock
	@touch $@

superset-environment: $(SUPERSET_VENV)/.installed

superset: superset-environment ## dashboards in Apache Superset on the same data
	@$(BIN)/milepost superset

down: setup ## end what `make dev` and `make superset` started
	@$(BIN)/milepost down

lock: setup ## resolve pyproject.toml anew into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-header --upgrade -q -o requirements.lock

lock-superset: setup ## resolve dashboards/requirements.in anew
	@$(BIN)/uv pip compile dashboards/requirements.in --universal --python-version 3.11 --no-header --upgrade -q -o dashboards/requirements.lock

clean: ## remove the virtual environments and the demo's data
	rm -rf $(VENV) $(SUPERSET_VENV) .milepost dbt_project/target dbt_project/logs dbt_project/{macros,models}/generated
