"""Real models on the real tritonserver."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from model_packager.aws_limits import INVOCATION_BYTES
from modeldrop.local.sagemaker.faults import EndpointFault
from modeldrop.local.sagemaker.hosting.endpoint_lifecycle import INSUFFICIENT_CAPACITY
from modeldrop.local.sagemaker.hosting.fleet_starter import ping_failure
from modeldrop.local.sagemaker.triton.installation import SOCKET
from modeldrop.local.sagemaker.triton.listeners import listening_addresses
from tests.local_sagemaker import archives
from tests.local_sagemaker.conftest import BUCKET, IMAGE, LocalSageMaker
from tests.local_sagemaker.inference import infer, linear
from tests.waiting import until

TYPES = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}
LIVE = "linear-live"


def server_pid(local: LocalSageMaker, endpoint: str) -> int:
    """Return the pid of the endpoint's only tritonserver, by its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if command[0] == str(local.home / "triton" / "tritonserver") and any(
            f"/{endpoint}-" in argument for argument in command
        ):
            return int(folder.name)
    raise AssertionError(f"no tritonserver of {endpoint}")


@pytest.fixture(scope="module")
def live(local: LocalSageMaker) -> LocalSageMaker:
    """The local SageMaker with an endpoint that returns the sum of its inputs, three times."""
    local.put_model(
        "linear-1",
        archives.linear_archive(1.0),
        SAGEMAKER_TRITON_DEFAULT_MODEL_NAME="linear",
        SAGEMAKER_TRITON_ADDITIONAL_ARGS="--allow-http=true --allow-grpc=true --allow-metrics=true",
    )
    local.create_config("linear-1", "linear-1")
    local.create_endpoint(LIVE, "linear-1")
    description = local.describe(LIVE)
    assert description["EndpointStatus"] == "Creating"
    assert "ProductionVariants" not in description
    with pytest.raises(ClientError) as caught:
        local.sagemaker.delete_endpoint(EndpointName=LIVE)
    assert caught.value.response["Error"]["Message"] == (
        f'Cannot update in-progress endpoint "{description["EndpointArn"]}".'
    )
    with pytest.raises(local.runtime.exceptions.ValidationError, match="not found"):
        local.runtime.invoke_endpoint(EndpointName=LIVE, Body=b"")
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        local.create_endpoint(LIVE, "linear-1")
    assert local.settled(LIVE)["EndpointStatus"] == "InService"
    return local


def test_an_endpoint_in_service_is_described(live: LocalSageMaker) -> None:
    description = live.describe(LIVE)
    assert description["EndpointConfigName"] == "linear-1"
    assert "FailureReason" not in description
    (variant,) = description["ProductionVariants"]
    assert variant == {
        "VariantName": "primary",
        "DeployedImages": [{"SpecifiedImage": IMAGE}],
        "CurrentWeight": 1.0,
        "DesiredWeight": 1.0,
        "CurrentInstanceCount": 2,
        "DesiredInstanceCount": 2,
    }
    listed = live.sagemaker.list_endpoints(NameContains=LIVE, StatusEquals="InService")
    assert [endpoint["EndpointName"] for endpoint in listed["Endpoints"]] == [LIVE]


def test_only_this_user_reaches_its_server(live: LocalSageMaker) -> None:
    """Neither web pages nor other users can open the socket, even if the container requests it."""
    pid = server_pid(live, LIVE)
    folder = Path(f"/proc/{pid}/cwd").readlink()
    assert listening_addresses(pid) == set()
    assert (folder / SOCKET).is_socket()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_binary_and_json_answer_alike(live: LocalSageMaker) -> None:
    rows = [[1, 2, 3, 4], [0, 0, 0, 0.5]]
    assert linear(live, LIVE, rows).tolist() == [[10.0] * 3, [0.5] * 3]
    request = {"inputs": [{"name": "INPUT__0", "shape": [2, 4], "datatype": "FP32", "data": rows}]}
    answer = live.runtime.invoke_endpoint(
        EndpointName=LIVE, ContentType="application/json", Body=json.dumps(request)
    )
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "primary"
    (output,) = json.load(answer["Body"])["outputs"]
    assert (output["shape"], output["data"]) == ([2, 3], [10.0] * 3 + [0.5] * 3)


