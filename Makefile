# make run   sets everything up and serves in the foreground    (ONCE=1: one announcement; LAN=1: reachable)
#            NEURAL=cpu or NEURAL=cuda: with neural voices; PIPER=1: with those of Piper; what is set up once stays
# make test  sets everything up and runs the tests              (ARGS="-k journal")
# make bench measures against floors and peers                  (JSON=FILE: the rows too; ARGS="espeak mqtt": only these)
# make lint, make check; make journeys: bare Debian, appliance, Home Assistant, kills; make soak: for an hour; make locks makes config/locks again
# make wheelhouse makes dist/wheelhouse, from which voxd is installed without a network    (NEURAL=cpu, PIPER=1: that, too)
# make release makes dist/: wheel, sdist, Debian package, wheelhouse, locks, bills of materials and their checksums
# make image builds the container image localhost/voxd:latest with Podman    (NEURAL=cpu: that, as localhost/voxd:cpu)
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := config/locks
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps

.DEFAULT_GOAL := help

PEERS := .venv-bench
PEERS_PIP := $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
RELEASE := .venv-release

# The neural part: none, cpu or cuda. What the environment has is kept up to date; tests need one of the two.
ASKED := $(NEURAL)
INSTALLED := $(patsubst $(VENV)/%.installed,%,$(wildcard $(VENV)/cpu.installed $(VENV)/cuda.installed))
NEURAL ?= $(firstword $(INSTALLED))
ifneq ($(filter-out cpu cuda,$(NEURAL))$(word 2,$(NEURAL)),)
$(error NEURAL is cpu, or cuda for NVIDIA graphics cards; "$(NEURAL)" is neither)
endif
PIPER_ASKED := $(filter 1 yes true,$(PIPER))
PIPED := $(if $(PIPER_ASKED)$(wildcard $(VENV)/piper.installed),$(VENV)/piper.installed)
RUN := $(if $(NEURAL),$(VENV)/$(NEURAL).installed,$(VENV)/run.installed) $(PIPED)
TESTED := $(VENV)/$(or $(NEURAL),cpu).installed

# Where the CPU build of torch comes from: a folder of wheels or a page that lists them. Without it, pip's own
# find-links where it has any, else PyTorch's page.
TORCH_WHEELS ?=
PYTORCH := https://download.pytorch.org/whl/cpu/torch/
TORCH_LINKS = $(if $(TORCH_WHEELS),--find-links "$(TORCH_WHEELS)",\
    $$($(BIN)/python -m pip config list | grep find-links >/dev/null || echo --find-links $(PYTORCH)))

ONCE_FLAG := $(if $(filter 1 yes true,$(ONCE)),--once)
LAN_FLAG := $(if $(filter 1 yes true,$(LAN)),--set wyoming.host=0.0.0.0)

help:
	@sed -n '/^#/!q; s/^# //p' Makefile

.PHONY: help run test lint check bench journeys soak locks wheelhouse release image clean system-run system-test system-journeys

run: $(RUN)
	@exec $(BIN)/voxd run --first $(ONCE_FLAG) $(LAN_FLAG) $(ARGS)

check: $(RUN)
	@$(BIN)/voxd check $(ARGS)

test: $(VENV)/dev.installed
	@tests/run.sh $(ARGS)

lint: $(VENV)/dev.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd ansible && PATH="$(abspath $(BIN)):$$PATH" ansible-lint -q

bench: $(TESTED) $(PEERS)/peers.installed
	@JSON='$(JSON)' $(BIN)/python -m tests.bench $(ARGS)

journeys: $(VENV)/dev.installed $(RELEASE)/release.installed | system-journeys
	$(BIN)/python -m pytest -m "bare or home_assistant or appliance or lengthy" tests/journeys $(ARGS)

# Kills, cuts and floods in their full sizes: an hour and more; SOAK_PART=0.1 is a tenth of it
soak: $(VENV)/dev.installed
	-@$(PIP_INSTALL) -r $(LOCKS)/fuzz.txt
	$(BIN)/python -m pytest -m soak tests $(ARGS)

