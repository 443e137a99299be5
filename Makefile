# Every target sets up what it needs in .venv first, and reuses it while pyproject.toml is unchanged.
# A machine needs Python 3.10 or newer, git and make; no key, no service.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# the first interpreter that is new enough; choose another one with `make test PYTHON=python3.12`
CANDIDATES := python3 python python3.13 python3.12 python3.11 python3.10
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 10))
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help demo test proof lint types cover covered matrix record bench clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## replay the documentation's example and check it against its snapshot
	@$(BIN)/harness demo

test: $(READY) ## run the tests, except the long proofs
	$(BIN)/python -m pytest -n auto -m "not proof"

proof: $(READY) ## run the long proofs
	$(BIN)/python -m pytest -n auto -m proof

lint: $(READY) ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## check types, strictly
	$(BIN)/mypy

cover: $(READY) ## run the tests and measure branch coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n auto -m "not proof"
	@$(MAKE) --no-print-directory covered

covered: $(READY) ## say what was covered by the runs that measured it
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --sort=cover --fail-under=90

matrix: $(READY) ## run the tests on every supported Python of this machine, and print one table
	$(BIN)/python tests/matrix $(MATRIX)

record: $(READY) ## record the example's cassettes anew, from a server on loopback
	$(BIN)/python -m pytest -q tests/examples --record-mode=rewrite

bench: $(READY) ## measure side by side with others; `make bench BENCH=--json` for scripts
	@for file in $$(grep -l __main__ benchmarks/*.py); do $(BIN)/python $$file $(BENCH) || exit 1; done

clean: ## remove what the targets made
	rm -rf $(VENV) .matrix .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: Python 3.10 or newer is needed; name one: make test PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