def test_requests_that_triton_joins_get_their_own_answers(live: LocalSageMaker) -> None:
    """Concurrent batches of 1 to 3 rows. The dynamic batcher joins several into one execution."""
    batches = [np.full((1 + i % 3, 4), i, np.float32) for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda batch: linear(live, LIVE, batch), batches))
    for i, (batch, answer) in enumerate(zip(batches, answers, strict=True)):
        assert answer.tolist() == [[4.0 * i] * 3] * len(batch)
    joined = re.compile(r"TRITONBACKEND_ModelInstanceExecute.* released [2-8] requests")
    until(lambda: any(joined.search(line) for line in live.log_lines(LIVE)))


def test_the_containers_error_is_a_model_error(live: LocalSageMaker) -> None:
    with pytest.raises(live.runtime.exceptions.ModelError) as caught:
        linear(live, LIVE, [[1, 2, 3]])
    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 400
    assert "unexpected shape for input 'INPUT__0'" in response["OriginalMessage"]
    assert response["Error"]["Message"] == (
        f'Received client error (400) from primary with message "{response["OriginalMessage"]}". '
        "See https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        f"#logEventViewer:group=/aws/sagemaker/Endpoints/{LIVE} in account 000000000000 for more "
        "information."
    )
    assert response["LogStreamArn"].endswith(f":log-group:/aws/sagemaker/Endpoints/{LIVE}")
    with pytest.raises(live.runtime.exceptions.ModelError, match=r"server error \(500\)"):
        live.runtime.invoke_endpoint(EndpointName=LIVE, ContentType="text/plain", Body=b"garbage")


def test_requests_that_never_reach_the_container(live: LocalSageMaker) -> None:
    with pytest.raises(ClientError) as caught:
        live.runtime.invoke_endpoint(EndpointName=LIVE, Body=b"0" * (INVOCATION_BYTES.value + 1))
    assert caught.value.response["Error"]["Code"] == "413"
    assert (
        caught.value.response["Error"]["Message"] == "HTTP content length exceeded 6291456 bytes."
    )
    validation = live.runtime.exceptions.ValidationError
    with pytest.raises(validation, match="Variant other not found"):
        live.runtime.invoke_endpoint(EndpointName=LIVE, Body=b"", TargetVariant="other")
    with pytest.raises(validation, match="is not a multi-model endpoint"):
        live.runtime.invoke_endpoint(EndpointName=LIVE, Body=b"", TargetModel="a.tar.gz")


def test_injected_delay_slows_the_response(live: LocalSageMaker) -> None:
    live.faults.add(EndpointFault(kind="slow_response", endpoint_contains=LIVE, seconds=2))
    took = []
    for _ in range(2):
        start = time.monotonic()
        linear(live, LIVE, [[1, 1, 1, 1]])
        took.append(time.monotonic() - start)
    assert took[0] >= 2
    assert took[1] < 2  # the fault had times=1


