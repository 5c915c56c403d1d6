"""An input whose dims in deploy.yaml the model does not accept, read from the error of a library.

TorchScript has no shapes, so only a request can show the error. PyTorch names the shape that a
layer got and the one that it needs. An input with exactly the former shape is the cause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.spec.yaml.lines import inputs_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from model_packager.signature import Signature, Tensor


@dataclass(frozen=True)
class WrongDims:
    """The input, its dims in deploy.yaml, those that the model needs, and the lines to paste."""

    name: str
    dims: tuple[int, ...]
    needed: tuple[int, ...]
    lines: str

    @property
    def cause(self) -> str:
        """One sentence with the declared and the required dims."""
        return (
            f"{self.name} is {list(self.dims)} in deploy.yaml; the model needs {list(self.needed)}."
        )

    @property
    def fix(self) -> str:
        """The line of deploy.yaml to change."""
        return (
            f"In deploy.yaml, change the line of {self.name}, then upload deploy.yaml again:"
            f"\n{self.lines}"
        )


_LINEAR = re.compile(
    r"mat1 and mat2 shapes cannot be multiplied \(\d+x(?P<got>\d+) and (?P<needed>\d+)x\d+\)"
)
"""torch.nn.Linear (aten/src/ATen/native/LinearAlgebra.cpp). mat1 has one row for each item."""

_CHANNELS = re.compile(
    r"expected input\[(?P<shape>[\d, ]+)\] to have (?P<needed>\d+) channels, but got \d+ channels"
)
"""torch.nn.Conv1d and others (aten/src/ATen/native/Convolution.cpp). Channels follow the batch."""

_NORMALIZED = re.compile(
    r"Given normalized_shape=\[(?P<needed>\d+)\], expected input with shape \[\*, \d+\], but got "
    r"input of size\s*\[(?P<shape>[\d, ]+)\]"
)
"""torch.nn.LayerNorm with one size (aten/src/ATen/native/layer_norm.h)."""


def wrong_dims(texts: Iterable[str], signature: Signature) -> WrongDims | None:
    """Return the input that the error is about; None if no text, or more than one input, fits."""
    for text in texts:
        for pattern, read in _READERS:
            match = pattern.search(text)
            found = match and read(match, signature)
            if found:
                return found
    return None


def _linear(match: re.Match[str], signature: Signature) -> WrongDims | None:
    got = int(match["got"])
    fitting = [each for each in signature.inputs if _sizes(each)[-1:] == (got,)]
    return _corrected(fitting, -1, int(match["needed"]), signature)


def _channels(match: re.Match[str], signature: Signature) -> WrongDims | None:
    index = 0 if signature.max_batch_size else 1
    fitting = _of_shape(match["shape"], signature)
    return _corrected(fitting, index, int(match["needed"]), signature)


def _normalized(match: re.Match[str], signature: Signature) -> WrongDims | None:
    fitting = _of_shape(match["shape"], signature)
    return _corrected(fitting, -1, int(match["needed"]), signature)


_READERS: tuple[
    tuple[re.Pattern[str], Callable[[re.Match[str], Signature], WrongDims | None]], ...
] = ((_LINEAR, _linear), (_CHANNELS, _channels), (_NORMALIZED, _normalized))


def _of_shape(shape: str, signature: Signature) -> list[Tensor]:
    sizes = tuple(int(each) for each in shape.split(","))
    whole = sizes[1:] if signature.max_batch_size else sizes
    return [each for each in signature.inputs if _sizes(each) == whole]


def _sizes(tensor: Tensor) -> tuple[int, ...]:
    """Return the shape of the input in a test request."""
    return tensor.example_dims or tensor.dims


def _corrected(
    fitting: Sequence[Tensor], index: int, size: int, signature: Signature
) -> WrongDims | None:
    if len(fitting) != 1 or len(fitting[0].dims) <= max(index, 0):
        return None
    [tensor] = fitting
    needed = list(tensor.dims)
    needed[index] = size
    return WrongDims(
        tensor.name,
        tensor.dims,
        tuple(needed),
        inputs_lines(signature, dims={tensor.name: needed}),
    )
