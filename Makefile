# Needs Python 3.11 or later with venv, on x86_64 Linux. Everything is installed into .venv and .tools.

PYTHON ?= python3
VENV   := .venv/bin

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
FAST_TESTS := $(addprefix fast-,commands pipeline)
.PHONY: $(FAST_TESTS) help setup demo unit test fuzz coverage lowest check bench pages pins clean distclean supported
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- Installing: a stamp records that its pins are installed ------------------------------------------

SETUP := .venv/.installed .tools/ministack/.installed .tools/sam/.installed .tools/triton/.installed

# aws-sam-cli, ministack and boto3 each pin a different botocore, so each has its own environment.
setup: $(SETUP) ## install what is missing (about 3 minutes and 6 GB the first time)

PIP_OPTIONS := --disable-pip-version-check --no-input
# Shows one line for each long download, and hides the rest of pip's output.
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

# We need its tritonserver only, not its Python part, which requires numpy<2.
.tools/triton/.installed: requirements/triton.txt | .venv/.installed .tools/ministack/.installed
	@echo "Installing NVIDIA's tritonserver into .tools/triton"
	@rm -rf .tools/triton
	@.tools/ministack/bin/pip install $(PIP_OPTIONS) --quiet --no-deps --target .tools/triton --requirement $<
	@scripts/fetch_libpython.sh $(VENV)/python .tools/triton
	@touch $@

# For tests only: the AWS CLI, which contains its own botocore.
.tools/aws/.installed: requirements/aws.txt | supported
	@echo "Installing the AWS command line into .tools/aws"
	@$(PYTHON) -m venv --clear .tools/aws
	@.tools/aws/bin/pip install $(PIP_OPTIONS) --quiet --requirement $<
	@touch $@

# Node.js comes from PyPI, too. Tests run the JavaScript that `modeldrop snippet` prints.
.tools/javascript/.installed: requirements/javascript.txt requirements/javascript.json | supported
	@echo "Installing Node.js and the AWS SDK for JavaScript into .tools/javascript"
	@$(PYTHON) -m venv --clear .tools/javascript
	@.tools/javascript/bin/pip install $(PIP_OPTIONS) --quiet --requirement $<
	@cp requirements/javascript.json .tools/javascript/package.json
	@PATH="$$PWD/.tools/javascript/bin:$$PATH" npm install --prefix .tools/javascript --no-package-lock --silent
	@touch $@

