# 竞标厅 Bidhall. Needs python3 (3.11 or later) with venv, and make; everything else is fetched,
# checked against the hashes in requirements/, and kept in .venv.

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check bench lock clean

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
INSTALL := $(PIP) install --require-hashes --no-deps --only-binary :all: --no-compile
RUN := .venv/.run
DEV := .venv/.dev
ARGS ?=

help: ## show these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16
	@echo
	@echo '  PORT=0 make run     any free port        BIDHALL_DATA=folder make run     another data folder'

setup: $(RUN) ## get everything the hall needs into .venv

run: $(RUN) ## start the hall with a demonstration tender; Ctrl-C stops it
	@exec $(BIN)/bidhall run

demo: $(RUN) ## play the whole life of a tender, then verify its record in ./demo-out
	@exec $(BIN)/bidhall demo --fast --out ./demo-out

test: $(DEV) ## run the tests; ARGS='tests/crypto -x' chooses
	$(BIN)/python -m pytest $(ARGS)

check: $(DEV) ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if [ -f package-lock.json ] && command -v npm >/dev/null; then \
		npm ci --silent --no-audit --no-fund && npm run --silent types; \
	else echo 'types of the scripts: not checked (no npm here)'; fi

bench: $(DEV) ## measure, each figure against a peer or a limit
	$(BIN)/python -m bench $(or $(ARGS),all)

lock: ## for maintainers, needs uv: write the locked requirements anew
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		pyproject.toml requirements/build.in --output-file requirements/run.txt
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --extra dev \
		pyproject.toml requirements/build.in --constraints requirements/run.txt --output-file requirements/dev.txt

clean: ## remove what was fetched and made; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis node_modules demo-out

# A .venv that works is kept, one that was cut off or has lost its python is made anew.
$(RUN): requirements/run.txt pyproject.toml
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		set -e; python=$$(sh .ci/python); rm -rf .venv; \
		echo "making .venv with $$python"; "$$python" -m venv .venv; }
	@echo 'fetching what the hall needs, once'
	@$(INSTALL) --requirement requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@echo 'fetching what the tests need, once'
	@$(INSTALL) --requirement requirements/dev.txt
	@touch $@
