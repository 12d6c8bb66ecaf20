# Krong: 'make' alone lists what can be done here.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help demo test check bench serve setup setup-dev clean

SERVE ?= 1
ADDRESS ?= 127.0.0.1:8000
PYTEST_ARGS ?=
PY := .venv/bin/python

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
	| while IFS=$$'\t' read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

setup: ## install what Krong needs: Python packages, PostGIS, fonts, browser libraries
	@./setup.sh

setup-dev: ## the same, with what tests and linters need on top
	@./setup.sh --dev

demo: setup ## load the demo city, find its conflicts, flood it, serve it (SERVE=0: do not serve)
	@./krong migrate --verbosity 0
	./krong demo $(if $(filter 0,$(SERVE)),--no-serve)

serve: setup ## serve the map and run long jobs (ADDRESS=127.0.0.1:8000)
	@./krong migrate --verbosity 0
	exec ./krong serve --address $(ADDRESS)

test: setup-dev ## run the tests on a PostGIS of their own (PYTEST_ARGS="tests/config -x")
	@$(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder \
		$(PYTEST_ARGS)

check: setup-dev ## lint, types, import directions, migrations, translations: what CI checks
	@$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	./krong check
	./krong makemigrations --check --dry-run
	./setup.sh --translations

bench: setup-dev ## measure speed and accuracy into var/bench.json
	@$(PY) tests/bench/run.py

clean: ## stop the database and remove everything made here, the database too
	@if [ -x .venv/bin/python ]; then
		./krong db stop
		home=$$({ ./krong db status --json || true; } | sed -n 's/.*"home": "\([^"]*\)".*/\1/p')
		# a clone under /root keeps its database outside; one placed by KRONG_PG_HOME is left alone
		[ -n "$${KRONG_PG_HOME:-}" ] || case "$$home" in /var/lib/krong/?*) rm -rf "$$home" ;; esac
	fi
	rm -rf .venv var node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -path '*/locale/*' -name '*.mo' -delete
