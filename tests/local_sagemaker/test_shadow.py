"""Shadow variants: copies of requests on a separate real tritonserver, and data capture."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from botocore.exceptions import ClientError

from modeldrop.local.access.owner_auth import OwnerAuth
from tests.embedded_cloud.conftest import OWNER
from tests.local_sagemaker.archives import archive
from tests.local_sagemaker.conftest import BUCKET, IMAGE, ROLE, LocalSageMaker
from tests.local_sagemaker.inference import infer
from tests.waiting import until

ENDPOINT = "shadowed"
CONFIG = b"""
backend: "python"
max_batch_size: 0
input [{ name: "x" data_type: TYPE_FP32 dims: [ 2 ] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [ 2 ] }]
"""
MODEL = """
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        arrays = [pb_utils.get_input_tensor_by_name(each, "x").as_numpy() for each in requests]
        time.sleep({delay})
        if {fails}:
            raise ValueError("this model always fails")
        scaled = [pb_utils.Tensor("y", each * np.float32({factor})) for each in arrays]
        return [pb_utils.InferenceResponse(output_tensors=[each]) for each in scaled]
"""


def put_scale(
    local: LocalSageMaker, name: str, factor: float, delay: float = 0, *, fails: bool = False
) -> None:
    code = MODEL.format(factor=factor, delay=delay, fails=fails)
    files = {"scale/config.pbtxt": CONFIG, "scale/1/model.py": code.encode()}
    local.put_model(name, archive(files))


def variant(name: str, model: str, weight: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.c5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": weight,
        **more,
    }


def create_config(local: LocalSageMaker, name: str, shadow: dict[str, Any], **more: Any) -> None:
    local.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant("primary", f"{ENDPOINT}-live")],  # type: ignore[list-item]
        ShadowProductionVariants=[shadow],  # type: ignore[list-item]
        **more,
    )


CAPTURE: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}


@pytest.fixture(scope="module")
def shadowed(local: LocalSageMaker) -> Iterator[LocalSageMaker]:
    """An endpoint that doubles. A shadow variant for 1 in 4 requests multiplies by 10."""
    put_scale(local, f"{ENDPOINT}-live", 2)
    put_scale(local, f"{ENDPOINT}-ten", 10)
    put_scale(local, f"{ENDPOINT}-slow", 10, delay=0.5)
    put_scale(local, f"{ENDPOINT}-failing", 10, fails=True)
    shadow = variant("shadow", f"{ENDPOINT}-ten", 0.25)
    create_config(local, ENDPOINT, shadow, DataCaptureConfig=CAPTURE)
    local.create_endpoint(ENDPOINT, ENDPOINT)
    assert local.settled(ENDPOINT)["EndpointStatus"] == "InService"
    yield local
    local.delete(ENDPOINT)


def ask(local: LocalSageMaker, number: float, **options: str) -> list[float]:
    array = np.asarray([number, 1], np.float32)
    answer: list[float] = (
        infer(local, ENDPOINT, {"x": array}, ["y"], **options).as_numpy("y").tolist()
    )
    return answer


def captured(local: LocalSageMaker, name: str, prefix: str = "captured") -> list[dict[str, Any]]:
    """Return the records of a variant, from the keys that AWS documents."""
    listed = local.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/{ENDPOINT}/{name}/")
    keys = [each["Key"] for each in listed.get("Contents", [])]
    hour = r"\d{4}/\d{2}/\d{2}/\d{2}"
    pattern = re.compile(rf"{prefix}/{ENDPOINT}/{name}/{hour}/[^/]+\.jsonl")
    assert all(pattern.fullmatch(key) for key in keys), keys
    bodies = [local.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def sum_of(local: LocalSageMaker, name: str, metric: str, config: str) -> float:
    now = datetime.now(UTC)
    dimensions = {"EndpointName": ENDPOINT, "VariantName": name, "EndpointConfigName": config}
    found = local.cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=3),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def numbers_in(record: dict[str, Any], part: str) -> list[float]:
    """Return the FP32 values at the end of a captured binary body."""
    payload = record["captureData"][part]
    assert payload["encoding"] == "BASE64"
    body = base64.b64decode(payload["data"])
    header = int(payload["observedContentType"].rpartition("=")[2])
    values: list[float] = np.frombuffer(body[header:], np.float32).tolist()
    return values


def test_a_shadow_variant_gets_copies_and_answers_no_client(shadowed: LocalSageMaker) -> None:
    description = shadowed.describe(ENDPOINT)
    (primary,), (shadow,) = (
        description["ProductionVariants"],
        description["ShadowProductionVariants"],
    )
    assert (primary["VariantName"], shadow["VariantName"]) == ("primary", "shadow")
    assert shadow["CurrentWeight"] == 0.25
    for number in range(40):
        assert ask(shadowed, number, InferenceId=f"request {number}") == [2 * number, 2]
    until(lambda: len(captured(shadowed, "primary")) == 40)
    until(lambda: len(captured(shadowed, "shadow")) == 10)
    until(lambda: sum_of(shadowed, "shadow", "Invocations", ENDPOINT) == 10)
    assert sum_of(shadowed, "primary", "Invocations", ENDPOINT) == 40
    assert sum_of(shadowed, "shadow", "ModelLatency", ENDPOINT) > 0
    by_id = {each["eventMetadata"]["inferenceId"]: each for each in captured(shadowed, "primary")}
    for copy in captured(shadowed, "shadow"):
        original = by_id[copy["eventMetadata"]["inferenceId"]]
        sent, _ = numbers_in(copy, "endpointInput")
        assert copy["captureData"]["endpointInput"] == original["captureData"]["endpointInput"]
        assert numbers_in(original, "endpointOutput") == [2 * sent, 2]
        assert numbers_in(copy, "endpointOutput") == [10 * sent, 10]
        assert copy["eventMetadata"]["invocationSource"] == "ShadowExperiment"
        assert "invocationSource" not in original["eventMetadata"]
        assert copy["eventMetadata"]["eventId"] != original["eventMetadata"]["eventId"]
        moment = datetime.fromisoformat(copy["eventMetadata"]["inferenceTime"])
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_json_is_captured_as_text_and_a_target_variant_is_no_shadow(
    shadowed: LocalSageMaker,
) -> None:
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": [7, 8]}]}
    sent = json.dumps(body)
    shadowed.runtime.invoke_endpoint(
        EndpointName=ENDPOINT,
        ContentType="application/json",
        Body=sent,
        TargetVariant="primary",
    )

    def is_captured() -> bool:
        inputs = [each["captureData"]["endpointInput"] for each in captured(shadowed, "primary")]
        return any(each["data"] == sent and each["encoding"] == "JSON" for each in inputs)

    until(is_captured)
    with pytest.raises(ClientError, match=r"Variant shadow not found in endpoint shadowed"):
        ask(shadowed, 1, TargetVariant="shadow")


def test_a_slow_or_failing_shadow_delays_and_fails_no_client(shadowed: LocalSageMaker) -> None:
    for kind in ("slow", "failing"):
        name = f"{ENDPOINT}-{kind}"
        create_config(shadowed, name, variant("shadow", name))
        shadowed.sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=name)
        pending = shadowed.describe(ENDPOINT)["PendingDeploymentSummary"]
        assert [each["VariantName"] for each in pending["ShadowProductionVariants"]] == ["shadow"]
        assert shadowed.settled(ENDPOINT)["EndpointConfigName"] == name
        started = time.monotonic()
        for number in range(4):
            assert ask(shadowed, number) == [2 * number, 2]
        took = time.monotonic() - started
        assert took < 4 * 0.5, "clients waited for the shadow variant, which takes 0.5 s a request"
    until(lambda: sum_of(shadowed, "shadow", "Invocation5XXErrors", f"{ENDPOINT}-failing") == 4)
    assert sum_of(shadowed, "primary", "Invocation5XXErrors", f"{ENDPOINT}-failing") == 0


def test_retained_properties_contain_the_data_capture(shadowed: LocalSageMaker) -> None:
    """RetainAllVariantProperties keeps it, unless the update excludes it (UpdateEndpoint)."""
    shadow = variant("shadow", f"{ENDPOINT}-ten")
    create_config(shadowed, f"{ENDPOINT}-a", shadow, DataCaptureConfig=CAPTURE)
    create_config(shadowed, f"{ENDPOINT}-c", shadow)
    create_config(shadowed, f"{ENDPOINT}-d", shadow)
    excluded: Any = [{"VariantPropertyType": "DataCaptureConfig"}]
    for name, options, is_captured in (
        ("a", {}, True),
        ("c", {"RetainAllVariantProperties": True}, True),
        (
            "d",
            {"RetainAllVariantProperties": True, "ExcludeRetainedVariantProperties": excluded},
            False,
        ),
    ):
        update: Any = shadowed.sagemaker.update_endpoint
        update(EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-{name}", **options)
        assert ("DataCaptureConfig" in shadowed.settled(ENDPOINT)) is is_captured


def test_clients_notice_nothing_of_a_killed_shadow(shadowed: LocalSageMaker) -> None:
    def shadow_pid() -> int | None:
        url = f"{shadowed.url}/servers"
        listed = httpx.get(url, auth=OwnerAuth(OWNER), trust_env=False).json()
        found = [
            each for each in listed if (each["endpoint"], each["variant"]) == (ENDPOINT, "shadow")
        ]
        return found[0]["pid"] if found else None

    killed = shadow_pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    for number in range(20):
        assert ask(shadowed, number) == [2 * number, 2]
    until(lambda: shadow_pid() not in {None, killed})
    assert shadowed.describe(ENDPOINT)["EndpointStatus"] == "InService"
    assert ask(shadowed, 3) == [6, 2]


def test_what_sagemaker_excludes_is_refused(local: LocalSageMaker) -> None:
    name = f"{ENDPOINT}-live"
    local.sagemaker.create_model(
        ModelName="shadowed-pool",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": IMAGE,
            "Mode": "MultiModel",
            "ModelDataUrl": f"s3://{BUCKET}/{ENDPOINT}-live/",
        },
    )
    one, shadow = variant("primary", name), variant("shadow", name)
    memory = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
    serverless = {"VariantName": "primary", "ModelName": name, **memory}
    create: Any = local.sagemaker.create_endpoint_config
    asynchronous = {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/out"}}
    for production, shadows, more, message in (
        ([one, variant("b", name)], [shadow], {}, "exactly one production variant"),
        ([one], [shadow, variant("b", name)], {}, "exactly one production variant"),
        ([one], [variant("primary", name)], {}, "names must be unique"),
        ([one], [shadow], {"AsyncInferenceConfig": asynchronous}, "asynchronous endpoints"),
        ([serverless], [shadow], {}, "serverless endpoints"),
        ([one], [variant("shadow", "shadowed-pool")], {}, "multi-model endpoints"),
        ([one], [shadow | {"InstanceType": "ml.inf1.xlarge"}], {}, "Inf1 instances"),
        ([one], [variant("shadow", "none")], {}, 'Could not find model ".*model/none"'),
    ):
        config: Any = {"ProductionVariants": production, "ShadowProductionVariants": shadows}
        with pytest.raises(ClientError, match=message):
            create(EndpointConfigName="refused", **config, **more)
    local.sagemaker.delete_model(ModelName="shadowed-pool")
