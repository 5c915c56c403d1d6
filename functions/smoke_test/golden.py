"""Whether an answer is the one that the golden sample expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smoke_test.tensors import read_numpy
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_packager.deploy_spec import SmokeTest
    from model_packager.signature import Signature
    from smoke_test.invocation import Answer
    from smoke_test.sample import File


class ExpectedClass(BaseModel):
    """`expected.json`: the class that the first output must rank among its best.

    `label` is for people; it is compared only where the model brings labels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    top_class: int = Field(ge=0)
    label: str | None = None
    within_top: int = Field(default=1, ge=1)


def check_golden(
    answer: Answer, expected: File | None, signature: Signature, smoke_test: SmokeTest
) -> str:
    """Compare the answer, and say in words what was compared.

    Raises:
        SmokeTestFailed: the answer is another, or the expectation cannot be read.
    """
    if expected is None:
        return "none"
    if expected.name.endswith(".json"):
        return _check_class(answer, expected, signature)
    arrays = read_numpy(expected, signature.outputs[0].name)
    for name, array in arrays.items():
        found = answer.array(name)
        if found is None:
            raise SmokeTestFailed(
                f"{expected.name} expects an output {name}; the model has "
                f"{', '.join(tensor.name for tensor in signature.outputs)}.",
                f"Name the arrays in {expected.name} as the model's outputs.",
            )
        _check_close(name, found, array, smoke_test)
    return f"{expected.name}: {', '.join(arrays)} within rtol {smoke_test.rtol:g}, atol " + (
        f"{smoke_test.atol:g}"
    )


def _check_close(
    name: str, found: NDArray[np.generic], wanted: NDArray[np.generic], smoke_test: SmokeTest
) -> None:
    if not (np.issubdtype(wanted.dtype, np.number) or wanted.dtype == np.bool_):
        raise SmokeTestFailed(
            f"The golden sample expects {wanted.dtype} for {name}, which is no number.",
            "Make the expectation anew from the model that you dropped, then drop it again.",
        )
    if wanted.ndim == found.ndim - 1 and found.shape[0] == 1:
        wanted = wanted[np.newaxis]
    if wanted.shape != found.shape:
        raise SmokeTestFailed(
            f"The golden sample expects {list(wanted.shape)} for {name}, and the answer has "
            f"{list(found.shape)}.",
            "Make the expectation anew from the model that you dropped, then drop it again.",
        )
    distance = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
    allowed = smoke_test.atol + smoke_test.rtol * np.abs(wanted.astype(np.float64))
    if not np.all(distance <= allowed):
        far = int((~(distance <= allowed)).sum())
        raise SmokeTestFailed(
            f"{far:,} of {distance.size:,} values of {name} differ from the golden sample by more "
            f"than rtol {smoke_test.rtol:g} and atol {smoke_test.atol:g}; the largest difference "
            f"is {float(np.nanmax(distance)):g}.",
            "If the new answers are right, make sample/expected anew; if both are, widen "
            "smoke_test.rtol and atol in deploy.yaml. Otherwise export the model anew.",
        )


def _check_class(answer: Answer, expected: File, signature: Signature) -> str:
    try:
        wanted = ExpectedClass.model_validate_json(expected.content)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise SmokeTestFailed(
            f"{expected.name} cannot be used: {place}: {problem['msg']}.",
            'Write it as {"top_class": 282, "label": "tiger cat", "within_top": 1}.',
        ) from error
    name = signature.outputs[0].name
    scores = answer.array(name)
    if scores is None or scores.size <= wanted.top_class:
        raise SmokeTestFailed(
            f"{expected.name} expects class {wanted.top_class}, and the output {name} has "
            f"{0 if scores is None else scores.size} values.",
            f"Correct top_class in {expected.name}, then drop the model again.",
        )
    best = np.argsort(scores.reshape(-1))[::-1][: wanted.within_top].tolist()
    called = f"class {wanted.top_class}" + (f" ({wanted.label})" if wanted.label else "")
    if wanted.top_class not in best:
        raise SmokeTestFailed(
            f"The golden sample expects {called} within the best {wanted.within_top} of {name}; "
            f"the model's best are {best}.",
            f"If the model is right, correct {expected.name}; otherwise look at the picture's "
            "preprocessing (smoke_test.picture in deploy.yaml) and at the weights.",
        )
    return f"{expected.name}: {called} is within the best {wanted.within_top}"
