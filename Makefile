PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# The build backend lies beside the environment, not in it: what serves holds only what serves.
BUILD := PYTHONPATH=$(CURDIR)/build/tools
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup demo test oracles check format bench wheel reference messages lock parts clean

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)$$/\1 \2/p' $(MAKEFILE_LIST) | \
		while read -r target words; do printf '  make %-9s %s\n' "$$target" "$$words"; done

setup: .venv/.runtime .venv/.development ## Build .venv with everything locked: what serves and what tests

demo: .venv/.runtime ## Serve a demonstration from .demo/ (DATA=folder imports your own cells, PORT=n)
	@CYTOREVIEW_HOME="$${CYTOREVIEW_HOME:-$(CURDIR)/.demo}" \
		$(BIN)/cytoreview demo $(if $(DATA),--data "$(DATA)") $(if $(PORT),--port $(PORT))

test: parts setup check ## Set everything up and run all that CI runs
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
	node --test $$(find tests/js -name '*.test.js')
	@$(MAKE) --no-print-directory oracles

oracles: .oracles/.installed ## Hold the statistics against well-kept libraries, in an environment of their own
	.oracles/bin/python -m pytest -c oracles/pytest.ini oracles

check: .venv/.development node_modules/.installed ## Run every check of the code that runs no test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	node_modules/.bin/tsc
	node_modules/.bin/eslint --max-warnings 0 .

format: .venv/.development node_modules/.installed ## Mend what ruff and eslint can mend by themselves
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	node_modules/.bin/eslint --fix .

bench: .venv/.development parts ## Measure speed and size against floors; writes bench/results/latest.json
	$(BIN)/python -m bench

wheel: .venv/.runtime ## Build both distributions into dist/
	rm -rf dist
	$(BUILD) $(BIN)/python -m hatchling build --directory dist
	cd client && $(BUILD) ../$(BIN)/python -m hatchling build --directory ../dist

reference: .venv/.runtime ## Write the tables of docs/reference/ from the code
	$(BIN)/python -m scripts.reference

messages: .venv/.development ## Collect what pages say into translations/ and compile it
	$(BIN)/python -m scripts.messages

lock: ## Lock the dependencies anew after a change of their ranges (needs uv; UPGRADE=1 takes newer ones)
	$(LOCK) $(if $(UPGRADE),--upgrade) pyproject.toml --output-file requirements/base.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --group dev --constraint requirements/base.txt --output-file requirements/dev.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --group build --output-file requirements/build.txt
	$(LOCK) $(if $(UPGRADE),--upgrade) --group oracles --output-file requirements/oracles.txt

clean: ## Remove what was built; .demo/ and its reviews stay
	rm -rf .venv .oracles build node_modules dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

parts:
	@scripts/install_parts chromium postgresql node

.venv/.runtime: requirements/base.txt requirements/build.txt pyproject.toml
	@$(PYTHON) scripts/check_python.py
	@echo "Building the environment in .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --quiet uninstall --yes setuptools 2>/dev/null
	@$(PIP) --require-hashes --requirement requirements/base.txt
	@$(PIP) --require-hashes --requirement requirements/build.txt --target build/tools --upgrade
	@$(BUILD) $(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q app cytoreview migrations
	@touch $@

.venv/.development: .venv/.runtime requirements/dev.txt client/pyproject.toml
	@echo "Adding what tests and checks need"
	@$(PIP) --require-hashes --requirement requirements/dev.txt
	@$(BUILD) $(PIP) --no-deps --no-build-isolation --editable client
	@touch $@

.oracles/.installed: requirements/oracles.txt
	@echo "Building the environment of the libraries that the statistics are held against"
	@test -x .oracles/bin/python || $(PYTHON) -m venv .oracles
	@.oracles/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --requirement $<
	@touch $@

node_modules/.installed: package.json package-lock.json
	@scripts/install_parts node
	npm ci --ignore-scripts
	@touch $@