locks: $(VENV)/dev.installed
	@UV="$(abspath $(BIN)/uv)" $(LOCKS)/make.sh $(ARGS)

# What the environment has does not matter here: voxd alone, unless somebody asks for more
wheelhouse: $(VENV)/build.installed
	@PYTHON="$(abspath $(BIN)/python)" config/release/wheelhouse.sh dist -r $(LOCKS)/build.txt \
	    -r $(LOCKS)/$(or $(ASKED),base).txt $(if $(PIPER_ASKED),-r $(LOCKS)/piper.txt) \
	    $(if $(filter cpu,$(ASKED)),$(TORCH_LINKS))

release: $(RELEASE)/release.installed
	@config/release/make.sh dist $(ARGS)

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

$(VENV)/cuda.installed: $(LOCKS)/cuda.txt $(VENV)/run.installed
	@echo "Setting up the neural part for NVIDIA graphics cards (the first time: 3 GB to download, 5 GB on disk)"
	@rm -f $(VENV)/cpu.installed
	@$(PIP_INSTALL) --no-build-isolation -r $(LOCKS)/cuda.txt
	@touch $@

$(VENV)/cpu.installed: $(LOCKS)/cpu.txt $(VENV)/run.installed
	@echo "Setting up the neural part for the CPU (the first time: 250 MB to download, 1 GB on disk)"
	@rm -f $(VENV)/cuda.installed
	@$(PIP_INSTALL) --no-build-isolation $(TORCH_LINKS) -r $(LOCKS)/cpu.txt
	@touch $@

# Beside whatever else there is. Piper is licensed under the GPL, version 3 or later
$(VENV)/piper.installed: $(LOCKS)/piper.txt $(VENV)/run.installed
	@echo "Setting up what voices of Piper need (the first time: 60 MB to download, 200 MB on disk)"
	@$(PIP_INSTALL) -r $(LOCKS)/piper.txt
	@touch $@

$(VENV)/dev.installed: $(LOCKS)/dev.txt $(TESTED) $(VENV)/piper.installed | system-test
	@$(PIP_INSTALL) --no-build-isolation -r $(LOCKS)/dev.txt
	@touch $@

# torch only writes the peer's voice
$(PEERS)/peers.installed: $(LOCKS)/bench.txt $(LOCKS)/torch-cpu.txt | $(BIN)/python
	@echo "Setting up $(PEERS)"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS_PIP) -r $(LOCKS)/bench.txt
	@$(PEERS_PIP) $(TORCH_LINKS) -r $(LOCKS)/torch-cpu.txt
	@touch $@

$(RELEASE)/release.installed: $(LOCKS)/build.txt $(LOCKS)/release.txt | $(BIN)/python
	@echo "Setting up $(RELEASE)"
	@$(PYTHON) -m venv $(RELEASE)
	@$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	    -r $(LOCKS)/build.txt -r $(LOCKS)/release.txt
	@touch $@

# HEALTHCHECK is none of what OCI's format knows, but of Docker's. PODMAN=docker builds it, too.
PODMAN ?= podman
image:
	@BUILDAH_FORMAT=docker $(PODMAN) build --file Containerfile \
	    --tag localhost/voxd:$(or $(ASKED),latest)$(if $(PIPER_ASKED),-piper) \
	    --build-arg NEURAL=$(or $(ASKED),none) $(if $(PIPER_ASKED),--build-arg PIPER=1) \
	    $(if $(TORCH_WHEELS),--build-arg TORCH_WHEELS="$(TORCH_WHEELS)") \
	    --build-arg VERSION="$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' voxd/__init__.py)" \
	    --build-arg REVISION="$$(git describe --always --abbrev=40 --exclude='*' --dirty 2>/dev/null || echo unknown)" \
	    $(ARGS) .

clean:
	rm -rf $(VENV) .venv-* .run build dist *.egg-info
