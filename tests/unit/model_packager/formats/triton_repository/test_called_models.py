"""Business Logic Scripting: models that a Python model calls."""

from __future__ import annotations

import pytest

from model_packager.rejection import ModelRejected
from model_packager.sagemaker.hosting_resolution import StackDefaults
from model_packager.sagemaker.triton_image import newest_release
from tests.unit.model_packager.formats.triton_repository.repositories import (
    CODE,
    PYTHON_CONFIG,
    Files,
    archive,
    inspected,
    onnx_model,
    python_model,
)

DECOUPLED = PYTHON_CONFIG + "model_transaction_policy { decoupled: true }\n"


def calling(name: str, before: str = "") -> str:
    call = f"pb_utils.InferenceRequest(model_name={name}, inputs=[]).exec()"
    return before + CODE.replace("        return", f"        {call}\n        return")


def called(code: str, name: str = "pipe", **models: Files) -> tuple[str, ...]:
    repository = {"pipe": python_model(code=code), "det": onnx_model(), **models}
    return inspected(archive(repository), name).called_models


@pytest.mark.parametrize(
    "code",
    [
        calling('"det"'),
        calling("DET", 'DET = "det"\n'),
        calling("self.name", "class C:\n    def f(self):\n        self.name = 'det'\n"),
        calling("names[0]", 'names = ["det"]\n'),
        calling("f'{x}'"),
        calling('"det"').replace(".exec()", ".async_exec()"),
    ],
    ids=["text", "constant", "attribute", "computed", "unknown", "asynchronous"],
)
def test_called_models_are_loaded(code: str) -> None:
    assert called(code) == ("det",)


def test_only_the_named_ones_are_loaded() -> None:
    assert called(calling('"det"'), cls=onnx_model("broken {")) == ("det",)
    assert called(calling("f'{x}'", "# det\n"), other=onnx_model()) == ("det", "other")
    assert called(CODE) == ()


def test_models_that_called_models_call_are_loaded() -> None:
    assert called(
        calling('"det"'), det=python_model(code=calling('"last"')), last=onnx_model()
    ) == (
        "det",
        "last",
    )


def test_code_next_to_model_py_counts() -> None:
    repository = {
        "pipe": {**python_model(), "1/steps.py": calling('"det"')},
        "det": onnx_model(),
    }
    assert inspected(archive(repository), "pipe").called_models == ("det",)


def test_the_container_loads_them() -> None:
    repository = {"pipe": python_model(code=calling('"det"')), "det": onnx_model()}
    stack = StackDefaults("us-east-1", newest_release(), 1, "artifacts", inference_topic_arn="")
    hosting, _ = inspected(archive(repository), "pipe").hosting(stack)
    assert hosting.environment["SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"] == "pipe"
    assert hosting.environment["SAGEMAKER_TRITON_ADDITIONAL_ARGS"] == "--load-model=det"


def test_a_missing_model_is_named() -> None:
    with pytest.raises(
        ModelRejected, match=r"pipe/1/model\.py, line 6: the code calls the model gone, but"
    ):
        called(calling('"gone"'))


def test_a_called_model_is_checked() -> None:
    with pytest.raises(ModelRejected, match=r"det/config\.pbtxt, line 1: ModelConfig has no field"):
        called(calling('"det"'), det=onnx_model("size: 1"))


def test_a_called_model_may_be_decoupled() -> None:
    assert called(calling('"det"'), det=python_model(DECOUPLED)) == ("det",)


def test_a_name_with_a_white_space() -> None:
    with pytest.raises(ModelRejected, match="white space in its name: 'my det'"):
        inspected(
            archive({"pipe": python_model(code=calling('"my det"')), "my det": onnx_model()}),
            "pipe",
        )


def test_a_model_that_the_code_loads_may_be_missing() -> None:
    code = calling('"gone"') + '\n\npb_utils.load_model(model_name="gone", files={})\n'
    assert called(code) == ()
