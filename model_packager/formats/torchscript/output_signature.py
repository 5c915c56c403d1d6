"""The outputs of a TorchScript model, from deploy.yaml or otherwise from its code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from model_packager.dtype import NUMBERS, Dtype
from model_packager.formats.torchscript.output_facts import OutputFacts
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import Tensor
from model_packager.spec.yaml.lines import tensor_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_packager.formats.torchscript.archive import TorchScriptArchive
    from model_packager.spec.deploy_spec import DeploySpec
    from model_packager.spec.triton_spec import TensorSpec

_AGAIN = "then upload it"
_CONVERSIONS = {
    "complex": "`torch.view_as_real(x)`",
    "quantized": "`x.dequantize()`",
    **dict.fromkeys(("uint16", "uint32", "uint64"), "`x.to(torch.int64)`"),
}


def outputs_of(
    archive: TorchScriptArchive, spec: DeploySpec, arguments: Mapping[int, Tensor]
) -> tuple[Tensor, ...]:
    """Return the outputs of the served model.

    If the code does not show an output's type, it is the type of the first float input, or FP32.

    Args:
        archive: the model.
        spec: the model's deploy.yaml.
        arguments: the input for each position among `forward`'s arguments.

    Raises:
        SpecRejected: the spec contradicts the model, or is missing although the model needs one.
        ModelRejected: Triton's PyTorch backend cannot return an output.
    """
    if spec.outputs is not None:
        return _declared(archive, spec.outputs)
    if archive.returns is None:
        raise SpecRejected(
            "The model does not declare how many tensors its `forward` returns.",
            "Put a file deploy.yaml next to model.pt with these lines, one for each tensor, and "
            "upload it:\noutputs:\n" + tensor_line("OUTPUT__0", Dtype.FP32, [-1]),
        )
    floats = (each.dtype for each in arguments.values() if each.dtype.startswith("FP"))
    likeliest = next(floats, Dtype.FP32)
    outputs = []
    for index, facts in enumerate(_facts_of(archive, archive.returns)):
        name = f"OUTPUT__{index}"
        refuse_unsupported(name, facts, alone=archive.returns == 1)
        same = arguments.get(-1 if facts.argument is None else facts.argument)
        dtype = facts.dtype or (same.dtype if same else likeliest)
        is_text = dtype is Dtype.STRING
        outputs.append(Tensor(name=name, dtype=dtype, dims=(-1,), assumed=not is_text))
    return tuple(outputs)


def index_in_name(name: str) -> int | None:
    """Read `<name>__<index>` as Triton does: the first "__" counts; without digits, it is 0."""
    _, separator, index = name.partition("__")
    return int(index or 0) if separator and re.fullmatch(r"[0-9]{0,6}", index) else None


def facts_by_name(archive: TorchScriptArchive, names: Sequence[str]) -> dict[str, OutputFacts]:
    """Return what the code shows about the outputs that a config names; empty if unknown.

    Triton reads the names as positions among the results of `forward`. Names of positions that do
    not exist are left out.
    """
    if archive.returns is None:
        return {}
    facts = _facts_of(archive, archive.returns)
    positions = _positions_of(names)
    return {
        name: facts[position]
        for name, position in zip(names, positions, strict=True)
        if position < archive.returns
    }


def _facts_of(archive: TorchScriptArchive, returns: int) -> Sequence[OutputFacts]:
    known = archive.outputs
    return known if len(known) == returns else (OutputFacts(),) * returns


def _declared(archive: TorchScriptArchive, outputs: tuple[TensorSpec, ...]) -> tuple[Tensor, ...]:
    if archive.returns is not None:
        positions = _positions(archive.returns, outputs)
        facts = _facts_of(archive, archive.returns)
        for declared, position in zip(outputs, positions, strict=True):
            _check(declared, facts[position], alone=archive.returns == 1)
    return tuple(Tensor(name=each.name, dtype=each.dtype, dims=each.dims) for each in outputs)


def _positions(returns: int, outputs: tuple[TensorSpec, ...]) -> Sequence[int]:
    """Return the position among the results of `forward` for each output."""
    positions = _positions_of([each.name for each in outputs])
    if max(positions) >= returns:
        raise SpecRejected(
            f"The outputs in deploy.yaml name result number {max(positions)} (counted from 0), but "
            f"the model's `forward` returns {returns}.",
            f"List at most {returns} output(s) in deploy.yaml, numbered from 0 (OUTPUT__0), "
            f"{_AGAIN}.",
        )
    return positions


def _positions_of(names: Sequence[str]) -> Sequence[int]:
    indices = [index_in_name(name) for name in names]
    numbers = [index for index in indices if index is not None]
    return numbers if len(numbers) == len(names) else range(len(names))


def _check(declared: TensorSpec, facts: OutputFacts, *, alone: bool) -> None:
    refuse_unsupported(declared.name, facts, alone=alone)
    if facts.dtype not in (None, declared.dtype):
        raise SpecRejected(
            f"The output {declared.name:.120} is {declared.dtype} in deploy.yaml, but the model's "
            f"`forward` returns {facts.dtype}.",
            f"Write this line in deploy.yaml, {_AGAIN}:\n"
            + tensor_line(
                declared.name,
                str(facts.dtype),
                [-1] if facts.dtype is Dtype.STRING else declared.dims,
            ),
        )
    if declared.dtype is Dtype.STRING and len(declared.dims) != 1:
        raise SpecRejected(
            f"The output {declared.name:.120} is text and has the dims {list(declared.dims)} in "
            "deploy.yaml. A List[str] has one dimension.",
            f"Write this line in deploy.yaml, {_AGAIN}:\n"
            + tensor_line(declared.name, Dtype.STRING, [-1]),
        )


def refuse_unsupported(name: str, facts: OutputFacts, *, alone: bool) -> None:
    """Raise ModelRejected for an output that Triton's PyTorch backend cannot return."""
    found, fix = "", ""
    if facts.unsupported:
        found = f"a {facts.unsupported} tensor"
        fix = _CONVERSIONS.get(facts.unsupported, "`x.float()`")
    elif facts.is_sparse:
        found, fix = "a sparse tensor", "`x.to_dense()`"
    elif facts.is_scalar:
        found = "a scalar, which has no dimension for the batch"
        fix = "one value for each item, such as `x.mean(1, keepdim=True)`"
    if found:
        raise ModelRejected(
            f"The model's `forward` returns {found} ({name:.120}). Triton's PyTorch backend "
            f"returns tensors of one dimension or more, of {', '.join(NUMBERS)}.",
            f"Return {fix}, export the model again, and upload it."
            + ("" if alone else " Or list only the other outputs in deploy.yaml."),
        )
