"""Models sleep and wake with commands and with schedules, and waking may fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.artifact import live_key
from model_packager.stored import Live
from modeldrop.api.endpoint import Endpoint
from modeldrop.api.stack import Stack
from modeldrop.errors import UsageError
from modeldrop.local.ministack.injected_faults import LambdaFault
from modeldrop.local.sagemaker.faults import EndpointFault
from tests.client_programs import answer, failure
from tests.waiting import eventually
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.fault_case import of_state
from tests.workflow.models import save_scale
from tests.workflow.scaled import scaled

if TYPE_CHECKING:
    from pathlib import Path

NIGHTS = 'schedule: {sleep: "0 19 * * mon-fri", wake: "0 7 * * mon-fri", timezone: Europe/Berlin}'
LIMIT_SECONDS = 240


def dropped(cloud: Cloud, name: str, folder: Path, spec: str = "", factor: float = 2) -> str:
    """Drop a model, assert that it succeeds, and return its version."""
    spec_file = folder / "deploy.yaml"
    spec_file.write_text(spec)
    outcome = cloud.drop(name, save_scale(factor, folder / "model.onnx"), spec=spec_file)
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    version: str = content_of(outcome)["version"]
    return version


def live(cloud: Cloud, name: str) -> Live:
    bucket = cloud.embedded.output("ArtifactBucketName")
    body = cloud.client("s3").get_object(Bucket=bucket, Key=live_key(name))["Body"].read()
    return Live.model_validate_json(body)


def has_endpoint(cloud: Cloud, name: str) -> bool:
    found = cloud.client("sagemaker").list_endpoints(NameContains=cloud.endpoint(name))
    return bool(found["Endpoints"])


def make_due(cloud: Cloud, schedule: dict[str, Any]) -> None:
    """Start the execution of the schedule now."""
    cloud.client("scheduler").create_schedule(
        Name=f"{schedule['Name']}-now",
        ScheduleExpression="at(2026-01-01T00:00:00)",
        FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
        Target=schedule["Target"],
        ActionAfterCompletion="DELETE",
    )


def is_idle(cloud: Cloud) -> bool:
    machine = cloud.embedded.output("DeployModelStateMachineArn")
    stepfunctions = cloud.client("stepfunctions")
    listed = stepfunctions.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
    return not listed["executions"]


def test_sleep_and_wake(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path)
    before = cloud.left_of(name)
    called = Endpoint(name, stack=Stack(local=True, home=cloud.embedded.home))
    asleep = modeldrop(cloud, "sleep", name, "--json")
    assert (asleep.code, asleep.document["status"]) == (0, "ASLEEP"), asleep.err
    assert asleep.document["removed"] == [f"endpoint {cloud.endpoint(name)}"]
    assert not has_endpoint(cloud, name)
    assert live(cloud, name).asleep_since is not None
    orphans = modeldrop(cloud, "orphans", "--json").document["orphans"]
    assert [each for each in orphans if name in each["name"]] == []  # other tests leave orphans
    invoked = modeldrop(cloud, "invoke", name)
    assert invoked.code == 2
    assert f"{name} has been asleep since" in invoked.err
    assert modeldrop(cloud, "sleep", name).code == 2  # nothing is left to delete
    with pytest.raises(UsageError, match=f"{name} has been asleep since"):
        called([[1, 1]])  # the program read live.json while the model was awake
    programs, environment = cloud.programs(name), cloud.embedded.environment()
    for language, code in programs.items():
        assert failure(language, code, tmp_path, environment).endswith(
            f"{name} is asleep, starting, or retired: it has no endpoint in service. "
            f"Run modeldrop status {name} to see which, or modeldrop wake {name} to wake it."
        )
    assert "asleep" in modeldrop(cloud, "status", name).err

    cloud.faults.add(EndpointFault(kind="fail", endpoint_contains=name, reason="No."))
    failed = modeldrop(cloud, "wake", name, "--json")
    assert (failed.code, failed.document["status"]) == (1, "FAILED"), failed.err
    assert live(cloud, name).asleep_since is not None
    assert not has_endpoint(cloud, name)

    awake = modeldrop(cloud, "wake", name, "--json")
    assert awake.code == 0, awake.err
    assert (awake.document["version"], awake.document["restored"]) == (version, True)
    assert live(cloud, name).asleep_since is None
    assert scaled(cloud, name) == 2
    assert called([[1, 1]]).tolist() == [[2.0, 2.0]]  # type: ignore[union-attr]
    for language, code in programs.items():  # written while the model slept
        assert answer(language, code, tmp_path, environment) == [2.0, 2.0]
    assert cloud.left_of(name) == before
    assert modeldrop(cloud, "wake", name).code == 2
    cloud.delete(name)
    assert cloud.left_of(name) == []


def test_drop_wakes_a_sleeping_model(cloud: Cloud, name: str, tmp_path: Path) -> None:
    slept = dropped(cloud, name, tmp_path)
    assert modeldrop(cloud, "sleep", name).code == 0
    crash = LambdaFault(
        kind="crash_after",
        function_contains=of_state("Record Deployment"),
        payload_contains=name,
        times=None,
    )
    cloud.emulator_faults.add(crash)
    failed = content_of(cloud.drop(name, save_scale(4, tmp_path / "fails.onnx")))
    cloud.emulator_faults.clear(name)
    assert (failed["status"], failed["failed_state"]) == ("FAILED", "Record Deployment")
    assert (live(cloud, name).version, live(cloud, name).asleep_since is None) == (slept, False)
    version = dropped(cloud, name, tmp_path, factor=3)
    assert (live(cloud, name).version, live(cloud, name).asleep_since) == (version, None)
    assert scaled(cloud, name) == 3
    cloud.delete(name)


def test_schedule(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The schedules start the workflows.

    The test makes the schedules due, instead of waiting for 19:00.
    """
    version = dropped(cloud, name, tmp_path, NIGHTS)
    scheduler = cloud.client("scheduler")
    sleep, wake = (
        scheduler.get_schedule(Name=f"{cloud.endpoint(name)}-{kind}") for kind in ("sleep", "wake")
    )
    assert sleep["ScheduleExpression"] == "cron(0 19 ? * MON-FRI *)"
    assert wake["ScheduleExpressionTimezone"] == "Europe/Berlin"
    make_due(cloud, sleep)
    assert eventually(lambda: live(cloud, name).asleep_since is not None, LIMIT_SECONDS)
    assert eventually(lambda: not has_endpoint(cloud, name), LIMIT_SECONDS)
    make_due(cloud, wake)
    assert eventually(lambda: live(cloud, name).asleep_since is None, LIMIT_SECONDS)
    assert live(cloud, name).version == version
    assert scaled(cloud, name) == 2
    assert eventually(lambda: is_idle(cloud), LIMIT_SECONDS)
    cloud.delete(name)
    names = [each["Name"] for each in scheduler.list_schedules()["Schedules"]]
    assert not [each for each in names if each.startswith(cloud.endpoint(name))]
