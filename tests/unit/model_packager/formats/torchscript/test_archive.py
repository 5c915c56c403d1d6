"""Accepted models are compared with torch, and rejected ones with the expected message."""

import io
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from model_packager.formats.torchscript.archive import (
    TorchScriptArchive,
    TracedTensor,
    read_torchscript,
)
from model_packager.rejection import ModelRejected
from tests.unit.model_packager.model_files import ReturnsDict, ReturnsNothing, TakesNothing

jit: Any = torch.jit  # its functions are untyped
quantization: Any = torch.ao.quantization


class Pair(NamedTuple):
    left: Tensor
    right: Tensor


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.linear(x)
        return result


class Child(Plain):
    pass


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(Plain(), nn.ReLU())

    def forward(self, picture: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        return self.inner(picture), mask * 2


class ReturnsPair(nn.Module):
    def forward(self, x: Tensor) -> Pair:
        return Pair(x, x + 1)


class TakesDict(nn.Module):
    def forward(self, x: dict[str, Tensor]) -> Tensor:
        return x["a"] + x["b"]


class TakesNumber(nn.Module):
    def forward(self, x: Tensor, rate: int = 16000, text: str = 'a) -> b: "c"') -> Tensor:
        return x * rate + len(text)


class TakesOptional(nn.Module):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x if mask is None else x * mask


class TakesList(nn.Module):
    def forward(self, x: list[Tensor]) -> Tensor:
        return x[0]


class ReturnsList(nn.Module):
    def forward(self, x: Tensor) -> list[Tensor]:
        return [x, x]


class ReturnsNumber(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, int]:
        return x, x.size(0)


class WithoutForward(nn.Module):
    @torch.jit.export
    def predict(self, x: Tensor) -> Tensor:
        return x


def scripted(module: nn.Module) -> Any:
    return jit.script(module.eval())


def traced(module: nn.Module, *inputs: Any) -> Any:
    return jit.trace(module.eval(), inputs, strict=False, check_trace=False)


def add(x: Tensor, y: Tensor) -> Tensor:
    return x + y


ACCEPTED: dict[str, tuple[Callable[[], Any], int]] = {
    "scripted": (lambda: scripted(Plain()), 1),
    "traced": (lambda: traced(Plain(), torch.rand(1, 3)), 1),
    "frozen": (lambda: jit.freeze(scripted(Plain())), 1),
    "frozen trace": (lambda: jit.freeze(traced(Plain(), torch.rand(1, 3))), 1),
    "inherited forward": (lambda: scripted(Child()), 1),
    "nested, two arguments, a tuple": (lambda: scripted(Nested()), 2),
    "traced tuple": (lambda: traced(Nested(), torch.rand(1, 3), torch.rand(1, 2)), 2),
    "NamedTuple": (lambda: scripted(ReturnsPair()), 2),
    "dict": (lambda: scripted(TakesDict()), 1),
    "function": (lambda: jit.script(add), 1),
    "quantized": (
        lambda: traced(
            quantization.quantize_dynamic(nn.Sequential(nn.Linear(3, 2))),
            torch.rand(1, 3),
        ),
        1,
    ),
}


@pytest.mark.parametrize("kind", ACCEPTED)
@pytest.mark.filterwarnings("ignore:torch.*quant")
def test_accepted_models_have_torchs_own_signature(kind: str, save: Any) -> None:
    make, returns = ACCEPTED[kind]
    file = save(make())

    archive = read_torchscript(file)

    file.seek(0)
    schema = jit.load(file)._c._get_method("forward").schema
    theirs = [(each.name, str(each.type)) for each in schema.arguments[1:]]
    assert [(each.name, each.type) for each in archive.arguments] == theirs
    assert archive.returns == returns


def refused(file: io.BytesIO) -> ModelRejected:
    with pytest.raises(ModelRejected) as rejection:
        read_torchscript(file)
    assert rejection.value.fix
    return rejection.value


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (TakesNumber(), "`rate: int`, `text: str`"),
        (TakesOptional(), "`mask: Optional[Tensor]`"),
        (TakesList(), "`x: List[Tensor]`"),
        (TakesNothing(), "takes no input"),
        (ReturnsNothing(), "returns nothing"),
        (ReturnsDict(), "returns `Dict[str, Tensor]`"),
        (ReturnsList(), "returns `List[Tensor]`"),
        (ReturnsNumber(), "returns `Tuple[Tensor, int]`"),
        (WithoutForward(), "WithoutForward) has no method `forward`"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_models_that_tritons_libtorch_rejects_are_rejected(
    module: nn.Module, words: str, save: Any
) -> None:
    assert words in refused(save(scripted(module))).cause


def test_traced_inputs_carry_dtype_and_shape(save: Any) -> None:
    class Many(nn.Module):
        def forward(self, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
            return a + b.float() + c.float() + d.float()

    inputs = (
        torch.rand(1, 3),
        torch.ones(3, dtype=torch.int64),
        torch.ones(2, 1, 3, dtype=torch.bool),
        torch.tensor(2.0, dtype=torch.float16),
    )
    archive = read_torchscript(save(traced(Many(), *inputs)))
    assert archive.traced_inputs == (
        TracedTensor("FP32", (1, 3)),
        TracedTensor("INT64", (3,)),
        TracedTensor("BOOL", (2, 1, 3)),
        TracedTensor("FP16", ()),
    )


def test_traced_dicts_carry_their_keys(save: Any) -> None:
    inputs = {"a": torch.rand(1, 3), "b": torch.rand(1, 3)}
    archive = read_torchscript(save(traced(TakesDict(), inputs)))
    assert archive.takes_dict
    assert archive.traced_inputs == (
        TracedTensor("FP32", (1, 3), "a"),
        TracedTensor("FP32", (1, 3), "b"),
    )


@pytest.mark.parametrize("make", [scripted, lambda m: jit.freeze(traced(m, torch.rand(1, 3)))])
def test_scripted_and_frozen_models_have_no_traced_inputs(make: Any, save: Any) -> None:
    assert read_torchscript(save(make(Plain()))).traced_inputs is None


class Reshapes(nn.Module):
    def __init__(self, *, baked: bool) -> None:
        super().__init__()
        self.baked = baked

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(int(x.size(0)) if self.baked else x.size(0), -1)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("baked", [True, False])
def test_a_batch_baked_into_the_trace_is_seen(baked: bool, save: Any) -> None:
    script = traced(Reshapes(baked=baked), torch.rand(1, 2, 3))
    assert (script(torch.rand(2, 2, 3)).shape != (2, 6)) == baked  # torch agrees
    assert read_torchscript(save(script)).batch_is_baked == baked


def test_extra_files_are_read(save: Any) -> None:
    archive = read_torchscript(
        save(scripted(Plain()), deploy_yaml="max_batch_size: 4\n", labels_txt="cat\ndog\n")
    )
    assert archive.deploy_yaml == "max_batch_size: 4\n"
    assert archive.labels == b"cat\ndog\n"


def test_the_class_is_named_as_in_python(save: Any) -> None:
    assert read_torchscript(save(scripted(nn.Linear(3, 2)))).class_name == (
        "torch.nn.modules.linear.Linear"
    )


class Counting(io.BytesIO):
    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_weights_are_not_read(save: Any) -> None:
    file = Counting(save(traced(nn.Linear(2000, 2000), torch.rand(1, 2000))).getvalue())
    archive = read_torchscript(file)
    assert isinstance(archive, TorchScriptArchive)
    assert len(file.getvalue()) > 16_000_000
    assert file.taken < 20_000


def rewritten(
    model: bytes, change: Any, zipped: Callable[[dict[str, bytes]], io.BytesIO]
) -> io.BytesIO:
    with zipfile.ZipFile(io.BytesIO(model)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    changed: dict[str, bytes] = change(entries)
    return zipped(changed)


def code_of(entries: dict[str, bytes]) -> str:
    return next(name for name in entries if "/linear" in name and name.endswith(".py"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda e: e | {code_of(e): b"\0" * 5_000_000}, "has 5,000,000 bytes"),
        (lambda e: e | {code_of(e): b"class Linear(Module):\n  def forward(" * 9}, "does not end"),
        (lambda e: e | {code_of(e): b"\xff\xfe"}, "not UTF-8"),
        (
            lambda e: (
                e
                | {
                    code_of(e): b"class Linear(Module):\n  def forward(x: "
                    + b"(" * 9999
                    + b") -> Tensor:\n"
                }
            ),
            "cannot be parsed",
        ),
        (
            lambda e: e | {code_of(e): b"class Linear(Module):\n  def forward(*x) -> Tensor:\n"},
            "not one that torch writes",
        ),
        (
            lambda e: (
                e
                | {
                    code_of(e): b"class Linear(Module):\n  def forward(self, "
                    + b", ".join(b"x%d: Tensor" % number for number in range(1025))
                    + b") -> Tensor:\n"
                }
            ),
            "takes 1,025 tensors; the maximum is 1,024",
        ),
        (lambda e: e | {code_of(e): b"class Other(Module):\n"}, "without a module"),
        (lambda e: {n: c for n, c in e.items() if n != code_of(e)}, "without a module"),
        (lambda e: e | {"archive/data.pkl": b"\x80\x02}."}, "without a module"),
        (lambda e: e | {"archive/data.pkl": b"garbage"}, "without a module"),
        (lambda e: e | {"archive/extra/deploy.yaml": b"\xff"}, "is not UTF-8 text"),
        (lambda e: e | {"archive/extra/labels.txt": b"a" * 2_000_000}, "has 2,000,000 bytes"),
        (lambda e: e | {"archive/" + "n" * 1100: b""}, "longer than 1,024 characters"),
    ],
)
def test_hostile_archives_are_rejected(
    change: Any, words: str, traced_file: bytes, zipped: Any
) -> None:
    assert words in refused(rewritten(traced_file, change, zipped)).cause


def test_a_hostile_trace_is_ignored(traced_file: bytes, zipped: Any) -> None:
    bomb = b"\x80\x02}(X\x07\x00\x00\x00forward" + b")" + b"q\x00h\x00\x86" * 60 + b"u."
    changed = rewritten(traced_file, lambda e: e | {"archive/traced_inputs.pkl": bomb}, zipped)
    assert read_torchscript(changed).traced_inputs is None


@settings(max_examples=150, derandomize=True)
@given(data=st.data())
def test_damage_raises_only_rejections(data: st.DataObject, traced_file: bytes) -> None:
    model = bytearray(traced_file)
    for _ in range(data.draw(st.integers(1, 8))):
        model[data.draw(st.integers(0, len(model) - 1))] = data.draw(st.integers(0, 255))
    model = model[: data.draw(st.integers(0, len(model)))] if data.draw(st.booleans()) else model
    try:
        read_torchscript(io.BytesIO(model))
    except ModelRejected as rejection:
        assert rejection.args[0].endswith(".")  # noqa: PT017 - most damage has no effect


def test_a_broken_connection_is_not_damage(traced_file: bytes) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100:
                raise ConnectionResetError
            return super().read(size)

    with pytest.raises(ConnectionResetError):
        read_torchscript(Broken(traced_file))
