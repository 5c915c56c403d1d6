"""SAM's commands with the embedded cloud, in a copy of the project with its samconfig.toml."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from modeldrop.local import tools
from modeldrop.local.cloud_state import EmbeddedCloud
from tests.embedded_cloud.user_shell import bash

EXPORTS = 'eval "$(modeldrop local env)"\n'


def test_outputs_and_resources(project: Path, embedded: EmbeddedCloud) -> None:
    outputs = json.loads(
        bash(f"{EXPORTS}sam list stack-outputs --output json", project, embedded.home)
    )
    resources = json.loads(
        bash(f"{EXPORTS}sam list resources --output json", project, embedded.home)
    )

    assert {each["OutputKey"]: each["OutputValue"] for each in outputs} == embedded.outputs
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    assert physical["DropBucket"] == embedded.output("DropBucketName")


def test_function_is_invoked_and_its_log_is_read(
    project: Path, embedded: EmbeddedCloud, double: Path
) -> None:
    watch = f"{EXPORTS}sam remote invoke WatchEndpointsFunction --event '{{}}'"
    log = f"{EXPORTS}sam logs --name WatchEndpointsFunction"

    bash(watch, project, embedded.home)

    assert "Billed Duration" in bash(log, project, embedded.home)


def test_edited_function_is_synced(project: Path, embedded: EmbeddedCloud) -> None:
    handler = project / "functions/create_model/handler.py"
    handler.write_text(f"{handler.read_text()}\nraise RuntimeError('synced')\n")
    sync = (
        f"{EXPORTS}echo y | sam sync --code --resource-id CreateModelFunction --no-dependency-layer"
    )
    invoke = f"{EXPORTS}sam remote invoke CreateModelFunction --event '{{}}' 2>&1 || true"
    try:
        bash(sync, project, embedded.home)

        assert "synced" in bash(invoke, project, embedded.home)
    finally:
        shutil.copyfile(tools.PROJECT_ROOT / "functions/create_model/handler.py", handler)
        bash(sync, project, embedded.home)
