"""Triton's behavior for each kind of output of a TorchScript model.

docs/model-files.md lists the results: the backend rejects the outputs that Inspect Model rejects.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from botocore.exceptions import ClientError
from PIL import Image
from torch import Tensor

from model_client.response import error_message
from tests.local_sagemaker.archives import archive, torchscript
from tests.local_sagemaker.conftest import LocalSageMaker
from tests.local_sagemaker.inference import infer
from tests.unit.model_packager.model_files import decodes
from workflow.failures.diagnosis import diagnose_response


class EveryKind(torch.nn.Module):
    """Returns a different kind of output for each number, so that one server is enough."""

    def forward(self, x: Tensor, kind: Tensor) -> Tensor | None:  # noqa: C901 - TorchScript has no dicts of functions
        number = int(kind.item())
        output: Tensor | None = None
        if number == 0:
            output = x.half()
        if number == 1:
            output = x.to(torch.float64)
        if number == 2:
            output = x.to(torch.bfloat16)
        if number == 3:
            output = x.to(torch.uint16)
        if number == 4:
            output = torch.complex(x, x)
        if number == 5:
            output = torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)
        if number == 6:
            output = x.to_sparse()
        if number == 7:
            output = x.mean()
        if number == 9:
            output = x.t()
        if number == 10:
            output = x.to(torch.device("cuda"))
        if number == 11:
            output = torch.nn.functional.linear(x.half(), torch.zeros(3, 3))
        if number == 12:
            output = torch.embedding(x, kind)
        if number == 13:
            output = x[:, :0]
        if number == 14:
            output = x.repeat(1, 200_000)
        if number == 15:
            output = x.unsqueeze(2)[:, :, :0]
        return output


REFUSED = {
    0: "The output OUTPUT__0 is FP16",
    1: "The output OUTPUT__0 is FP64",
    2: "an element type that Triton's PyTorch backend does not have",
    3: "an element type that Triton's PyTorch backend does not have",
    4: "an element type that Triton's PyTorch backend does not have",
    5: "an element type that Triton's PyTorch backend does not have",
    6: "is not a dense tensor",
    7: "is a scalar",
    8: "not a tensor, such as None",
    9: "The first dimension of the output OUTPUT__0 is not the batch",
    10: "needs a GPU, but the instance has none",
    11: "have the same dtype, but got",
    12: "index out of range in self",
}
SERVED = {13: (1, 0), 14: (1, 600_000), 15: (1, 3, 0)}
CONFIG = b"""
platform: "pytorch_libtorch"
max_batch_size: 8
input [
  { name: "x" data_type: TYPE_FP32 dims: [ 3 ] },
  { name: "kind" data_type: TYPE_INT64 dims: [ 1 ] }
]
output [{ name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ -1 ] }]
"""


@pytest.fixture(scope="module")
def endpoint(local: LocalSageMaker) -> str:
    name = "every-kind"
    files = {"m/config.pbtxt": CONFIG, "m/1/model.pt": torchscript(EveryKind())}
    local.put_model(name, archive(files))
    local.create_config(name, name)
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "InService"
    return name


def output_of(local: LocalSageMaker, endpoint: str, kind: int) -> Any:
    arrays = {"x": np.ones((1, 3), np.float32), "kind": np.full((1, 1), kind)}
    return infer(local, endpoint, arrays, ["OUTPUT__0"])


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_output_is_diagnosed(local: LocalSageMaker, endpoint: str, kind: int) -> None:
    with pytest.raises(ClientError) as caught:
        output_of(local, endpoint, kind)
    response: Any = caught.value.response
    diagnosis = diagnose_response(error_message(response["OriginalMessage"]))
    assert diagnosis is not None
    assert REFUSED[kind] in diagnosis.cause


@pytest.mark.parametrize("kind", SERVED)
def test_empty_and_large_outputs_are_served(
    local: LocalSageMaker, endpoint: str, kind: int
) -> None:
    described = output_of(local, endpoint, kind).get_output("OUTPUT__0")
    assert tuple(described["shape"]) == SERVED[kind]


FILE_CONFIG = b"""
platform: "pytorch_libtorch"
input [ { name: "INPUT__0" data_type: TYPE_UINT8 dims: [ -1 ] } ]
output [ { name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] } ]
"""


def test_torchvision_decodes_pictures(local: LocalSageMaker) -> None:
    """In Triton's image, the operators are part of libtorchvision."""
    name = "decodes"
    model = torchscript(decodes())
    local.put_model(name, archive({"m/config.pbtxt": FILE_CONFIG, "m/1/model.pt": model}))
    local.create_config(name, name)
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "InService", local.log_lines(name)
    file = io.BytesIO()
    Image.new("L", (2, 1), 7).save(file, "PNG")
    content = np.frombuffer(file.getvalue(), np.uint8)
    answer = infer(local, name, {"INPUT__0": content}, ["OUTPUT__0"])
    assert answer.as_numpy("OUTPUT__0").tolist() == [[[7, 7]]] * 3
    local.delete(name)
