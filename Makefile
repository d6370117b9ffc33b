# Medialoom. `make run` and `make test` need git, make and Python 3.11, and nothing before them.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
ARGS ?=
# One more than two cores: half of the time a test waits for something.
TESTERS ?= 3

.PHONY: help run test demo test-runner test-postgres lint bench lock clean named-runner setup-run setup-test setup-postgres

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  */\1	/p' Makefile | expand -t 16

setup-run:
	@cd backend && $(PYTHON) -m bootstrap.setup --for run

setup-test setup-postgres:
	@cd backend && $(PYTHON) -m bootstrap.setup --for $(@:setup-%=%)

run: setup-run  ## install what is missing, then serve the platform (Ctrl-C stops it)
	@exec $(BIN)/python -m backend.run $(ARGS)

test: setup-test  ## install what is missing, then run every test (ARGS="path -k name")
	@exec $(BIN)/python -m pytest -n $(TESTERS) --dist loadgroup $(ARGS)

named-runner:
	@test -n "$$PEERTUBE_RUNNER" || { echo 'Set PEERTUBE_RUNNER to PeerTube'"'"'s runner, such as "node /opt/runner/node_modules/@peertube/peertube-runner/dist/peertube-runner.js".' >&2; exit 2; }

test-runner: named-runner setup-test  ## the journeys of runners with PeerTube's own (PEERTUBE_RUNNER names it)
	@exec $(BIN)/python -m pytest transcode/tests/journeys/with_the_real_runner.py $(ARGS)

test-postgres: setup-postgres  ## the same suite on a PostgreSQL that is started for it
	@exec $(BIN)/python -m backend.bootstrap.postgres $(ARGS)

demo: setup-run  ## a platform for a minute, and the client medialoom at work on it
	@exec $(BIN)/python -m backend.demo

lint: setup-test  ## linters, types, the direction of imports, the figures of the design
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy backend core media_api medialoom transcode
	$(BIN)/lint-imports
	$(BIN)/python -m backend.lint.figures

bench: setup-test  ## every benchmark, each against a peer or the bare tool, and one table
	@exec $(BIN)/python -m benchmarks $(ARGS)

lock: setup-test  ## compile requirements/*.in to *.txt
	@for name in base dev speech; do $(BIN)/uv pip compile -q --universal --python-version 3.11 \
	  --no-header --no-annotate $(ARGS) requirements/$$name.in -o requirements/$$name.txt || exit 1; done

clean:  ## remove the environment and caches; data in ./var stays
	rm -rf .venv .setup node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
