# Builds the four layers. `sam build` runs build-<logical id> of layers/<PythonRuntime>/Makefile in
# a copy of the layer's ContentUri. The layer's requirements.txt is there too, because SAM's cache
# compares only the files of that folder. The build selects wheels for that runtime and for Lambda's
# x86_64 Linux, so it needs no such Python. It uses Python and what GNU and BSD tools have in common.
# macOS has make 3.81, which ignores .SHELLFLAGS: recipes of several commands start with `set -eu`.

SHELL := bash

RUNTIME_FOLDER := $(abspath $(dir $(firstword $(MAKEFILE_LIST))))
LAYERS         := $(abspath $(RUNTIME_FOLDER)/..)
PYTHON_VERSION := $(patsubst python%,%,$(notdir $(RUNTIME_FOLDER)))
PYTHON         := $(or $(wildcard $(LAYERS)/../.venv/bin/python),python3)

# botocore describes 440 services, 26 MB; functions/workflow/aws/clients.py uses these.
SERVICES := application-autoscaling cloudwatch logs s3 sagemaker sagemaker-runtime scheduler sns stepfunctions

# Installed packages are cached by the digest of their inputs.
sha256   = import fileinput, hashlib; \
           print(hashlib.sha256(b"".join(fileinput.input(mode="rb"))).hexdigest())
digest   = $(shell $(PYTHON) -c '$(sha256)' $(LAYERS)/layers.mk requirements.txt)
packages = $(LAYERS)/../.aws-sam/layers/$(1)-$(PYTHON_VERSION)-$(digest)

# 3. Bytecode halves a cold start, because /opt is read-only and Lambda cannot cache its own. It works
#    for the same minor version only, and must not be validated against file times, which a layer's
#    zip does not preserve.
define compile
if $(PYTHON) -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(PYTHON_VERSION)")'; then \
  $(PYTHON) -m compileall -q --invalidation-mode unchecked-hash -s $(1) -p $(2) $(1); fi
endef

define own_package
cp -R . "$(ARTIFACTS_DIR)/python/$(1)"; \
rm "$(ARTIFACTS_DIR)/python/$(1)/requirements.txt"; \
find "$(ARTIFACTS_DIR)/python/$(1)" -name __pycache__ -prune -exec rm -r {} +; \
$(call compile,"$(ARTIFACTS_DIR)/python/$(1)",/opt/python/$(1))
endef

.PHONY: build-ModelPackagerLayer build-SmokeTestLayer build-ReportLayer build-OnnxRuntimeLayer

build-ModelPackagerLayer: $(call packages,model_packager)
	@mkdir -p "$(ARTIFACTS_DIR)"
	@cp -R $< "$(ARTIFACTS_DIR)/python"
	@set -eu; $(call own_package,model_packager)

build-SmokeTestLayer: $(call packages,smoke_test)
	@mkdir -p "$(ARTIFACTS_DIR)"
	@cp -R $< "$(ARTIFACTS_DIR)/python"
	@set -eu; $(call own_package,model_client)

build-ReportLayer: $(call packages,report)
	@mkdir -p "$(ARTIFACTS_DIR)"
	@cp -R $< "$(ARTIFACTS_DIR)/python"

build-OnnxRuntimeLayer: $(call packages,onnx_runtime)
	@mkdir -p "$(ARTIFACTS_DIR)"
	@cp -R $< "$(ARTIFACTS_DIR)/python"

# 1. Lambda's Amazon Linux 2023 has glibc 2.34. pip takes no range of tags, so each is listed.
# 2. Remove what no import reaches: scripts, tests, stubs, sources of compiled modules, and unused
#    services, whose folders botocore would list for each client.
# Each of two concurrent builds writes its own folder; the first to finish wins.
$(LAYERS)/../.aws-sam/layers/%:
	@mkdir -p $(@D)
	@set -eu; draft=$$(mktemp -d $@.XXXXXX); trap 'rm -rf "$$draft"' EXIT; \
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
	  --only-binary=:all: --implementation cp --python-version $(PYTHON_VERSION) \
	  --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
	  --platform manylinux2014_x86_64 --target $$draft \
	  --requirement requirements.txt; \
	rm -rf $$draft/bin $$draft/include; \
	find $$draft/botocore/data -mindepth 1 -maxdepth 1 -type d \
	  $(foreach service,$(SERVICES),! -name $(service)) -exec rm -r {} + 2> /dev/null || true; \
	find $$draft -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -r {} +; \
	find $$draft -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' \
	  -o -name '*.h' -o -name '*.a' \) -exec rm {} +; \
	$(call compile,$$draft,/opt/python); \
	chmod 755 $$draft; \
	$(PYTHON) -c 'import os, sys; os.rename(*sys.argv[1:])' $$draft $@ 2> /dev/null || [ -d $@ ]
