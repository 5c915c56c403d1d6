"""Multi-model endpoints: one tritonserver really loads and unloads models."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from modeldrop.local.sagemaker.faults import EndpointFault
from modeldrop.local.sagemaker.triton.installation import MODELS
from modeldrop.local.sagemaker.triton_backends.model_memory import MEMORY
from tests import onnx_models
from tests.local_sagemaker.archives import archive, linear_archive, scale_archive, state_dict
from tests.local_sagemaker.conftest import BUCKET, IMAGE, ROLE, LocalSageMaker
from tests.local_sagemaker.inference import linear
from tests.waiting import until

POOL = "several"
TARGET = "SageMaker TargetModel: "
"""The text before the TargetModel in the log of tritonserver."""
PREFIX = f"{POOL}/archives/"
CONTAINER: Any = {"Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": f"s3://{BUCKET}/{PREFIX}"}
BODY = b'{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 1]}]}'


@pytest.fixture(scope="module")
def configured(local: LocalSageMaker) -> LocalSageMaker:
    for name, more in (
        (POOL, {}),
        (f"{POOL}-uncached", {"ModelCacheSetting": "Disabled"}),
        (f"{POOL}-changed", {}),
    ):
        local.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer=CONTAINER | ({"MultiModelConfig": more} if more else {}),
        )
        local.create_config(name, name)
    return local


@pytest.fixture
def pool(configured: LocalSageMaker) -> Iterator[LocalSageMaker]:
    """An endpoint whose container has not loaded any model, and a prefix without archives."""
    local = configured
    local.create_endpoint(POOL, POOL)
    assert local.settled(POOL)["EndpointStatus"] == "InService"
    yield local
    local.faults.clear()
    local.delete(POOL)
    for each in local.s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX).get("Contents", []):
        local.s3.delete_object(Bucket=BUCKET, Key=each["Key"])


def put(local: LocalSageMaker, name: str, content: bytes) -> str:
    """Upload an archive, and return its TargetModel."""
    local.s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}{name}", Body=content)
    return name


def call(local: LocalSageMaker, target: str, endpoint: str = POOL) -> float:
    """Return the factor of a model, from its response to ones."""
    answer = when_loaded(
        lambda: local.runtime.invoke_endpoint(
            EndpointName=endpoint, TargetModel=target, ContentType="application/json", Body=BODY
        )
    )
    [first, second] = json.loads(answer["Body"].read())["outputs"][0]["data"]
    assert first == second
    return float(first)


def when_loaded(request: Callable[[], Any]) -> Any:
    """Repeat a request until its model is loaded, as AWS advises."""
    while True:
        try:
            return request()
        except ReadTimeoutError:
            continue
        except ClientError as error:
            if error.response["Error"]["Code"] != "ModelNotReadyException":
                raise


def server(local: LocalSageMaker) -> Path:
    """Return the working folder of the only tritonserver that hosts several models."""
    every = (local.home / "tritonservers").iterdir()
    [folder] = [each for each in every if (each / MEMORY).is_dir()]
    return folder


def loaded(local: LocalSageMaker) -> int:
    """Return the number of models that have a process."""
    files = [each for each in (server(local) / MEMORY).iterdir() if each.name.isdigit()]
    return len([each for each in files if Path("/proc", each.name).exists()])


def limit_memory(local: LocalSageMaker, size: int) -> None:
    local.faults.add(
        EndpointFault(kind="model_memory", endpoint_contains=POOL, bytes=size, times=None)
    )


def unloaded(local: LocalSageMaker) -> list[str]:
    """Return the models that tritonserver unloaded, in order."""
    before = f"Unloading {TARGET}"
    lines = local.log_lines(POOL)
    return [each.partition(before)[2].removesuffix('\\n"') for each in lines if before in each]


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int | None]:
    """Return the error's code, and the status of the container."""
    response: Any = caught.value.response
    return response["Error"]["Code"], response.get("OriginalStatusCode")


