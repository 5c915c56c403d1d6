"""Shadow tests: a new version processes copies of client requests before it goes live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modeldrop.executions.outcome import Outcome
from modeldrop.local.ministack.injected_faults import LambdaFault
from tests.waiting import eventually
from tests.workflow.command import modeldrop
from tests.workflow.drops import NOTHING, Cloud, content_of, summary
from tests.workflow.executions import LIMIT_SECONDS, notifications
from tests.workflow.load import load_on
from tests.workflow.models import PYTHON_SPEC, python_scale

if TYPE_CHECKING:
    from pathlib import Path

HOURS = 0.006
"""The duration in deploy.yaml: ten seconds, because waits take half their time."""


def spec(**more: object) -> str:
    rollout = {"strategy": "shadow", "sample_percent": 50, "hours": HOURS} | more
    settings = ", ".join(f"{key}: {value}" for key, value in rollout.items())
    return f"{PYTHON_SPEC}rollout: {{{settings}}}\n"


def drop(cloud: Cloud, name: str, folder: Path, factor: str, settings: str) -> Outcome:
    model, yaml = folder / "model.py", folder / "deploy.yaml"
    model.write_text(python_scale(factor))
    yaml.write_text(settings)
    return cloud.drop(name, model, yaml)


def report_of(cloud: Cloud, outcome: Outcome) -> str:
    bucket, _, key = content_of(outcome)["report"].removeprefix("s3://").partition("/")
    body: bytes = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode()


def test_agreeing_version_goes_live_under_load(cloud: Cloud, name: str, tmp_path: Path) -> None:
    first = drop(cloud, name, tmp_path, "2", spec())
    assert first.execution_status == "SUCCEEDED", summary(first)
    assert content_of(first)["shadow_comparison"] is None  # a first version has no clients
    assert "Start Shadow Test" not in cloud.states_of(first)
    with load_on(cloud, name) as load:
        second = drop(cloud, name, tmp_path, "2 * 1.00001", spec())
        assert second.execution_status == "SUCCEEDED", summary(second)
    assert load.failures == []
    content = content_of(second)
    comparison = content["shadow_comparison"]
    assert comparison["live_version"] == content_of(first)["version"]
    assert comparison["compared"] == comparison["agreeing"] >= 1
    assert comparison["live"]["failed"] == comparison["shadow"]["failed"] == 0
    assert 0 < comparison["shadow"]["requests"] < comparison["live"]["requests"]
    live, shadow = comparison["live"], comparison["shadow"]
    assert 0 < live["p50_ms"] <= live["p95_ms"], "there are 50 requests or more"
    assert (shadow["p95_ms"] is None) == (shadow["requests"] < 50)
    assert content["superseded_version"] == content_of(first)["version"]
    assert f"{comparison['agreeing']:,} of {comparison['compared']:,} compared responses" in (
        report_of(cloud, second)
    )
    assert "Shadow test: " in second.notification.words
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=cloud.endpoint(name))
    assert "ShadowProductionVariants" not in described
    assert "DataCaptureConfig" not in described
    assert len(configs_of(cloud, name)) == 2, "the shadow config is removed"


def test_differing_version_never_answers_a_client(cloud: Cloud, name: str, tmp_path: Path) -> None:
    first = drop(cloud, name, tmp_path, "2", spec())
    assert first.execution_status == "SUCCEEDED", summary(first)
    before = cloud.left_of(name)
    with load_on(cloud, name) as load:
        second = drop(cloud, name, tmp_path, "3", spec())
    assert load.failures == []
    assert set(load.answers) == {2.0}
    content = content_of(second)
    assert (content["status"], content["failed_state"], content["error"]) == (
        "FAILED",
        "Compare Answers",
        "ShadowTestFailed",
    )
    assert "responses differ from those of the live version, so 0.0% agree" in content["cause"]
    assert "y: 4 of 4 values differ" in content["cause"]
    assert content["live_version"] == content_of(first)["version"]
    assert content["shadow_comparison"]["agreeing"] == 0
    assert "Examples of different responses" in report_of(cloud, second)
    assert cloud.left_of(name) == before
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=cloud.endpoint(name))
    assert described["EndpointConfigName"].endswith(content_of(first)["version"])


def test_without_requests_min_requests_decides(cloud: Cloud, name: str, tmp_path: Path) -> None:
    first = drop(cloud, name, tmp_path, "2", spec())
    rejected = drop(cloud, name, tmp_path, "3", spec(hours=0.001))
    content = content_of(rejected)
    assert content["failed_state"] == "Compare Answers", summary(rejected)
    cause = content["cause"]
    assert "The new version got no copies of client requests in 0.001 hours" in cause
    assert content["live_version"] == content_of(first)["version"]
    promoted = drop(cloud, name, tmp_path, "3", spec(hours=0.001, min_requests=0))
    assert promoted.execution_status == "SUCCEEDED", summary(promoted)
    assert content_of(promoted)["live_version"] == content_of(promoted)["version"]
    assert "This version got no copies of requests, so nothing was compared" in report_of(
        cloud, promoted
    )


def test_failing_copies_reject_the_version(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The smoke test sends values between 0 and 1; the clients send 8, too."""
    first = drop(cloud, name, tmp_path, "2", spec())
    with load_on(cloud, name) as load:
        second = drop(cloud, name, tmp_path, "2 if tensors[0].max() < 8 else 1 / 0", spec())
    assert load.failures == []
    assert set(load.answers) == {2.0}
    content = content_of(second)
    assert content["error"] == "ShadowTestFailed", summary(second)
    assert "The new version failed " in content["cause"]
    assert content["live_version"] == content_of(first)["version"]


