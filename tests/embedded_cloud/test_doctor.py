"""`modeldrop doctor --local` on a running cloud."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from modeldrop.command.app import app
from modeldrop.local.cloud_state import EmbeddedCloud
from tests.workflow.drops import Cloud
from tests.workflow.test_permissions import without


def examined(cloud: EmbeddedCloud, code: int) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, ["doctor", "--local", "--home", str(cloud.home), "--json"])
    assert done.exit_code == code, done.output
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    return checks


def test_local_cloud_passes_every_check(embedded: EmbeddedCloud) -> None:
    found = examined(embedded, 0)
    assert [each for each in found if each["status"] != "ok"] == []
    assert [each["check"] for each in found] == [
        "credentials",
        "stack",
        "image",
        "quota",
        "permissions",
        "bucket events",
        "event rules",
        "subscriptions",
    ]


def test_removed_permission_is_named(embedded: EmbeddedCloud) -> None:
    """tests/workflow/test_permissions.py shows that a drop fails without the permission."""
    with without(Cloud.of(embedded), "CreateModelFunctionRole", "iam:PassRole"):
        found = examined(embedded, 1)
    [denied] = [each for each in found if each["status"] != "ok"]
    assert "CreateModelFunction may not use iam:PassRole on " in denied["text"]
    assert "Add iam:PassRole to the role's policy" in denied["fix"]
