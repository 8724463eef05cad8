# Every target is one call of scripts/dev.py, which needs nothing but Python 3.11 or newer.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: demo demo-reset test chaos setup check bench mutants help

demo: ## start Hustings with a sample campaign and sandbox networks (PORT=8000 SANDBOX_PORT=8001 VAR=var)
	@$(PYTHON) scripts/dev.py demo

demo-reset: ## the same, from an empty start: everything in VAR is removed first
	@$(PYTHON) scripts/dev.py demo-reset

test: ## run every group of tests this machine can run, and name those it cannot (GROUPS="fast sqlite" picks)
	@$(PYTHON) scripts/dev.py test $(GROUPS)

chaos: ## kill, freeze and cut everything at random for SECONDS=60, then count the copies of each post (SEED=… repeats a run)
	@$(PYTHON) scripts/dev.py chaos $(or $(SECONDS),60) $(SEED)

setup: ## make .venv, install the locked packages, build scripts and fonts
	@$(PYTHON) scripts/dev.py setup

check: ## lint, types, import contracts, templates, migrations in step
	@$(PYTHON) scripts/dev.py check

bench: ## measure ratios side by side; prints a table and writes var/bench.json (PARTS="calendar cache" picks)
	@$(PYTHON) scripts/dev.py bench $(PARTS)

mutants: ## change publishing's decisions one place at a time and see that the tests notice (at least 90 %; minutes)
	@$(PYTHON) scripts/dev.py mutants

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