# Clearer errors than pip's. tritonserver's wheel requires glibc 2.35 (Debian 12, Ubuntu 22.04).
supported:
	@[ "$$(uname -sm)" = "Linux x86_64" ] || { \
	  echo "The embedded cloud requires x86_64 Linux, because tritonserver's wheel does. This is $$(uname -sm)." >&2; exit 1; }
	@command -v $(PYTHON) > /dev/null || { \
	  echo "$(PYTHON) not found. Install Python 3.11 or later (Debian, Ubuntu: apt install python3 python3-venv), or run make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is required; $(PYTHON) is $$($(PYTHON) --version). Run make PYTHON=/path/to/another." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "$(PYTHON) cannot create virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import os, sys; v = os.confstr("CS_GNU_LIBC_VERSION").split()[1]; sys.exit(tuple(map(int, v.split("."))) < (2, 35))' || { \
	  echo "tritonserver requires glibc 2.35 or later (Debian 12, Ubuntu 22.04, or later)." >&2; exit 1; }

# --- Using -------------------------------------------------------------------------------------------

demo: setup ## deploy a real model to the embedded cloud
	@$(VENV)/modeldrop demo

# The tests start hundreds of Python processes: they may keep compiled files, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE
# tests/groups.py lists the tests that share a worker; tests/conftest.py puts the longest first.
PYTEST := $(VENV)/pytest -n 2 --dist loadgroup --no-loadscope-reorder --max-worker-restart 0 --durations 25

# Two processes, without xdist: its workers would each collect all tests, and it takes 4 ms for each test.
# Only the second process imports torch. Both take equally long.
WITHOUT_TORCH := tests/unit/model_client tests/unit/modeldrop
WITH_TORCH    := $(addprefix tests/consistency/,test_formats.py test_model_files_page.py) \
                 $(addprefix tests/unit/modeldrop/,command/test_inspect_run.py dropping/test_bounds.py model_run test_errors.py \
                     $(addprefix local/sagemaker/,hosting/test_artifact.py triton_backends))
fast-commands: FOLDERS := $(WITHOUT_TORCH) tests/consistency $(addprefix --ignore=,$(WITH_TORCH))
fast-pipeline: FOLDERS := $(filter-out $(WITHOUT_TORCH) %.py %__pycache__,$(wildcard tests/unit/*)) $(WITH_TORCH)

unit: setup ## run the fast tests: no embedded cloud, and none of those marked slow
	@$(MAKE) --no-print-directory --keep-going --jobs 2 --output-sync=target $(FAST_TESTS)

$(FAST_TESTS):
	@$(VENV)/pytest --quiet -m 'not slow' --durations 25 -o cache_dir=.pytest_cache/$@ $(FOLDERS)

test: setup .tools/aws/.installed .tools/javascript/.installed ## run all tests in two workers, each with its own embedded cloud
	@$(PYTEST)

SECONDS_EACH := 300

fuzz: setup ## run each test with damaged input for five minutes (SECONDS_EACH, TESTS), from one seed after another
	@PYTHONPATH=functions $(VENV)/python -m tests.fuzz $(SECONDS_EACH) $(TESTS)

# Unit tests alone reach 83 %: the local SageMaker and the commands are tested as running processes.
coverage: setup .tools/aws/.installed .tools/javascript/.installed ## branch coverage of all tests, including workflow tests; at least 95 %
	@CPU_FACTOR=6 $(PYTEST) --cov --cov-report=term # tracing takes CPU time, which some tests limit

# Each dependency at the lower bound of its range in pyproject.toml.
lowest: setup .tools/lowest/.installed ## run the unit tests with the lowest allowed versions
	@.tools/lowest/bin/python -m pytest tests/unit

.tools/lowest/.installed: pyproject.toml requirements/venv.txt scripts/lowest_requirements.py | supported
	@echo "Installing the lowest allowed versions into .tools/lowest"
	@$(PYTHON) -m venv --clear .tools/lowest
	@$(PYTHON) -m scripts.lowest_requirements > .tools/lowest/requirements.txt
	@.tools/lowest/bin/pip install $(PIP_OPTIONS) --requirement .tools/lowest/requirements.txt | $(SHOW_DOWNLOADS)
	@.tools/lowest/bin/pip install $(PIP_OPTIONS) --quiet --no-deps --editable .
	@touch $@

check: setup ## lint code, types, the template and the state machines
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check
	@$(VENV)/mypy
	@AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam validate --lint
	@# Fill the placeholders as the template does. statelint does not know that a Wait state's Seconds
	@# may be a JSONata expression (Amazon States Language).
	@mkdir -p .aws-sam
	@set -e; for machine in statemachine/*.asl.json; do \
	  filled=".aws-sam/$$(basename "$$machine")"; \
	  sed -E 's/\$$\{[A-Za-z]+Arn\}/arn:aws:lambda:us-east-1:000000000000:function:f/; s/\$$\{[A-Za-z]+\}/1/g; s/"Seconds": "\{%.*%\}"/"Seconds": 1/' "$$machine" > "$$filled"; \
	  $(VENV)/statelint --eval-jsonata --ignore FLOAT "$$filled"; done

bench: setup ## measure (BENCH="name name --large" selects) and write docs/performance.md
	@PYTHONPATH=functions $(VENV)/python -m benchmarks $(BENCH)
	@$(VENV)/python -m scripts.write_performance_page

pages: setup ## write the generated pages of docs/
	@for script in scripts/write_*_page.py scripts/write_deploy_schema.py; do \
	  PYTHONPATH=functions $(VENV)/python -m "scripts.$$(basename "$$script" .py)"; done

# --- Keeping -----------------------------------------------------------------------------------------

# torch pins its own platform-specific packages.
pins: setup .tools/aws/.installed ## write the installed versions to requirements/
	@$(VENV)/pip freeze --exclude-editable | grep -Eiv '^(nvidia|cuda|triton=)' > requirements/venv.txt
	@.tools/ministack/bin/pip freeze > requirements/ministack.txt
	@.tools/sam/bin/pip freeze > requirements/sam.txt
	@.tools/aws/bin/pip freeze > requirements/aws.txt

clean: ## stop the embedded cloud; remove build, test and run files
	@[ ! -x $(VENV)/modeldrop ] || $(VENV)/modeldrop local down
	@rm -rf .aws-sam .local .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	@find . -path ./.venv -prune -o -path ./.tools -prune -o -name __pycache__ -prune -exec rm -r {} +

distclean: clean ## also remove what setup installed
	@rm -rf .venv .tools modeldrop.egg-info
