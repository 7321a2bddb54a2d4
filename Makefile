PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup lock

help: ## List the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)$$/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup: .venv/.runtime .venv/.development ## Build .venv: the locked run-time and development environment

# The build backend lies beside the environment, not in it: what serves holds only what serves.
.venv/.runtime: requirements/base.txt requirements/build.txt pyproject.toml
	$(PYTHON) scripts/check_python.py
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements/base.txt
	$(PIP) install --require-hashes --target .venv/build-tools --upgrade -r requirements/build.txt
	PYTHONPATH=.venv/build-tools $(PIP) install --no-deps --no-build-isolation --editable .
	test ! -d app || $(BIN)/python -m compileall -q app
	touch $@

.venv/.development: .venv/.runtime requirements/dev.txt client/pyproject.toml
	$(PIP) install --require-hashes -r requirements/dev.txt
	PYTHONPATH=.venv/build-tools $(PIP) install --no-deps --no-build-isolation --editable client
	touch $@

lock: ## Lock the dependencies anew (needs uv)
	$(LOCK) pyproject.toml --output-file requirements/base.txt
	$(LOCK) --group dev --constraint requirements/base.txt --output-file requirements/dev.txt
	$(LOCK) --group build --output-file requirements/build.txt
