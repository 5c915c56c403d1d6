# Needs python3 (3.11 or later, with venv) on x86_64 Linux. Everything goes into .venv and .tools here.

PYTHON ?= python3
VENV   := .venv/bin

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench pages pins clean distclean supported
.DELETE_ON_ERROR:

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- Installing: each stamp is newer than the pins it was installed from ---------------------------

SETUP := .venv/.installed .tools/ministack/.installed .tools/sam/.installed .tools/triton/.installed

# aws-sam-cli, ministack and boto3 each pin another botocore, so each has a place of its own.
setup: $(SETUP) ## install everything that is missing (the first time about 3 minutes, 6 GB)

PIP_OPTIONS := --disable-pip-version-check --no-input
# Long downloads are shown, one line each; the rest of pip's talk is not.
SHOW_DOWNLOADS := sed -un 's/^ *Downloading \([^ ]*\) (\(.*\))/    \1 (\2)/p'

.venv/.installed: pyproject.toml requirements/venv.txt | supported
	@echo "Installing the project and PyTorch into .venv"
	@$(PYTHON) -m venv .venv
	@$(VENV)/pip install $(PIP_OPTIONS) --editable '.[dev]' --constraint requirements/venv.txt | $(SHOW_DOWNLOADS)
	@touch $@

.tools/ministack/.installed: requirements/ministack.txt | supported
	@echo "Installing MiniStack, the AWS emulator, into .tools/ministack"
	@$(PYTHON) -m venv --clear .tools/ministack
	@.tools/ministack/bin/pip install $(PIP_OPTIONS) --quiet --requirement $<
	@touch $@

.tools/sam/.installed: requirements/sam.txt | supported
	@echo "Installing the AWS SAM command line into .tools/sam"
	@$(PYTHON) -m venv --clear .tools/sam
	@.tools/sam/bin/pip install $(PIP_OPTIONS) --quiet --requirement $<
	@touch $@

# Only its tritonserver is wanted, not the numpy<2 that its Python part asks for.
.tools/triton/.installed: requirements/triton.txt | .venv/.installed .tools/ministack/.installed
	@echo "Installing NVIDIA's tritonserver into .tools/triton"
	@rm -rf .tools/triton
	@.tools/ministack/bin/pip install $(PIP_OPTIONS) --quiet --no-deps --target .tools/triton --requirement $<
	@scripts/fetch_libpython.sh $(VENV)/python .tools/triton
	@touch $@

# For the tests alone: the AWS command line of users, which has a botocore of its own inside.
.tools/aws/.installed: requirements/aws.txt | supported
	@echo "Installing the AWS command line into .tools/aws"
	@$(PYTHON) -m venv --clear .tools/aws
	@.tools/aws/bin/pip install $(PIP_OPTIONS) --quiet --requirement $<
	@touch $@

# Said before pip says it worse. tritonserver's wheel wants glibc 2.35 (Debian 12, Ubuntu 22.04).
supported:
	@[ "$$(uname -sm)" = "Linux x86_64" ] || { \
	  echo "Modeldrop's embedded cloud runs on x86_64 Linux only (tritonserver's wheel is built for it); this is $$(uname -sm)." >&2; exit 1; }
	@command -v $(PYTHON) > /dev/null || { \
	  echo "There is no $(PYTHON). Install Python 3.11 or later (Debian, Ubuntu: apt install python3 python3-venv), or say make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, and $(PYTHON) is $$($(PYTHON) --version). Say make PYTHON=/path/to/another." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import os, sys; v = os.confstr("CS_GNU_LIBC_VERSION").split()[1]; sys.exit(tuple(map(int, v.split("."))) < (2, 35))' || { \
	  echo "glibc 2.35 or later is needed for tritonserver (Debian 12, Ubuntu 22.04, or later)." >&2; exit 1; }

# --- Using -------------------------------------------------------------------------------------------

demo: setup ## drop a real model into the embedded cloud and see it served
	@$(VENV)/modeldrop demo

test: setup .tools/aws/.installed ## run the tests, by two workers, each with an embedded cloud of its own
	@$(VENV)/pytest -n 2 --dist loadfile --max-worker-restart 0

check: setup ## lint, types, the template and the state machines
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(VENV)/mypy
	@AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam validate --lint
	@# The template puts whole numbers and ARNs into the placeholders. A Wait state's Seconds may be
	@# an expression of variables (Amazon States Language, JSONata), which statelint does not know.
	@mkdir -p .aws-sam
	@set -e; for machine in statemachine/*.asl.json; do \
	  filled=".aws-sam/$$(basename "$$machine")"; \
	  sed -E 's/\$$\{[A-Za-z]+Arn\}/arn:aws:lambda:us-east-1:000000000000:function:f/; s/\$$\{[A-Za-z]+\}/1/g; s/"Seconds": "\{%.*%\}"/"Seconds": 1/' "$$machine" > "$$filled"; \
	  $(VENV)/statelint --eval-jsonata --ignore FLOAT "$$filled"; done

bench: setup ## measure, all or BENCH="name name --large", and write docs/performance.md
	@PYTHONPATH=functions $(VENV)/python -m benchmarks $(BENCH)
	@$(VENV)/python -m scripts.write_performance_page

pages: setup ## write the pages anew that say what the code does
	@for script in scripts/write_*_page.py scripts/write_deploy_schema.py; do \
	  PYTHONPATH=functions $(VENV)/python -m "scripts.$$(basename "$$script" .py)"; done

# --- Keeping -----------------------------------------------------------------------------------------

# What torch needs beside itself differs by platform, and torch pins it.
pins: setup .tools/aws/.installed ## write requirements/ anew from what is installed
	@$(VENV)/pip freeze --exclude-editable | grep -Eiv '^(nvidia|cuda|triton=)' > requirements/venv.txt
	@.tools/ministack/bin/pip freeze > requirements/ministack.txt
	@.tools/sam/bin/pip freeze > requirements/sam.txt
	@.tools/aws/bin/pip freeze > requirements/aws.txt

clean: ## stop the embedded cloud; remove what building, testing and running left
	@[ ! -x $(VENV)/modeldrop ] || $(VENV)/modeldrop local down
	@rm -rf .aws-sam .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./.venv -prune -o -path ./.tools -prune -o -name __pycache__ -prune -exec rm -r {} +

distclean: clean ## remove what setup installed as well
	@rm -rf .venv .tools modeldrop.egg-info
