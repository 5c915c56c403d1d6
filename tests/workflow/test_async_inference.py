"""The life of an asynchronous endpoint: first drop, zero instances, update, rejection, retirement.

The tests use one model, because each drop takes seconds. Each part starts from the state after the
previous one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from model_packager.sagemaker.endpoint_alarm import backlog_alarm_name
from modeldrop import Endpoint, Stack
from modeldrop.live.invocation import InvocationFailed
from tests.client_programs import answer, run_program
from tests.waiting import until
from tests.workflow.command import modeldrop
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import linear_drop

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "hosting: {mode: async, max_instances: 2}\nsmoke_test: {requests: 2}\n"
QUEUED = 30


def test_life_of_an_asynchronous_endpoint(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model, spec, sample, expected = linear_drop(tmp_path, SPEC)

    first = cloud.drop(name, model, spec, sample)
    assert first.execution_status == "SUCCEEDED", summary(first)
    content = content_of(first)
    assert content["hosting_mode"] == "async"
    assert content["smoke"]["golden"].startswith("sample/expected.npy")
    assert f"modeldrop snippet {name}" in first.notification.words
    assert f"modeldrop invoke {name} FILE --async" in first.notification.words

    assert until(lambda: status(cloud, name)["activity"] == "scaled to zero", 120)
    with pytest.raises(InvocationFailed, match="There is no result after"):
        # No instance can respond yet.
        Endpoint(name, stack=Stack(local=True, home=cloud.embedded.home), timeout_seconds=0)(
            sample / "input.npy"
        )
    from_zero = modeldrop(cloud, "invoke", name, str(sample / "input.npy"), "--async", "--json")
    assert from_zero.code == 0, from_zero.err
    assert from_zero.document["outputs"][0]["data"] == expected.tolist()
    called = Endpoint(name, stack=Stack(local=True, home=cloud.embedded.home))
    np.testing.assert_array_equal(called(sample / "input.npy"), expected)
    refused = modeldrop(cloud, "invoke", name, str(sample / "input.npy"))
    assert (refused.code, "--async" in refused.err) == (2, True)

    accepted = [send(cloud, name, number) for number in range(QUEUED)]
    spec.write_text(f"{SPEC}max_batch_size: 4\n")
    second = cloud.drop(name, model, spec, sample)
    assert second.execution_status == "SUCCEEDED", summary(second)
    assert content_of(second)["superseded_version"] == content["version"]
    for number, each in enumerate(accepted):
        assert output_of(cloud, each["OutputLocation"]) == [number] * 3

    environment = cloud.embedded.environment()
    for language, code in cloud.programs(name).items():
        assert answer(language, code, tmp_path, environment) == [4.0] * 3
        ran = run_program(language, code.replace("[1, 4]", "[1, 5]"), tmp_path, environment)
        assert ran.returncode != 0
        assert "from primary with message" in ran.stderr, f"{ran.stdout}\n{ran.stderr}"

    np.save(sample / "expected.npy", expected + 1)
    wrong = cloud.drop(name, model, spec, sample)
    assert content_of(wrong)["failed_state"] == "Smoke Test", summary(wrong)
    assert content_of(wrong)["live_version"] == content_of(second)["version"]
    assert output_of(cloud, send(cloud, name, 7)["OutputLocation"]) == [7] * 3

    retired = cloud.delete(name)
    assert retired.content["status"] == "RETIRED"
    assert cloud.left_of(name) == []
    alarms = cloud.client("cloudwatch").describe_alarms(
        AlarmNames=[backlog_alarm_name(cloud.endpoint(name))]
    )
    assert alarms["MetricAlarms"] == []


def status(cloud: Cloud, name: str) -> dict[str, Any]:
    """Return the model's status as `modeldrop status` shows it.

    Zero instances are not a failure.
    """
    ended = modeldrop(cloud, "status", name, "--json")
    assert ended.code == 0, ended.err
    (model,) = ended.document["models"]
    found: dict[str, Any] = model
    return found


def body(number: int) -> bytes:
    """Return a request whose output is the number, three times."""
    row = {"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [number, 0, 0, 0]}
    return json.dumps({"inputs": [row]}).encode()


def send(cloud: Cloud, name: str, number: int) -> Any:
    return cloud.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=cloud.endpoint(name),
        Body=body(number),
        ContentType="application/json",
    )


def output_of(cloud: Cloud, uri: str) -> list[float]:
    s3 = cloud.client("s3")
    bucket, _, key = uri.removeprefix("s3://").partition("/")

    def content() -> bytes | None:
        try:
            found: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return found

    data: list[float] = json.loads(until(content, 120))["outputs"][0]["data"]
    return data