def test_a_request_loads_its_model_once(pool: LocalSageMaker) -> None:
    two, three = put(pool, "a/b/2.tar.gz", scale_archive(2.0)), put(pool, "3", scale_archive(3.0))
    assert (call(pool, two), call(pool, three), call(pool, two)) == (2.0, 3.0, 2.0)
    assert loaded(pool) == 2
    put(pool, "3", scale_archive(30.0))  # the old archive stays cached
    assert call(pool, three) == 3.0
    first = until(lambda: [each for each in pool.log_lines(POOL) if f"Loading {TARGET}3" in each])
    assert len(first) == 1


def test_torchscript_answers_binary_requests(pool: LocalSageMaker) -> None:
    target = put(pool, "linear.tar.gz", linear_archive(2.0))
    result = when_loaded(lambda: linear(pool, POOL, [[1, 1, 1, 1]], TargetModel=target))
    assert result.tolist() == [[8, 8, 8]]


def test_an_onnx_model_without_inputs_in_its_config_is_completed(pool: LocalSageMaker) -> None:
    config = 'platform: "onnxruntime_onnx"\nmax_batch_size: 8\ninstance_group [{ count: 1 }]\n'
    assert call(pool, put(pool, "open.tar.gz", scale_archive(2.0, config))) == 2.0


def test_the_least_recently_used_model_makes_room(pool: LocalSageMaker) -> None:
    names = [put(pool, f"m{factor}", scale_archive(factor)) for factor in (1.0, 2.0, 3.0)]
    limit_memory(pool, int(2.5 * len(onnx_models.content(onnx_models.scale(1.0)))))
    assert [call(pool, names[each]) for each in (0, 1, 0)] == [1.0, 2.0, 1.0]
    assert loaded(pool) == 2
    assert call(pool, names[2]) == 3.0
    assert loaded(pool) == 2
    # The model is loaded again, in place of the least recently used one.
    assert call(pool, names[1]) == 2.0
    assert until(lambda: unloaded(pool)[1:]) == [names[0]]
    assert unloaded(pool)[0] == names[1]


def test_a_model_that_never_fits_is_refused_with_507(pool: LocalSageMaker) -> None:
    name = put(pool, "large", scale_archive(2.0))
    limit_memory(pool, 1)
    with pytest.raises(ClientError, match="out of memory") as caught:
        call(pool, name)
    assert error_of(caught) == ("ModelError", 507)
    pool.faults.clear()
    assert call(pool, name) == 2.0


def test_without_a_cache_each_model_is_unloaded_after_its_request(
    configured: LocalSageMaker,
) -> None:
    local, name = configured, f"{POOL}-uncached"
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "InService"
    target = put(local, "once", scale_archive(2.0))
    assert call(local, target, name) == 2.0
    until(lambda: loaded(local) == 0 and not list((server(local) / MODELS).iterdir()), 60)
    put(local, "once", scale_archive(3.0))
    assert call(local, target, name) == 3.0
    local.delete(name)


def test_model_that_cannot_be_loaded_has_a_reason(pool: LocalSageMaker) -> None:
    with pytest.raises(ClientError, match="Failed to download model data") as caught:
        call(pool, "missing.tar.gz")
    assert error_of(caught) == ("ValidationError", None)
    assert f"key: {PREFIX}missing.tar.gz" in str(caught.value)
    with pytest.raises(ClientError, match=r"valid tar\.gz archive"):
        call(pool, put(pool, "damaged", b"not an archive"))
    config = b'platform: "pytorch_libtorch"'
    wrong = archive({"wrong/1/model.pt": state_dict(), "wrong/config.pbtxt": config})
    with pytest.raises(ClientError) as caught:
        call(pool, put(pool, "wrong", wrong))
    assert error_of(caught) == ("ModelError", 400)
    with pytest.raises(ClientError, match="missing a target model header"):
        pool.runtime.invoke_endpoint(EndpointName=POOL, Body=BODY)
    put(pool, "missing.tar.gz", scale_archive(2.0))  # failures are not cached
    assert call(pool, "missing.tar.gz") == 2.0