def start(cloud: Cloud, name: str, factor: str, state: str) -> str:
    """Drop a version whose deploy.yaml exists, and wait until the execution enters a state."""
    code = python_scale(factor).encode()
    arn = cloud.executions.of(f"{name}/model.py", cloud.put(f"{name}/model.py", code))
    assert cloud.executions.entered(arn, {state})
    return arn


def test_other_events_during_the_test(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """An event is repeated, a user puts the model to sleep, and another drop waits for the test."""
    first = drop(cloud, name, tmp_path, "2", spec())
    held = LambdaFault(
        kind="throttle", function_contains="CompareAnswers", payload_contains=name, times=None
    )
    with load_on(cloud, name) as load, notifications(cloud, name) as received:
        cloud.emulator_faults.add(held)
        second = start(cloud, name, "2 * 1.00001", "Wait for Traffic")
        repeated = cloud.repeat(Outcome(second, "RUNNING", NOTHING), name)
        assert content_of(repeated)["status"] == "DUPLICATE", summary(repeated)
        refused = modeldrop(cloud, "sleep", name)
        assert (refused.code, "a deployment of it is running" in refused.err) == (2, True)
        third = start(cloud, name, "2 * 1.00002", "Create Endpoint")
        waits = Outcome(third, "RUNNING", NOTHING)
        assert eventually(
            lambda: "EndpointBusy" in cloud.failed_attempts(waits, "Create Endpoint"),
            LIMIT_SECONDS,
        )
        cloud.emulator_faults.clear(name)
        for arn in (second, third):
            assert cloud.executions.ended(arn)["status"] == "SUCCEEDED"
        (of_second,), (of_third,) = received.of(second), received.of(third)
    assert load.failures == []
    assert {round(each, 3) for each in load.answers} == {2.0}
    versions = [content_of(first)["version"], of_second.content["version"]]
    comparisons = [each.content["shadow_comparison"] for each in (of_second, of_third)]
    assert [each["live_version"] for each in comparisons] == versions
    assert of_third.content["live_version"] == of_third.content["version"]
    assert len(configs_of(cloud, name)) == 3, "one for each version, and no shadow config"


def test_retired_during_the_test(cloud: Cloud, name: str, tmp_path: Path) -> None:
    drop(cloud, name, tmp_path, "2", spec())
    with notifications(cloud, name) as received:
        second = start(cloud, name, "3", "Wait for Traffic")
        assert cloud.delete(name).content["status"] == "RETIRED"
        cloud.executions.ended(second)
        content = received.of(second)[-1].content
    assert (content["failed_state"], content["error"]) == ("Compare Answers", "EndpointFailed")
    assert f"{name} was retired during the shadow test" in content["cause"]
    assert content["live_version"] is None
    assert cloud.left_of(name) == []
    third = drop(cloud, name, tmp_path, "3", spec())
    assert third.execution_status == "SUCCEEDED", summary(third)


@pytest.mark.parametrize("state", ["Start Shadow Test", "Wait for Traffic"])
@pytest.mark.parametrize("strategy", ["shadow", "all_at_once"])
def test_drop_after_a_stopped_test(
    cloud: Cloud, name: str, tmp_path: Path, state: str, strategy: str
) -> None:
    """The next drop ends the stopped test, and goes live. Clients notice nothing."""
    drop(cloud, name, tmp_path, "2", spec())
    stopped = start(cloud, name, "3", state)
    cloud.client("stepfunctions").stop_execution(executionArn=stopped)
    rollout = spec() if strategy == "shadow" else PYTHON_SPEC
    with load_on(cloud, name) as load:
        third = drop(cloud, name, tmp_path, "2 * 1.00001", rollout)
    assert third.execution_status == "SUCCEEDED", summary(third)
    assert load.failures == []
    assert {round(each, 3) for each in load.answers} == {2.0}
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=cloud.endpoint(name))
    assert described["EndpointConfigName"].endswith(content_of(third)["version"])
    assert "ShadowProductionVariants" not in described
    modeldrop(cloud, "orphans", "--delete", "--json")
    assert len(configs_of(cloud, name)) == 2, "nothing of the stopped test is left"


def configs_of(cloud: Cloud, name: str) -> list[str]:
    return [each for each in cloud.left_of(name) if each.startswith("EndpointConfigs ")]


def test_shadow_test_of_a_stopped_execution_is_ended(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    first = drop(cloud, name, tmp_path, "2", spec())
    before = cloud.left_of(name)
    code = python_scale("3").encode()
    arn = cloud.executions.of(f"{name}/model.py", cloud.put(f"{name}/model.py", code))
    assert cloud.executions.entered(arn, {"Wait for Traffic"})
    cloud.client("stepfunctions").stop_execution(executionArn=arn)
    listed = modeldrop(cloud, "orphans", "--json").document["orphans"]
    assert ("shadow variant", cloud.endpoint(name)) in [(e["kind"], e["name"]) for e in listed]

    with load_on(cloud, name) as load:
        modeldrop(cloud, "orphans", "--delete", "--json")
    assert load.failures == []
    assert set(load.answers) == {2.0}
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=cloud.endpoint(name))
    assert described["EndpointConfigName"].endswith(content_of(first)["version"])
    assert "ShadowProductionVariants" not in described
    modeldrop(cloud, "orphans", "--delete", "--json")
    assert cloud.left_of(name) == before
