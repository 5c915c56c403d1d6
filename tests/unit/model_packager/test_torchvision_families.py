"""Inspection of real models, compared with torch.jit and the rules of Triton's backend."""

import io
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

from model_packager.formats.torchscript.archive import read_torchscript
from model_packager.inspection import Inspection, inspect_model
from model_packager.model_warnings import WarningCode
from model_packager.rejection import ModelRejected
from modeldrop.local.sagemaker.triton_backends.pytorch.libtorch_rules import (
    Argument,
    Refused,
    bind,
)
from tests.unit.model_packager.conftest import Save
from tests.unit.model_packager.model_files import silero

pytestmark = pytest.mark.slow
jit: Any = torch.jit  # its functions are untyped

EXAMPLE = torch.rand(1, 3, 64, 64)
SPEC = "inputs: [{name: INPUT__0, dtype: FP32, dims: [3, 64, 64]}]"


def scripted(model: torch.nn.Module) -> Any:
    return jit.script(model)


def traced(model: torch.nn.Module) -> Any:
    return jit.trace(model, EXAMPLE, check_trace=False)


def frozen(model: torch.nn.Module) -> Any:
    return jit.freeze(jit.script(model))


def family(name: str) -> torch.nn.Module:
    import torchvision  # the import takes seconds

    options: dict[str, Any] = {"quantize": True} if name.startswith("quantized") else {}
    if name.startswith("lraspp"):
        options = {"weights_backbone": None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings about quantization observers and the deprecation
        model: torch.nn.Module = torchvision.models.get_model(name, weights=None, **options)
    return model.eval()


def schema_of(file: io.BytesIO) -> Any:
    file.seek(0)
    return jit.load(file)._c._get_method("forward").schema


def bound(file: io.BytesIO, inputs: list[str]) -> None:
    """Check a file with the rules of Triton's backend, like the local SageMaker."""
    arguments = [
        Argument(each.name, each.type.kind(), str(each.type))
        for each in schema_of(file).arguments[1:]
    ]
    entries = [{"name": name, "data_type": "TYPE_FP32", "dims": [1]} for name in inputs]
    bind("m", arguments, {"input": entries, "output": entries[:1]})


def inspected(file: io.BytesIO) -> Inspection:
    return inspect_model(
        file, "m", spec=SPEC, labels=None, instance_type="ml.m5.large", release="26.05"
    )


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize(
    ("name", "compiled"),
    [
        ("squeezenet1_1", scripted),
        ("squeezenet1_1", traced),
        ("squeezenet1_1", frozen),
        ("resnet18", scripted),
        ("resnet18", traced),
        ("resnet18", frozen),
        ("shufflenet_v2_x0_5", scripted),
        ("mobilenet_v3_small", traced),
        ("quantized_shufflenet_v2_x0_5", traced),
    ],
)
def test_accepted_families_agree_with_torch(
    name: str, compiled: Callable[[torch.nn.Module], Any], save: Save
) -> None:
    file = save(compiled(family(name)))

    archive = read_torchscript(file)
    found = inspected(file)

    schema = schema_of(file)
    theirs = [(each.name, str(each.type)) for each in schema.arguments[1:]]
    assert [(each.name, each.type) for each in archive.arguments] == theirs
    bound(file, [each.name for each in found.signature.inputs])
    file.seek(0)
    assert jit.load(file)(EXAMPLE).shape == (1, 1000)
    assert archive.returns == len(schema.returns) == 1
    if archive.traced_inputs is not None:
        assert [each.shape for each in archive.traced_inputs] == [tuple(EXAMPLE.shape)]
    assert {each.code for each in found.warnings} <= {WarningCode.FIXED_BATCH}


def test_silero_vad_is_refused_for_its_number() -> None:
    file = io.BytesIO(silero("silero_vad.jit"))
    with pytest.raises(ModelRejected, match="`forward` takes `sr: int`"):
        inspected(file)
    with pytest.raises(Refused):
        bound(file, ["x", "sr"])


def test_raft_is_refused_for_its_number(save: Save) -> None:
    file = save(scripted(family("raft_small")))
    with pytest.raises(ModelRejected, match="`num_flow_updates: int`"):
        inspected(file)
    with pytest.raises(Refused):
        bound(file, ["image1", "image2", "num_flow_updates"])


def test_lraspp_is_refused_for_its_dict(save: Save) -> None:
    file = save(scripted(family("lraspp_mobilenet_v3_large")))
    with pytest.raises(ModelRejected, match=r"returns `Dict\[str, Tensor\]`"):
        inspected(file)
    assert str(schema_of(file).returns[0].type) == "Dict[str, Tensor]"