def test_a_killed_server_loads_its_models_again(pool: LocalSageMaker) -> None:
    name = put(pool, "kept", scale_archive(2.0))
    assert call(pool, name) == 2.0
    [stub] = [each.name for each in (server(pool) / MEMORY).iterdir() if each.name.isdigit()]
    first = server(pool)
    os.kill(int(stub), signal.SIGKILL)  # ONNX Runtime is part of tritonserver on AWS
    until(lambda: not first.exists(), 30)

    def answers() -> bool:
        try:
            return call(pool, name) == 2.0
        except ClientError:
            return False

    assert until(answers, 60)
    assert pool.describe(POOL)["EndpointStatus"] == "InService"


@pytest.mark.slow
def test_an_update_starts_a_server_that_loads_models_on_demand(pool: LocalSageMaker) -> None:
    first, second = (put(pool, f"{each}.tar.gz", scale_archive(each)) for each in (2.0, 3.0))
    assert (call(pool, first), call(pool, second)) == (2.0, 3.0)
    old = server(pool)
    pool.sagemaker.update_endpoint(EndpointName=POOL, EndpointConfigName=f"{POOL}-changed")
    assert call(pool, first) == 2.0
    changed = pool.settled(POOL)
    assert (changed["EndpointStatus"], changed["EndpointConfigName"]) == (
        "InService",
        f"{POOL}-changed",
    )
    assert call(pool, second) == 3.0
    assert server(pool) != old


def test_twenty_models_called_at_once_share_one_server(pool: LocalSageMaker) -> None:
    factors = [float(each) for each in range(1, 21)]
    names = [put(pool, f"many/{factor}.tar.gz", scale_archive(factor)) for factor in factors]
    with ThreadPoolExecutor(20) as clients:
        first = list(clients.map(lambda name: call(pool, name), names))
        second = list(clients.map(lambda name: call(pool, name), names * 2))
    assert first == factors
    assert second == factors * 2
    assert loaded(pool) == 20


def test_what_sagemaker_excludes_is_refused(configured: LocalSageMaker) -> None:
    sagemaker = configured.sagemaker
    source = {
        "S3Uri": f"s3://{BUCKET}/{PREFIX}",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
    }
    single = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{PREFIX}a"}
    cases: list[tuple[Any, str]] = [
        (
            {"Image": IMAGE, "Mode": "MultiModel", "ModelDataSource": {"S3DataSource": source}},
            "ModelDataSource is not supported",
        ),
        ({"Image": IMAGE, "Mode": "MultiModel"}, "needs ModelDataUrl"),
        (single | {"MultiModelConfig": {"ModelCacheSetting": "Disabled"}}, "needs a container"),
    ]
    for container, message in cases:
        with pytest.raises(ClientError, match=message):
            sagemaker.create_model(
                ModelName="refused", ExecutionRoleArn=ROLE, PrimaryContainer=container
            )
    serverless: Any = {
        "VariantName": "primary",
        "ModelName": POOL,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1},
    }
    with pytest.raises(ClientError, match="Multi-model endpoints are not supported"):
        sagemaker.create_endpoint_config(
            EndpointConfigName="refused", ProductionVariants=[serverless]
        )
    variant: Any = {
        "VariantName": "primary",
        "ModelName": POOL,
        "InstanceType": "ml.g4dn.xlarge",
        "InitialInstanceCount": 1,
    }
    with pytest.raises(ClientError, match=r"not supported for instance type ml[.]g4dn[.]12xlarge"):
        sagemaker.create_endpoint_config(
            EndpointConfigName="refused",
            ProductionVariants=[variant | {"InstanceType": "ml.g4dn.12xlarge"}],
        )
    with pytest.raises(ClientError, match="AsyncInferenceConfig is not supported"):
        sagemaker.create_endpoint_config(
            EndpointConfigName="refused",
            ProductionVariants=[variant],
            AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/out/"}},
        )
