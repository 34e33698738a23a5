# Every target sets itself up. ARGS="..." goes to the program: make test ARGS="tests/domain -k status"
.DEFAULT_GOAL := run
SHELL := /bin/bash

BIN := .venv/bin
READY := .venv/ready
# Two processes by default: each brings its own PostgreSQL and Valkey. WORKERS=0 runs in one, for a debugger.
WORKERS ?= 2
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

.PHONY: run test check coverage bench campaign lock clean

run: $(READY)
	@$(BIN)/pms up $(ARGS)

test: check
	@$(BIN)/python -m pytest --quiet -n $(WORKERS) $(ARGS)

check: $(READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@out=$$($(BIN)/lint-imports 2>&1) || { echo "$$out"; exit 1; }

# Branch coverage of the product packages by the default suite.
coverage: $(READY)
	@$(BIN)/python -m pytest --quiet -n $(WORKERS) --cov --cov-report=term $(ARGS)

campaign: $(READY)
	@$(BIN)/python -m pytest --quiet -m slow $(ARGS)

bench: $(READY)
	@$(BIN)/python -m bench $(ARGS)

# Moves the whole set to the newest versions that setup.cfg allows; run `make test` before committing it.
lock:
	@rm -rf .venv
	@$(MAKE) --no-print-directory $(READY) CONSTRAINTS=
	@{ echo "# The whole set, runtime and development, as tested. Renew with: make lock"; \
	   $(PIP) freeze --exclude-editable --all --exclude pip; } > constraints.txt
	@touch $(READY)

clean:
	@rm -rf .venv build var .coverage .coverage.* *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first that runs and is new enough; a version manager's shim may exist and not run.
find_python = for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done

CONSTRAINTS ?= -c constraints.txt
$(READY): setup.cfg pyproject.toml constraints.txt
	@test -x $(BIN)/python || { python=$$($(find_python)); \
	  test -n "$$python" || { echo "Python 3.11 or newer is needed; found: $$(python3 -V 2>&1 | head -1)." \
	    "Name another: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	  echo "Setting up .venv with $$("$$python" -V) (about a minute, once)"; "$$python" -m venv .venv; }
	@log=$$(mktemp); $(PIP) install $(CONSTRAINTS) -e '.[dev]' >"$$log" 2>&1 || \
	  { cat "$$log" >&2; rm -f "$$log"; echo "Installing the packages failed." >&2; exit 1; }; rm -f "$$log"
	@touch $@