def test_an_update_swaps_without_a_failed_request(live: LocalSageMaker) -> None:
    live.put_model("linear-2", archives.linear_archive(2.0))  # without the name of a default model
    live.create_config("linear-2", "linear-2")
    answers: list[float] = []
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            answers.append(float(linear(live, LIVE, [[1, 1, 1, 1]])[0, 0]))

    with ThreadPoolExecutor(2) as pool:
        callers = [pool.submit(call) for _ in range(2)]
        until(lambda: answers)
        live.sagemaker.update_endpoint(EndpointName=LIVE, EndpointConfigName="linear-2")
        description = live.describe(LIVE)
        assert description["EndpointStatus"] == "Updating"
        assert description["EndpointConfigName"] == "linear-1"
        with pytest.raises(ClientError, match='Cannot update in-progress endpoint "arn'):
            live.sagemaker.update_endpoint(EndpointName=LIVE, EndpointConfigName="linear-2")
        description = live.settled(LIVE)
        served = len(answers)
        until(lambda: len(answers) > served + 5)
        stop.set()
        for caller in callers:
            caller.result()  # raises if a request failed
    assert (description["EndpointStatus"], description["EndpointConfigName"]) == (
        "InService",
        "linear-2",
    )
    assert answers[0] == 4.0
    assert answers[-1] == 8.0
    assert set(answers) == {4.0, 8.0}
    warning = "         Starting with the only existing model directory linear"
    until(lambda: warning in live.log_lines(LIVE))


def test_failed_update_is_rolled_back_silently(live: LocalSageMaker) -> None:
    before = live.describe(LIVE)["EndpointConfigName"]
    broken = archives.archive({"config.pbtxt": b"", "1/model.pt": b""})
    live.put_model("linear-broken", broken)
    live.create_config("linear-broken", "linear-broken")
    live.sagemaker.update_endpoint(EndpointName=LIVE, EndpointConfigName="linear-broken")
    description = live.settled(LIVE)
    assert description["EndpointStatus"] == "InService"
    assert description["EndpointConfigName"] == before
    assert description["FailureReason"] == ping_failure("primary")
    until(lambda: "ERROR: Incorrect directory structure." in live.log_lines(LIVE))
    assert linear(live, LIVE, [[1, 1, 1, 1]]).shape == (1, 3)

    reason = "Alarm resnet-errors is in ALARM"
    live.faults.add(
        EndpointFault(kind="roll_back", endpoint_contains=LIVE, reason=""),
        EndpointFault(kind="fail", endpoint_contains=LIVE, reason=reason),
    )
    live.sagemaker.update_endpoint(EndpointName=LIVE, EndpointConfigName="linear-1")
    description = live.settled(LIVE)
    assert description["EndpointConfigName"] == before
    # The update cleared the reason, and the fault sets none.
    assert "FailureReason" not in description
    live.sagemaker.update_endpoint(EndpointName=LIVE, EndpointConfigName="linear-1")
    assert live.settled(LIVE)["FailureReason"] == reason


def test_every_dtype_is_served_uncompressed_and_by_dict(local: LocalSageMaker) -> None:
    name = "every-type"
    model = archives.torchscript(archives.EveryType())
    config = archives.every_type_config(tuple(TYPES))
    for key, content in (("1/model.pt", model), ("config.pbtxt", config.encode())):
        local.s3.put_object(Bucket=BUCKET, Key=f"{name}/types/{key}", Body=content)
    local.sagemaker.create_model(
        ModelName=name,
        PrimaryContainer={
            "Image": IMAGE,
            "Environment": {"SAGEMAKER_TRITON_LOG_VERBOSE": "0"},
            "ModelDataSource": {
                "S3DataSource": {
                    "S3Uri": f"s3://{BUCKET}/{name}/",
                    "S3DataType": "S3Prefix",
                    "CompressionType": "None",
                }
            },
        },
    )
    local.create_config(name, name)
    local.create_endpoint(name, name)
    local.sagemaker.delete_endpoint_config(
        EndpointConfigName=name
    )  # accepted, and the endpoint keeps running
    local.sagemaker.delete_model(ModelName=name)
    assert local.settled(name)["EndpointStatus"] == "InService"
    for rows in (3, 0):
        arrays: dict[str, Any] = {
            kind: (np.arange(rows * 2).reshape(rows, 2) % 2).astype(dtype)
            for kind, dtype in TYPES.items()
        }
        outputs = [f"{kind}__{i}" for i, kind in enumerate(TYPES)]
        result = infer(local, name, arrays, outputs)
        for kind, output in zip(TYPES, outputs, strict=True):
            returned = result.as_numpy(output)
            assert returned is not None
            assert returned.dtype == arrays[kind].dtype
            assert returned.tolist() == arrays[kind].tolist()
    local.delete(name)
    assert name not in local.endpoints()
    assert list((local.home / "models").glob(f"{name}-*")) == []


