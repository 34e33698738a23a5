# Every target sets itself up. ARGS="..." goes to the program: make test ARGS="tests/domain -k status"
.DEFAULT_GOAL := run
SHELL := /bin/bash

BIN := .venv/bin
# Two processes by default: each brings its own PostgreSQL and Valkey. WORKERS=0 runs in one, for a debugger.
WORKERS ?= 2

.PHONY: run test check coverage bench campaign lock clean venv

venv:
	@PYTHON="$(PYTHON)" bash .ci/venv

run: venv
	@$(BIN)/pms up $(ARGS)

test: check
	@echo "Running the tests"
	@$(BIN)/python -m pytest --quiet -n $(WORKERS) --dist worksteal $(ARGS)

check: venv
	@echo "Checking with ruff, mypy and import-linter"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@out=$$($(BIN)/lint-imports 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/python -m tests.known_vulnerabilities

# Branch coverage of the product packages by the default suite.
coverage: venv
	@$(BIN)/python -m pytest --quiet -n $(WORKERS) --dist worksteal --cov --cov-report=term $(ARGS)

campaign: venv
	@$(BIN)/python -m tests.campaigns $(ARGS)

bench: venv
	@$(BIN)/python -m bench $(ARGS)

# Moves the whole set to the newest versions that setup.cfg allows; run `make test` before committing it.
lock:
	@rm -rf .venv
	@PYTHON="$(PYTHON)" CONSTRAINTS= bash .ci/venv
	@{ echo "# The whole set, runtime and development, as tested. Renew with: make lock"; \
	   $(BIN)/python -m pip --disable-pip-version-check freeze --exclude-editable --all --exclude pip; } > constraints.txt
	@touch .venv/ready

clean:
	@rm -rf .venv build var .coverage .coverage.* *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
