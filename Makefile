# make run   sets everything up and serves in the foreground    (ONCE=1: one announcement; LAN=1: reachable)
# make test  sets everything up and runs the tests              (ARGS="-k journal")
# make bench measures against floors and peers                  (JSON=FILE: the rows too; ARGS="espeak mqtt": only these)
# make lint, make check; make journeys tries all this on a bare Debian root
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := config/locks
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps

.DEFAULT_GOAL := help

PEERS := .venv-bench
PEERS_PIP := $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps
TORCH := torch==2.13.0+cpu
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

ONCE_FLAG := $(if $(filter 1 yes true,$(ONCE)),--once)
LAN_FLAG := $(if $(filter 1 yes true,$(LAN)),--set wyoming.host=0.0.0.0)

help:
	@sed -n 's/^# //p' Makefile

.PHONY: help run test lint check bench journeys clean system-run system-test system-journeys

run: $(VENV)/run.installed
	@exec $(BIN)/voxd run --first $(ONCE_FLAG) $(LAN_FLAG) $(ARGS)

check: $(VENV)/run.installed
	@$(BIN)/voxd check $(ARGS)

test: $(VENV)/dev.installed
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/dev.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/run.installed $(PEERS)/peers.installed
	@JSON='$(JSON)' $(BIN)/python -m tests.bench $(ARGS)

journeys: $(VENV)/dev.installed | system-journeys
	$(BIN)/python -m pytest -m bare tests/journeys $(ARGS)

system-run:
	@config/packages/install.sh config/packages/run.txt

system-test:
	@config/packages/install.sh config/packages/run.txt config/packages/test.txt

system-journeys:
	@config/packages/install.sh config/packages/journeys.txt

$(BIN)/python: | system-run
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "voxd needs Python 3.11 or newer")'
	@echo "Setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/build.installed: $(LOCKS)/build.txt $(BIN)/python
	@$(PIP_INSTALL) -r $(LOCKS)/build.txt
	@touch $@

$(VENV)/run.installed: $(LOCKS)/base.txt setup.cfg $(VENV)/build.installed | system-run
	@$(PIP_INSTALL) --no-build-isolation -r $(LOCKS)/base.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.installed: $(LOCKS)/dev.txt $(VENV)/run.installed | system-test
	@$(PIP_INSTALL) --no-build-isolation -r $(LOCKS)/dev.txt
	@touch $@

# torch only writes the peer's voice; it comes from pip's own sources where they have it, else from TORCH_INDEX
$(PEERS)/peers.installed: $(LOCKS)/bench.txt | $(BIN)/python
	@echo "Setting up $(PEERS)"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS_PIP) --require-hashes -r $(LOCKS)/bench.txt
	@$(PEERS_PIP) $(TORCH) 2>/dev/null || $(PEERS_PIP) --index-url $(TORCH_INDEX) $(TORCH)
	@touch $@

clean:
	rm -rf $(VENV) .venv-* .run build dist *.egg-info
