"""A real model causes each warning, and no other model does."""

import io
import zipfile
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from model_packager.inspection import host, inspect_model
from model_packager.model_warnings import ModelWarning, WarningCode
from model_packager.spec.deploy_spec import parse_deploy_spec
from tests.unit.model_packager.conftest import Save
from tests.unit.model_packager.model_files import MakesTensors, OnCuda, decodes, suppresses

jit: Any = torch.jit  # its functions are untyped

GPU, CPU, FOUR_GPUS = "ml.g4dn.xlarge", "ml.c5.xlarge", "ml.g4dn.12xlarge"
SPEC = "inputs: [{name: INPUT__0, dtype: FP32, dims: [3]}]"


def warned(
    file: io.BytesIO, instance_type: str = CPU, release: str = "26.05", spec: str | None = SPEC
) -> tuple[ModelWarning, ...]:
    return inspect_model(
        file, "m", spec=spec, labels=None, instance_type=instance_type, release=release
    ).warnings


def codes(*arguments: Any, **named: Any) -> list[WarningCode]:
    return [each.code for each in warned(*arguments, **named)]


def traced(module: nn.Module, shape: tuple[int, ...] = (1, 3)) -> Any:
    return jit.trace(module, torch.rand(shape), check_trace=False)


class Counting(nn.Module):
    seen: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(1))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen.add_(1)
        self.calls += 1
        return x + self.seen


class RotatedOverlaps(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        overlaps: Tensor = torch.ops.torchvision.box_iou_rotated(x, x)
        return overlaps


class OnSecondCuda(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.to(torch.device("cuda:1"))


class Normalizes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(3)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.norm(x)
        return result


class Reshapes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(int(x.size(0)), -1)


def drops_out() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 2), nn.Dropout())


def test_good_model_has_no_warning(save: Save) -> None:
    for module in (nn.Linear(3, 2), drops_out(), nn.BatchNorm1d(3)):
        assert codes(save(jit.script(module.eval())), GPU) == []
        assert codes(save(traced(module.eval())), GPU) == []


@pytest.mark.parametrize("compiled", [jit.script, traced], ids=["scripted", "traced"])
def test_state_that_stays_between_calls(compiled: Any, save: Save) -> None:
    [warning] = warned(save(compiled(Counting().eval())))
    assert warning.code is WarningCode.STATEFUL
    assert "seen" in warning.cause
    # Tracing removes the counter `calls`.
    assert ("(calls, seen)" in warning.cause) == (compiled is jit.script)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("compiled", [jit.script, traced], ids=["scripted", "traced"])
@pytest.mark.parametrize("module", [drops_out(), nn.BatchNorm1d(3)], ids=["dropout", "batch norm"])
def test_training_mode(compiled: Any, module: nn.Module, save: Save) -> None:
    shape = {} if compiled is jit.script else {"shape": (2, 3)}
    found = codes(save(compiled(module.train(), **shape)))
    assert WarningCode.TRAINING_MODE in found
    assert WarningCode.STATEFUL not in found


def test_training_mode_without_an_effect_is_fine(save: Save) -> None:
    assert codes(save(jit.script(nn.Linear(3, 2).train()))) == []


@pytest.mark.parametrize(
    ("instance_type", "words"),
    [(CPU, "runs on the CPU"), (FOUR_GPUS, "has several"), (GPU, None)],
)
def test_a_gpu_in_the_code(instance_type: str, words: str | None, save: Save) -> None:
    found = warned(save(jit.script(OnCuda())), instance_type)
    assert [each.code for each in found] == [WarningCode.CUDA_DEVICE] * (words is not None)
    assert all(str(words) in each.cause for each in found)


def test_a_second_gpu_in_the_code(save: Save) -> None:
    [warning] = warned(save(jit.script(OnSecondCuda())), GPU)
    assert "cuda:1) that the instance does not have" in warning.cause


def test_the_cpu_in_traced_code_on_a_gpu(save: Save) -> None:
    file = save(traced(MakesTensors()))
    assert codes(file, GPU) == [WarningCode.CPU_DEVICE]
    assert codes(file, CPU) == []
    assert codes(file, GPU, spec=SPEC + "\ninstance_group: {kind: KIND_CPU}") == []
    assert codes(save(jit.script(MakesTensors())), GPU) == []


@pytest.mark.slow  # it imports torchvision
def test_operators_of_torchvision(save: Save) -> None:
    """Triton's image has the operators of all releases up to its own, and no newer ones."""
    assert warned(save(jit.script(suppresses()))) == ()
    assert warned(save(jit.script(decodes()))) == ()
    [warning] = warned(save(jit.script(RotatedOverlaps())))
    assert warning.code is WarningCode.CUSTOM_OPERATORS
    assert "(torchvision::box_iou_rotated)" in warning.cause


