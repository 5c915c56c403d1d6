"""The runner with real TorchScript models in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from model_client.cpu_test.result import Job
from model_packager.dtype import Dtype
from model_packager.signature import Signature
from model_packager.signature import Tensor as Described
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.model_run.torchscript_runner import run_cpu_test

if TYPE_CHECKING:
    from pathlib import Path

    from model_client.cpu_test.result import CpuTestResult

jit: Any = torch.jit  # its functions are untyped


def tensor(name: str, *dims: int, dtype: Dtype = Dtype.FP32, assumed: bool = False) -> Described:
    return Described(name=name, dtype=dtype, dims=dims, assumed=assumed)


ASSUMED = tensor("OUTPUT__0", -1, assumed=True)


def outcome(
    folder: Path,
    module: nn.Module,
    *outputs: Described,
    inputs: tuple[Described, ...] = (tensor("INPUT__0", 4),),
    max_batch_size: int = 8,
) -> CpuTestResult:
    file = folder / "model.pt"
    jit.script(module).save(str(file))
    signature = Signature(inputs=inputs, outputs=outputs, max_batch_size=max_batch_size)
    return run_cpu_test(
        Job(
            model=str(file),
            signature=signature,
            smoke_test=SmokeTest(),
            request_limit=6 * 2**20,
            input=None,
            expected=None,
        )
    )


class Two(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, :2] - y, (x > 0).sum(dim=-1, keepdim=True)  # fails if the arguments are swapped


def test_arguments_and_outputs_by_name_and_by_number(tmp_path: Path) -> None:
    inputs = (tensor("y", 2), tensor("x", 4))
    outputs = (tensor("OUTPUT__1", 1, dtype=Dtype.INT64), tensor("OUTPUT__0", 2))
    found = outcome(tmp_path, Two(), *outputs, inputs=inputs)
    assert found.check is not None, found
    assert f"with PyTorch {torch.__version__} and random data" in found.check
    shown = [(each.name, each.datatype, each.shape) for each in found.outputs]
    assert shown == [("OUTPUT__1", "INT64", (1, 1)), ("OUTPUT__0", "FP32", (1, 2))]


class Classes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.argmax(dim=-1, keepdim=True)


def test_wrong_dtype_has_the_lines_and_the_outputs(tmp_path: Path) -> None:
    found = outcome(tmp_path, Classes(), ASSUMED)
    assert found.refusal is not None
    assert found.refusal.cause == ("The output OUTPUT__0 is INT64, but its declared dtype is FP32.")
    assert found.refusal.fix.endswith("{name: OUTPUT__0, dtype: INT64, dims: [1]}")
    assert [each.datatype for each in found.outputs] == ["INT64"]


class Nan(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x / torch.zeros_like(x) * 0


class Mixes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(dim=0)


class Fails(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.view(-1, 3)


class Scalar(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum()


class Listed(nn.Module):
    def forward(self, x: Tensor) -> list[Tensor]:
        return [x]


class Half(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.to(torch.bfloat16)


@pytest.mark.parametrize(
    ("module", "cause"),
    [
        (Nan(), "4 of the 4 values of the output OUTPUT__0 are NaN or infinite."),
        (Mixes(), "The model mixes the rows of a batch"),
        (Fails(), "cannot run the model on a CPU: RuntimeError: shape '[-1, 3]' is invalid"),
        (Scalar(), "The output OUTPUT__0 is a scalar, which Triton does not support."),
        (Listed(), "The output OUTPUT__0 is a list, not a tensor."),
        (Half(), "The output OUTPUT__0 is torch.bfloat16"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_the_smoke_test_would_refuse(tmp_path: Path, module: nn.Module, cause: str) -> None:
    found = outcome(tmp_path, module, ASSUMED)
    assert found.refusal is not None, found
    assert cause in found.refusal.cause


def test_output_that_the_model_lacks(tmp_path: Path) -> None:
    found = outcome(tmp_path, Classes(), tensor("OUTPUT__1", 1))
    assert found.refusal is not None
    assert "The output OUTPUT__1 is number 1, but the model returns 1" in found.refusal.cause


def test_signature_that_the_backend_refuses(tmp_path: Path) -> None:
    found = outcome(tmp_path, Two(), ASSUMED)
    assert found.refusal is not None
    assert "configuration expects 1 inputs, model provides 2" in found.refusal.cause


class Words(nn.Module):
    def forward(self, x: list[str]) -> list[str]:
        return [each.upper() for each in x]


def test_text(tmp_path: Path) -> None:
    text = {"dtype": Dtype.STRING}
    given, returned = tensor("x", 1, **text), tensor("OUTPUT__0", 1, **text)  # type: ignore[arg-type]
    found = outcome(tmp_path, Words(), returned, inputs=(given,), max_batch_size=0)
    assert found.check is not None, found
    assert found.outputs[0].datatype == "BYTES"
