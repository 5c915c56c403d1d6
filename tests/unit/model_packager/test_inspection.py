"""Checks of the inspection that apply to every model format."""

from __future__ import annotations

import io

import pytest
import torch
from torch import nn

from model_packager.formats.registry import format_of
from model_packager.inspection import inspect_model
from model_packager.model_warnings import WarningCode
from model_packager.rejection import SpecRejected
from tests import onnx_models

DECLARED = """
inputs: [{name: x, dtype: FP32, dims: [4]}]
outputs: [{name: y, dtype: FP32, dims: [3]}]
"""


def torchscript() -> bytes:
    output = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(4, 3), torch.zeros(2, 4), check_trace=False), output)  # type: ignore[no-untyped-call]
    return output.getvalue()


FIXED_BATCH = {
    "model.pt": (torchscript, ""),
    "model.onnx": (lambda: onnx_models.content(onnx_models.linear(batch=2)), ""),
    "model.py": (
        lambda: b"class TritonPythonModel:\n    def execute(self, r): return r\n",
        DECLARED,
    ),
}


@pytest.mark.parametrize("name", FIXED_BATCH)
@pytest.mark.parametrize("batching", ["true", "{preferred_batch_sizes: [4, 8]}"])
def test_dynamic_batching_of_a_fixed_batch_is_rejected(name: str, batching: str) -> None:
    make, spec = FIXED_BATCH[name]
    with pytest.raises(SpecRejected, match="dynamic_batching, but max_batch_size is 0") as caught:
        inspect_model(
            io.BytesIO(make()),
            "m",
            spec=f"{spec}\ndynamic_batching: {batching}",
            labels=None,
            instance_type="ml.m5.large",
            release="24.10",
            model_format=format_of(name),
        )
    assert "set max_batch_size to" in caught.value.fix


@pytest.mark.parametrize(
    ("name", "reason"),
    [("z", "names the output z, but the model has label"), ("label", "which is text")],
)
def test_tolerances_that_no_comparison_uses_are_rejected(name: str, reason: str) -> None:
    with pytest.raises(SpecRejected, match=reason):
        inspect_model(
            io.BytesIO(onnx_models.content(onnx_models.sentiment())),
            "m",
            spec=f"smoke_test: {{tolerances: {{{name}: {{rtol: 1}}}}}}",
            labels=None,
            instance_type="ml.m5.large",
            release="26.05",
            model_format=format_of("model.onnx"),
        )


def test_network_access_is_a_warning() -> None:
    for isolated in (True, False):
        inspection = inspect_model(
            io.BytesIO(torchscript()),
            "m",
            spec=f"container: {{network_isolation: {str(isolated).lower()}}}",
            labels=None,
            instance_type="ml.m5.large",
            release="26.05",
        )
        codes = [each.code for each in inspection.warnings]
        assert (WarningCode.NETWORK_ACCESS in codes) is not isolated


def host_image_warnings(spec: str) -> list[str]:
    inspection = inspect_model(
        io.BytesIO(torchscript()),
        "m",
        spec=spec,
        labels=None,
        instance_type="ml.g4dn.xlarge",
        release="26.05",
    )
    return [each.cause for each in inspection.warnings if each.code is WarningCode.HOST_IMAGE]


def test_an_undocumented_driver_is_a_warning_for_the_fallback_types_too() -> None:
    types = "instance_type: ml.g6e.xlarge, fallback_instance_types: [ml.g5.xlarge, ml.g7e.2xlarge]"
    first, second = host_image_warnings(f"endpoint: {{{types}}}")
    assert "default driver of ml.g6e" in first
    assert "default driver of ml.g7e" in second
    opted_out = f"endpoint: {{{types}, inference_ami_version: default}}"
    assert host_image_warnings(opted_out) == []
    assert host_image_warnings("") == []
