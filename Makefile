# Everything is made under .venv/ and var/; nothing else on the machine is touched.
SHELL := bash
# Without compiled bytecode the heavy libraries start two to three times slower.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	if $$each -c '$(SUPPORTED)' 2>/dev/null; then echo $$each; break; fi; done)
UV := uv==0.13.9
# pip asks rustc for its version, and a rustup shim would make a directory in HOME to answer.
export RUSTUP_HOME := $(CURDIR)/var/rustup
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help run down test test-chaos test-peers lint bench lock clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: $(INSTALLED) ## run the last three nights through Airflow [DATASET=dir] [NIGHTS=2018-10-16..2018-10-18]
	@.venv/bin/cx demo $(if $(DATASET),--dataset "$(DATASET)") $(if $(NIGHTS),--nights "$(NIGHTS)")

down: ## stop what `make run` left running
	@if [ -x .venv/bin/cx ]; then .venv/bin/cx down; else echo "nothing is installed, so nothing runs"; fi

test: lint ## every test
	.venv/bin/pytest

test-chaos: $(INSTALLED) ## kill, crash and cut a night at random moments, about an hour [TIMES=750]
	CHAOS_DISTURBANCES=$(or $(TIMES),750) .venv/bin/pytest tests/integration/test_chaos.py -n 0 -s

test-peers: $(INSTALLED) ## programs of others against the sandbox, in environments of their own
	.venv/bin/pytest tests/peers -n 0 --timeout 900

lint: $(INSTALLED) ## style and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/sqlfluff lint --processes 0 dbt_project/models dbt_project/tests

bench: $(INSTALLED) ## speed and memory of load and extraction, beside PostgreSQL's COPY [ROWS=1000000] [ROUNDS=3]
	@for each in load extract; do PYTHONPATH="$(CURDIR)/plugins:$(CURDIR)" .venv/bin/python -m tests.benchmarks.$$each \
		--rows $(or $(ROWS),1000000) --rounds $(or $(ROUNDS),3) || exit 1; done

lock: $(INSTALLED) ## compile requirements.lock from pyproject.toml
	.venv/bin/uv pip compile --universal --python-version 3.11 --extra test --generate-hashes --no-annotate \
		--no-header pyproject.toml -o requirements.lock

clean: down ## stop, and remove all data, logs and caches (not .venv)
	rm -rf var .pytest_cache .ruff_cache .mypy_cache dbt_project/target dbt_project/logs

# uv installs in seconds what takes pip minutes; where uv cannot (another index, no wheel of it), pip does it.
$(INSTALLED): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(SUPPORTED)'; then \
		echo "Python 3.11, 3.12 or 3.13 is needed; here is: $$(python3 --version 2>&1)." >&2; \
		echo "  next: install one, and name it if it is not called python3: make run PYTHON=python3.12" >&2; exit 2; fi
	@echo "installing into .venv (once, and again when requirements.lock changes) …"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install $(UV) || echo "no uv here, pip does it (slower)"
	@.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --compile-bytecode \
			-r requirements.lock \
		|| $(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
