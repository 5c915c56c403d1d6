"""Reads the golden sample's expectation: `sample/expected.npy`, `.npz` or `.json`."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from model_client.arrays import read_numpy
from model_client.errors import InvalidExpectation
from model_client.json_input import read_json
from model_client.tensors import sample_texts
from model_client.text import is_text
from model_packager.dtype import Dtype
from model_packager.rejection import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from model_client.arrays import Tensors
    from model_client.sample_file import File
    from model_packager.signature import Signature, Tensor

EXAMPLE = '{"top_class": 282, "label": "tiger cat", "within_top": 1}'
_Index = Annotated[int, Field(ge=0)]


class ExpectedClasses(BaseModel):
    """The classes that must be among an output's top classes, in any order.

    Attributes:
        top_class: one class.
        classes: several classes, instead of `top_class`.
        label: the class's name; compared if the model has labels.
        within_top: the number of top classes; by default, the number of expected classes.
        min_score: the minimum score of each class, in the unit of the output.
        output: the output's name; by default the first output.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    top_class: _Index | None = None
    classes: Annotated[tuple[_Index, ...], Field(min_length=1)] | None = None
    label: str | None = None
    within_top: Annotated[int, Field(ge=1)] | None = None
    min_score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    output: str | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.top_class is None) == (self.classes is None):
            raise ValueError("requires either top_class or classes")
        if self.label is not None and self.classes is not None:
            raise ValueError("label requires top_class")
        if self.best < len(set(self.wanted)):
            raise ValueError(f"{len(self.wanted)} classes do not fit into the top {self.best}")
        return self

    @property
    def wanted(self) -> tuple[int, ...]:
        """All expected classes."""
        return self.classes or (self.top_class or 0,)

    @property
    def best(self) -> int:
        """The number of top classes."""
        return self.within_top or len(self.wanted)


_ONE = TypeAdapter(ExpectedClasses)
_LIST = TypeAdapter(Annotated[tuple[ExpectedClasses, ...], Field(min_length=1)])


@dataclass(frozen=True)
class Expectation:
    """The expected arrays or the expected classes of a golden sample, or neither.

    Attributes:
        name: the file's name; "none" without a file.
        arrays: the expected arrays, by output name.
        classes: one expectation for all items, or a tuple with one for each item.
    """

    name: str = "none"
    arrays: Tensors = field(default_factory=dict)
    classes: ExpectedClasses | tuple[ExpectedClasses, ...] = ()

    @property
    def has_file(self) -> bool:
        """Whether there are expected outputs."""
        return bool(self.arrays or self.classes)

    @property
    def not_finite(self) -> set[str]:
        """The names of the outputs whose expected values contain NaN or infinity."""
        return {
            name
            for name, array in self.arrays.items()
            if not is_text(array) and not np.isfinite(array).all()
        }


def read_expectation(file: File | None, signature: Signature) -> Expectation:
    """Read sample/expected.* and check it against the model's outputs.

    Raises:
        InvalidTensor: a file with tensors is invalid, or its text is not UTF-8.
        InvalidExpectation: the file contains no tensors or invalid classes, names an unknown
            output, or has another type or shape than the model declares.
    """
    if file is None:
        return Expectation()
    is_json = file.name.endswith(".json")
    if is_json and not _has_tensors(file, signature):
        classes = _read_classes(file)
        listed = classes if isinstance(classes, tuple) else (classes,)
        expect_outputs(file.name, [each.output for each in listed if each.output], signature)
        return Expectation(file.name, classes=classes)
    arrays = read_json(file, "outputs") if is_json else read_numpy(file, signature.outputs[0].name)
    if not arrays:
        raise InvalidExpectation(
            f"{file.name} contains no array.",
            "Write the arrays with numpy.savez or as JSON, under the names of the model's outputs.",
        )
    expect_outputs(file.name, arrays, signature)
    outputs = {each.name: each for each in signature.outputs}
    for name, array in arrays.items():
        _check_kind(array, outputs[name])
        _check_shape(file.name, array, outputs[name], signature)
    return Expectation(
        file.name,
        arrays={
            name: sample_texts(file.name, array) if is_text(array) else array
            for name, array in arrays.items()
        },
    )


def _has_tensors(file: File, signature: Signature) -> bool:
    """Return whether a JSON document has outputs of the model, not classes."""
    with suppress(*FAILURES):
        said = json.loads(file.content)
        if isinstance(said, dict) and not {"top_class", "classes"} & said.keys():
            return "outputs" in said or any(each.name in said for each in signature.outputs)
    return False


def _check_kind(array: NDArray[np.generic], output: Tensor) -> None:
    wanted = "OSU" if output.dtype is Dtype.STRING else "biuf"
    if array.dtype.kind not in wanted:
        found = "text" if is_text(array) else str(array.dtype)
        raise InvalidExpectation(
            f"The golden sample expects {found} for {output.name}, but the model declares "
            f"{output.dtype}.",
            "Recreate sample/expected from the model that you uploaded, then upload it again.",
        )


def _check_shape(
    file: str, array: NDArray[np.generic], output: Tensor, signature: Signature
) -> None:
    """Check a shape, which may omit the batch dimension, as in the comparison."""
    whole = (-1, *output.dims) if signature.max_batch_size else output.dims
    shapes = (whole, whole[1:]) if whole[0] in (-1, 1) else (whole,)
    fits = any(
        len(shape) == array.ndim
        and all(want in (-1, have) for want, have in zip(shape, array.shape, strict=True))
        for shape in shapes
    )
    if not fits and not output.assumed:
        raise InvalidExpectation(
            f"{file} has the shape {list(array.shape)} for {output.name}, but the model declares "
            f"{list(whole)}.",
            "Recreate sample/expected from the model that you uploaded, then upload it again.",
        )


def expect_outputs(where: str, names: Iterable[str], signature: Signature) -> None:
    """Reject names that are not outputs of the model.

    Raises:
        InvalidExpectation: one of the names is unknown.
    """
    known = [tensor.name for tensor in signature.outputs]
    for name in names:
        if name not in known:
            raise InvalidExpectation(
                f"{where} names the output {name}, but the model has {', '.join(known)}.",
                f"Use the model's output names in {where}, then upload the model again.",
            )


def _read_classes(file: File) -> ExpectedClasses | tuple[ExpectedClasses, ...]:
    listed = file.content.lstrip().startswith(b"[")
    try:
        return (_LIST if listed else _ONE).validate_json(file.content)
    except ValidationError as error:
        problem = error.errors()[0]
        what = problem["msg"].removeprefix("Value error, ")
        place = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise InvalidExpectation(
            f"{file.name} is invalid: {place}: {what}.",
            f"Write it as {EXAMPLE}, as a list of these, one for each item of the sample, or as "
            'tensors: {"<output name>": [["text"]]}.',
        ) from error
