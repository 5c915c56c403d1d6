"""What the golden sample expects: `sample/expected.npy`, `.npz` or `.json`, read and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from model_client.tensors import read_numpy
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model_client.sample_file import File
    from model_client.tensors import Tensors
    from model_packager.signature import Signature

EXAMPLE = '{"top_class": 282, "label": "tiger cat", "within_top": 1}'
_Index = Annotated[int, Field(ge=0)]


class ExpectedClasses(BaseModel):
    """The classes that an output must rank among its best, in any order.

    Attributes:
        top_class: one class,
        classes: or several.
        label: for people; compared where the model brings labels.
        within_top: as many of the best count; as many as there are classes, if nothing is said.
        min_score: the least that each of the classes must score, in the model's own unit.
        output: which output; the first, if nothing is said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    top_class: _Index | None = None
    classes: Annotated[tuple[_Index, ...], Field(min_length=1)] | None = None
    label: str | None = None
    within_top: Annotated[int, Field(ge=1)] | None = None
    min_score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    output: str | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if (self.top_class is None) == (self.classes is None):
            raise ValueError("should have either top_class or classes")
        if self.label is not None and self.classes is not None:
            raise ValueError("label goes with top_class")
        if self.best < len(set(self.wanted)):
            raise ValueError(f"{len(self.wanted)} classes cannot be within the best {self.best}")
        return self

    @property
    def wanted(self) -> tuple[int, ...]:
        """All classes that are expected."""
        return self.classes or (self.top_class or 0,)

    @property
    def best(self) -> int:
        """How many of the best count."""
        return self.within_top or len(self.wanted)


_ONE = TypeAdapter(ExpectedClasses)
_LIST = TypeAdapter(Annotated[tuple[ExpectedClasses, ...], Field(min_length=1)])


@dataclass(frozen=True)
class Expectation:
    """What has to come out: arrays by output name, or classes; neither where nothing is said.

    Attributes:
        name: the file's, "none" where there is none.
        arrays: by output name.
        classes: one expectation for every item, or a tuple with one for each.
    """

    name: str = "none"
    arrays: Tensors = field(default_factory=dict)
    classes: ExpectedClasses | tuple[ExpectedClasses, ...] = ()

    @property
    def not_finite(self) -> set[str]:
        """The outputs in which NaN or infinity is expected."""
        return {name for name, array in self.arrays.items() if not np.isfinite(array).all()}


def read_expectation(file: File | None, signature: Signature) -> Expectation:
    """Read sample/expected.*, and check it against the model's outputs.

    Raises:
        SmokeTestFailed: it cannot be read, holds no numbers, or names an unknown output.
    """
    if file is None:
        return Expectation()
    if file.name.endswith(".json"):
        classes = _read_classes(file)
        listed = classes if isinstance(classes, tuple) else (classes,)
        expect_outputs(file.name, [each.output for each in listed if each.output], signature)
        return Expectation(file.name, classes=classes)
    arrays = read_numpy(file, signature.outputs[0].name)
    if not arrays:
        raise SmokeTestFailed(
            f"{file.name} holds no array, so it expects nothing.",
            "Write the arrays with numpy.savez under the names of the model's outputs.",
        )
    expect_outputs(file.name, arrays, signature)
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise SmokeTestFailed(
                f"The golden sample expects {array.dtype} for {name}, which is no real number.",
                "Make the expectation anew from the model that you dropped, then drop it again.",
            )
    return Expectation(file.name, arrays=arrays)


def expect_outputs(where: str, names: Iterable[str], signature: Signature) -> None:
    """Refuse names that are none of the model's outputs.

    Raises:
        SmokeTestFailed: one of the names is unknown.
    """
    known = [tensor.name for tensor in signature.outputs]
    for name in names:
        if name not in known:
            raise SmokeTestFailed(
                f"{where} names an output {name}; the model has {', '.join(known)}.",
                f"Use the names of the model's outputs in {where}, then drop the model again.",
            )


def _read_classes(file: File) -> ExpectedClasses | tuple[ExpectedClasses, ...]:
    listed = file.content.lstrip().startswith(b"[")
    try:
        return (_LIST if listed else _ONE).validate_json(file.content)
    except ValidationError as error:
        problem = error.errors()[0]
        what = problem["msg"].removeprefix("Value error, ")
        place = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise SmokeTestFailed(
            f"{file.name} cannot be used: {place}: {what}.",
            f"Write it as {EXAMPLE}, or as a list of these, one for each item of the sample.",
        ) from error