def test_a_model_that_triton_refuses_fails_with_tritons_line_in_the_log(
    local: LocalSageMaker,
) -> None:
    name = "weights-only"
    config = archives.LINEAR_CONFIG.encode()
    files = {"m/1/model.pt": archives.state_dict(), "m/config.pbtxt": config}
    local.put_model(name, archives.archive(files))
    local.create_config(name, name)
    local.create_endpoint(name, name)
    description = local.settled(name)
    assert description["EndpointStatus"] == "Failed"
    assert description["FailureReason"] == ping_failure("primary")
    refusal = "failed to load model 'm': PytorchStreamReader failed locating file constants.pkl"
    until(lambda: any(refusal in line for line in local.log_lines(name)))
    last = "error: creating server: Invalid argument - load failed for model"
    until(lambda: any(line.startswith(last) for line in local.log_lines(name)))
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        local.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=name)
    local.delete(name)


@pytest.fixture(scope="module")
def unservable(local: LocalSageMaker) -> str:
    """A config for which `serve` exits at once, so no tritonserver starts."""
    local.put_model("unservable", archives.archive({"readme.txt": b"no model"}))
    local.create_config("unservable", "unservable")
    return "unservable"


def test_endpoint_hangs_until_it_is_released(local: LocalSageMaker, unservable: str) -> None:
    name = "hanging"
    local.faults.add(EndpointFault(kind="hang", endpoint_contains=name))
    local.create_endpoint(name, unservable)
    pause = threading.Event()
    for _ in range(5):
        pause.wait(0.1)
        assert local.describe(name)["EndpointStatus"] == "Creating"
    local.faults.clear(name)
    assert local.settled(name)["EndpointStatus"] == "Failed"
    until(lambda: "ERROR: No model found in model repository" in local.log_lines(name))
    local.delete(name)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (EndpointFault(kind="fail", endpoint_contains="doomed"), ping_failure("primary")),
        (
            EndpointFault(kind="fail", endpoint_contains="doomed", seconds=0.2, reason="Why"),
            "Why",
        ),
        (
            EndpointFault(kind="insufficient_capacity", endpoint_contains="doomed"),
            INSUFFICIENT_CAPACITY,
        ),
        (EndpointFault(kind="insufficient_capacity", endpoint_contains="doomed", reason=""), None),
        (
            EndpointFault(kind="slow_start", endpoint_contains="doomed", seconds=0.3),
            ping_failure("primary"),
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_creation_fails_as_injected(
    local: LocalSageMaker, unservable: str, fault: EndpointFault, reason: str | None
) -> None:
    local.faults.add(fault)
    local.create_endpoint("doomed", unservable)
    description = local.settled("doomed")
    assert (description["EndpointStatus"], description.get("FailureReason")) == ("Failed", reason)
    took = description["LastModifiedTime"] - description["CreationTime"]
    assert took.total_seconds() >= (fault.seconds or 0) * 0.9
    local.delete("doomed")


def test_missing_artifact_fails_the_endpoint(local: LocalSageMaker) -> None:
    name = "gone"
    local.put_model(name, archives.archive({"m/1/model.pt": b""}))
    local.create_config(name, name)
    local.s3.delete_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz")
    local.create_endpoint(name, name)
    description = local.settled(name)
    assert description["EndpointStatus"] == "Failed"
    assert description["FailureReason"].startswith(
        'Failed to download model data for container "container_1" from URL: '
        f'"s3://{BUCKET}/{name}/model.tar.gz".'
    )
    local.delete(name)
