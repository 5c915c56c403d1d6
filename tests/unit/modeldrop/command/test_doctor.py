"""`modeldrop doctor` before the stack exists, with credentials with few permissions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from modeldrop.command.app import app
from tests.unit.modeldrop.command.http_server import answering
from tests.unit.modeldrop.conftest import REGION

if TYPE_CHECKING:
    from pathlib import Path


def refuse(_request: bytes) -> tuple[int, bytes]:
    """Return an access denied error in the JSON protocol, because moto has no Service Quotas."""
    return 400, b'{"__type": "AccessDeniedException", "Message": "ops is not authorized"}'


@pytest.mark.usefixtures("account")
def test_account_without_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(refuse) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", url)
        ended = CliRunner().invoke(app, ["doctor", "--stack", "nothing", "--json"])
    assert ended.exit_code == 1
    document = json.loads(ended.stdout)
    assert document["status"] == "failed"
    found = {each["check"]: each for each in document["checks"]}
    assert {name: each["status"] for name, each in found.items()} == {
        "credentials": "ok",
        "stack": "failed",
        "image": "ok",
        "quota": "warning",
    }
    assert found["stack"]["text"] == f"No stack nothing in {REGION}."
    assert found["quota"]["text"] == "This could not be checked: ops is not authorized"
    assert "servicequotas:ListServiceQuotas" in found["quota"]["fix"]
    assert "failed   stack: No stack nothing" in ended.stderr
    assert "         Fix: Deploy it: sam build, then sam deploy --guided" in ended.stderr


@pytest.mark.parametrize(
    ("region", "cause"),
    [(REGION, "There are no AWS credentials."), ("", "No AWS Region is set.")],
    ids=["credentials", "region"],
)
def test_nothing_else_is_checked_without(
    region: str, cause: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # without samconfig.toml
    if region:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    ended = CliRunner().invoke(app, ["doctor", "--json"])
    assert ended.exit_code == 1
    [found] = json.loads(ended.stdout)["checks"]
    assert (found["check"], found["status"]) == ("credentials", "failed")
    assert cause in found["text"]
