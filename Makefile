# Two commands for a newcomer: `make up` and `make test`. Nothing but Python 3.11+ and make is needed before.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/

.PHONY: up test check bench clean lock console types

up: $(VENV)/.runs console
	$(RUN)ankang up --demo

test: $(VENV)/.develops console
	$(RUN)python -m tests.prepare
	$(RUN)python -m pytest --numprocesses auto --dist worksteal

check: $(VENV)/.develops
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	$(RUN)basedpyright --level error
	$(RUN)lint-imports

bench: $(VENV)/.develops
	$(RUN)python -m benchmarks

# The pages; built anew only where their sources have changed.
console: $(VENV)/.runs
	@$(RUN)python -m dashboard.build

# The console's types of the API, after the API has changed.
types: $(VENV)/.develops
	$(RUN)python -m tests.console_types

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Ankang needs Python 3.11 or later; this is %d.%d. Try: make PYTHON=python3.11 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(RUN)python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(RUN)python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.develops: requirements-dev.lock $(VENV)/.runs
	$(RUN)python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

# Needs uv. Writes no download addresses.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --no-annotate --no-emit-index-url --no-header -o requirements.lock
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-annotate --no-emit-index-url --no-header -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache tests/timescale/node_modules dashboard/built dashboard/console/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
