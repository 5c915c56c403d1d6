"""Text inputs and outputs in each format that supports them, served by the real Triton."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from model_client.endpoint import invoke_endpoint
from model_client.request import request
from model_client.text import decoded, text_array
from model_packager.formats.onnx.format import ONNX
from model_packager.formats.python.format import PYTHON_MODEL
from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.inspection import inspect_model
from model_packager.sagemaker.triton_image import newest_release
from tests import onnx_models
from tests.local_sagemaker.archives import archive, torchscript
from tests.local_sagemaker.text_models import PYTHON_UPPER_CASE, UpperCase

if TYPE_CHECKING:
    from model_packager.formats.base import ModelFormat
    from model_packager.inspection import Inspection
    from tests.local_sagemaker.conftest import LocalSageMaker

LONG = "x" * 70_000
SPEC = """
max_batch_size: 8
inputs: [{name: text, dtype: STRING, dims: [-1], example_dims: [2]}]
outputs: [{name: upper, dtype: STRING, dims: [-1]}]
model_warmup: true   # Triton sends empty texts
"""


@dataclass
class Case:
    """A model, its responses by request, and a request that the local backend rejects."""

    format: ModelFormat
    content: bytes
    responses: list[tuple[list[Any], list[Any]]]
    refused: list[Any]
    spec: str | None = None

    def inspected(self) -> Inspection:
        return inspect_model(
            io.BytesIO(self.content),
            "m",
            spec=self.spec,
            labels=None,
            instance_type="ml.m5.large",
            release=newest_release(),
            model_format=self.format,
        )


CASES = {
    "onnx": Case(
        ONNX,
        onnx_models.content(onnx_models.sentiment()),
        [
            ([["good"]], [["positive"]]),
            ([["grüße"], [LONG], [""]], [["höflich"], ["unknown"], ["unknown"]]),
        ],
        [[b"\xff"]],
    ),
    "python": Case(
        PYTHON_MODEL,
        PYTHON_UPPER_CASE,
        [
            ([["a\0b\0", LONG], ["", "grüße"]], [["A\0B\0", LONG.upper()], ["", "GRÜSSE"]]),
            ([[]], [[]]),
        ],
        [[b"\xff"]],
        SPEC,
    ),
    "torchscript": Case(
        TORCHSCRIPT,
        torchscript(UpperCase()),
        [(["a\0b\0", "", LONG], ["A\0B\0", "", LONG.upper()]), ([], [])],
        [b"\xff"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_text_is_served(local: LocalSageMaker, name: str) -> None:
    case = CASES[name]
    inspection = case.inspected()
    files = {"m/config.pbtxt": inspection.config_pbtxt.encode()}
    local.put_model(name, archive(files | {f"m/{case.format.path}": case.content}))
    local.create_config(name, name)
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "InService", local.log_lines(name)
    for binary in (True, False):
        for texts, response in case.responses:
            assert output(local, name, inspection, texts, binary=binary) == response
    with pytest.raises(ClientError, match=r"UTF-8|utf-8"):
        output(local, name, inspection, case.refused, binary=True)
    local.delete(name)


def output(
    local: LocalSageMaker, name: str, inspection: Inspection, texts: list[Any], *, binary: bool
) -> Any:
    signature, array = inspection.signature, text_array(np.array(texts, np.object_))
    body, content_type = request({signature.inputs[0].name: array}, signature, binary=binary)
    response = invoke_endpoint(local.runtime.invoke_endpoint, name, body, content_type)
    received = response.output(signature.outputs[0].name)
    return decoded(received).tolist()
