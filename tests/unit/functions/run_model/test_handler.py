from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.model_warnings import WarningCode
from model_packager.rejection import ModelRejected
from run_model.handler import OWN_MEMORY_MB, handler
from tests import onnx_models
from tests.consistency.asl import function
from tests.unit.functions.run_model.object_server import objects
from tests.unit.functions.samples import DEPLOYMENT, SERVABLE
from tests.unit.model_client.cpu_test.jobs import signature, tensor
from workflow.contracts.deploy_model import CpuTest, RunModelInput, RunModelOutput

if TYPE_CHECKING:
    from pathlib import Path

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from model_packager.signature import Signature
    from model_packager.stored import ServableModel

EARLIER = "an earlier check"


@pytest.fixture(autouse=True)
def _memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1408")


def run(
    context: LambdaContext, declared: Signature, content: bytes | int | None = None
) -> ServableModel:
    with objects() as served:
        served.contents["model.onnx"] = content or onnx_models.content(onnx_models.linear())
        event = RunModelInput(
            deployment=DEPLOYMENT,
            servable=SERVABLE.model_copy(update={"signature": declared, "checks": (EARLIER,)}),
            cpu_test=CpuTest(files=(served.file("model.onnx"),), input=None, expected=None),
        )
        output: dict[str, Any] = handler(event.model_dump(mode="json"), context)
    return RunModelOutput.model_validate(output).servable


@pytest.mark.slow
def test_check_of_a_good_model_is_passed_on(
    context: LambdaContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    servable = run(context, signature())
    assert servable.checks[0] == EARLIER
    assert servable.checks[1].startswith("ran once on CPU before the endpoint")
    assert servable.warnings == ()
    assert servable == SERVABLE.model_copy(
        update={"signature": signature(), "checks": servable.checks}
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_wrong_model_is_rejected(context: LambdaContext) -> None:
    with pytest.raises(ModelRejected) as caught:
        run(context, signature(outputs=(tensor("y", 5),)))
    assert caught.value.cause.startswith("Before an endpoint was created: The output y has the ")
    assert "{name: y, dtype: FP32, dims: [3]}" in caught.value.fix


def test_failed_download_is_a_warning(context: LambdaContext) -> None:
    servable = run(context, signature(), 403)
    (warning,) = servable.warnings
    assert warning.code is WarningCode.CPU_TEST
    assert warning.cause == (
        "The CPU test of the model has no result: S3 returned 403 for model.onnx."
    )
    assert servable.checks == (EARLIER,)


def test_memory_is_for_the_model() -> None:
    assert function("Run Model")["MemorySize"] > 4 * OWN_MEMORY_MB
