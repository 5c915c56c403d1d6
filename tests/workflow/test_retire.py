"""Retires models with the command, by deleting the file, by time, and with the hourly watch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from modeldrop.errors import UsageError
from modeldrop.local.sagemaker.faults import EndpointFault
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import NO_STAGING, save_scale


def dropped(
    cloud: Cloud, name: str, folder: Path, spec: str = NO_STAGING, factor: float = 2
) -> str:
    """Drop a model, assert that it succeeds, and return its version."""
    spec_file = folder / "deploy.yaml"
    spec_file.write_text(spec)
    outcome = cloud.drop(name, save_scale(factor, folder / "model.onnx"), spec=spec_file)
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    version: str = content_of(outcome)["version"]
    return version


def request(**retire: object) -> dict[str, object]:
    return {"retire": retire, "time": datetime.now(UTC).isoformat()}


def test_retired_by_command(cloud: Cloud, name: str, tmp_path: Path) -> None:
    versions = [dropped(cloud, name, tmp_path, factor=factor) for factor in (2, 3)]
    published = cloud.delete(name)
    assert published.attributes == {
        "kind": "retirement",
        "status": "RETIRED",
        "model": name,
        "severity": "info",
        "needs_action": "false",
    }, published.words
    content = published.content
    assert (content["version"], content["live_version"]) == (versions[1], None)
    assert content["removed"] == [
        f"endpoint {cloud.endpoint(name)}",
        *(f"version {version}" for version in versions),
    ]
    assert cloud.left_of(name) == []
    with pytest.raises(UsageError, match=f'No model named "{name}"'):
        cloud.delete(name)


def test_deleted_drop_is_reported_and_stays_live(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path)
    outcome = cloud.delete_drop(f"{name}/model.onnx")
    content = content_of(outcome)
    assert (content["status"], content["reason"]) == ("NOTICE", "OBJECT_DELETED")
    assert content["live_version"] == content["version"] == version
    assert f"modeldrop delete {name}" in outcome.notification.words
    assert content["removed"] == []
    event = cloud.input_of(outcome)
    dropped(cloud, name, tmp_path, factor=3)
    assert cloud.nothing_retired(event)  # a late event: the object exists again
    cloud.delete(name)


def test_time_to_live(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path, spec="endpoint: {time_to_live_hours: 0.00001}")
    (outcome,) = cloud.watch(name)
    content = content_of(outcome)
    assert (content["status"], content["reason"]) == ("RETIRED", "TIME_TO_LIVE")
    assert "hours in its deploy.yaml has expired" in content["cause"]
    assert content["version"] == version
    assert cloud.left_of(name) == []


def test_required_model_is_not_retired(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path, spec="endpoint: {time_to_live_hours: 1}")
    assert cloud.watch(name) == []
    other = "20260101T000000Z-00000000"
    for reason in ("TIME_TO_LIVE", "IDLE", "STUCK"):
        assert cloud.nothing_retired(request(model=name, reason=reason, version=other))
    assert cloud.nothing_retired(request(model=name, reason="STUCK", version=version))
    cloud.delete(name)


def test_idle_endpoint_is_reported(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path)
    retirement_request = request(model=name, reason="IDLE", version=version, notify_only=True)
    outcome = cloud.ask_to_retire(name, retirement_request)
    assert outcome.notification.subject == f"NOTICE: {name} is idle"
    assert content_of(outcome)["live_version"] == version
    cloud.delete(name)


@pytest.mark.parametrize("staging", [False, True], ids=["production", "staging"])
def test_abandoned_by_its_execution(cloud: Cloud, name: str, tmp_path: Path, staging: bool) -> None:
    if staging:
        dropped(cloud, name, tmp_path)
    stays = cloud.left_of(name)
    abandoned = cloud.abandon(name, save_scale(3, tmp_path / "model.onnx"))
    assert (abandoned != cloud.endpoint(name)) == staging
    (outcome,) = cloud.watch(name)
    content = content_of(outcome)
    assert (content["status"], content["reason"]) == ("RETIRED", "STUCK"), summary(outcome)
    assert content["removed"][0] == f"endpoint {abandoned}"
    assert cloud.left_of(name) == stays


def test_stuck_endpoint_is_reported_once_a_day(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The deployment gave up while the endpoint was Creating, so the endpoint is retired."""
    cloud.faults.add(EndpointFault(kind="hang", endpoint_contains=cloud.endpoint(name)))
    outcome = cloud.drop(name, save_scale(2, tmp_path / "model.onnx"))
    assert content_of(outcome)["error"] == "EndpointTimedOut"
    (stuck,) = cloud.watch(name)
    assert content_of(stuck)["status"] == "NOTICE", summary(stuck)
    assert "has been Creating for" in content_of(stuck)["cause"]
    assert cloud.watch(name) == []
    cloud.faults.clear(cloud.endpoint(name))
    assert cloud.delete(name).content["status"] == "RETIRED"
    assert cloud.left_of(name) == []