def test_custom_operators(save: Save) -> None:
    with torch.library._scoped_library("modeldrop_test", "DEF") as library:
        library.define("double(Tensor x) -> Tensor")
        library.impl("double", lambda x: x * 2, "CPU")

        class Custom(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                doubled: Tensor = torch.ops.modeldrop_test.double(x)
                return doubled

        [warning] = warned(save(traced(Custom())))
    assert warning.code is WarningCode.CUSTOM_OPERATORS
    assert "modeldrop_test::double" in warning.cause


@pytest.mark.parametrize("compiled", [jit.script, traced], ids=["scripted", "traced"])
def test_an_operator_that_an_old_release_lacks(compiled: Any, save: Save) -> None:
    file = save(compiled(Normalizes().eval()))
    [warning] = warned(file, release="24.03")
    assert warning.code is WarningCode.NEWER_OPERATORS
    assert "came with PyTorch 2.4, and Triton 24.03 has PyTorch 2.3" in warning.cause
    assert codes(file, release="24.05") == codes(file, release="26.05") == []


def test_grouped_queries_came_with_pytorch_2_5(save: Save) -> None:
    class Attends(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y = x.reshape(1, 1, -1, 1)
            return nn.functional.scaled_dot_product_attention(y, y, y, enable_gqa=True)

    file = save(jit.script(Attends()))
    assert WarningCode.NEWER_OPERATORS in codes(file, release="24.05")
    assert WarningCode.NEWER_OPERATORS not in codes(file, release="24.09")


def test_a_format_to_come(save: Save) -> None:
    newer = io.BytesIO()
    with zipfile.ZipFile(save(traced(nn.Linear(3, 2)))) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"11\n" if name.endswith("/version") else old.read(name))
    with pytest.raises(RuntimeError, match="version 11"):  # Triton would log this message
        jit.load(io.BytesIO(newer.getvalue()))
    assert codes(newer) == [WarningCode.NEWER_FORMAT]


@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
def test_float64_weights(frozen: bool, save: Save) -> None:
    script = jit.script(nn.Linear(3, 2).double().eval())
    assert codes(save(jit.freeze(script) if frozen else script)) == [WarningCode.FLOAT64_WEIGHTS]


@pytest.mark.filterwarnings("ignore:torch.*quant")
def test_a_quantized_model_on_a_gpu(save: Save) -> None:
    quantize: Any = torch.ao.quantization.quantize_dynamic
    file = save(jit.script(quantize(nn.Sequential(nn.Linear(3, 2)))))
    assert codes(file, GPU) == [WarningCode.QUANTIZED_ON_GPU]
    assert codes(file, CPU) == []


def test_a_float64_constant_is_not_a_weight(save: Save) -> None:
    class Scales(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * 0.5

    assert codes(save(traced(Scales()))) == []


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_batch_of_one_in_the_code(save: Save) -> None:
    file = save(traced(Reshapes(), (1, 3)))
    assert "one example at a time" in warned(file, spec=None)[0].cause
    [warning] = warned(file, spec="max_batch_size: 8")
    assert warning.code is WarningCode.FIXED_BATCH
    assert "mix up its examples" in warning.cause


def test_a_larger_batch_in_the_example(save: Save) -> None:
    file = save(traced(nn.Linear(3, 2), (4, 3)))
    [warning] = warned(file, spec=None)
    assert warning.code is WarningCode.FIXED_BATCH
    assert "exactly these 4" in warning.cause
    assert codes(file, spec="max_batch_size: 8") == []


@pytest.mark.parametrize(
    ("instance_type", "gpus"),
    [(CPU, 0), (GPU, 1), (FOUR_GPUS, 4), ("ml.p4d.24xlarge", 8), ("ml.g9.xlarge", 1)],
)
def test_gpus_of_an_instance(instance_type: str, gpus: int) -> None:
    spec = parse_deploy_spec("", origin="this test")
    assert host("26.05", instance_type, spec).gpus == gpus


def test_picture_of_the_trace_is_the_only_size(save: Save) -> None:
    model = traced(nn.Conv2d(3, 2, 3), (1, 3, 8, 8))
    (warning,) = warned(save(model), spec=None)
    assert warning.code is WarningCode.FIXED_SIZE
    assert "8 x 8 pixels" in warning.cause
    lines = warning.fix.partition("upload it:\n")[2]
    found = inspect_model(
        save(model), "m", spec=lines, labels=None, instance_type=CPU, release="26.05"
    )
    assert found.warnings == ()
    assert found.signature.inputs[0].dims == (3, -1, -1)
    assert found.signature.max_batch_size == 8


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (1, 1, 28, 28), (1, 3, 224, 224), (1, 3)])
def test_usual_sizes_are_no_warning(save: Save, shape: tuple[int, ...]) -> None:
    module = nn.Conv2d(shape[1], 2, 3) if len(shape) == 4 else nn.Linear(3, 2)
    assert codes(save(traced(module, shape)), spec=None) == []
