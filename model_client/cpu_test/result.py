"""The job and the result of the sandboxed process: the JSON on its stdin and stdout."""

from pydantic import Field

from model_packager.signature import Signature
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.stored import FrozenModel

MAX_TEXT = 8_000
"""Characters of each text. A list of outputs for deploy.yaml can be long."""


class Job(FrozenModel):
    """The model to run. Paths are relative to the process's working directory, or absolute.

    Attributes:
        model: the path of the model's file.
        signature: the served inputs and outputs.
        smoke_test: the seed, the tolerances, and the preprocessing of pictures.
        request_limit: bytes of the largest request.
        input: the path of the golden sample's input; None: random data.
        expected: the path of the expected outputs, or None.
        keep_outputs: also return the values of the outputs.
    """

    model: str
    signature: Signature
    smoke_test: SmokeTest
    request_limit: int
    input: str | None
    expected: str | None
    keep_outputs: bool = False


class Finding(FrozenModel):
    """Why a model is rejected or suspicious, and how to fix it."""

    cause: str = Field(max_length=MAX_TEXT)
    fix: str = Field(max_length=MAX_TEXT)

    @classmethod
    def of(cls, cause: str, fix: str) -> "Finding":
        """Take the beginnings of longer texts."""
        return cls(cause=cause[:MAX_TEXT], fix=fix[:MAX_TEXT])


class Output(FrozenModel):
    """An output that the model returned.

    Attributes:
        name: as the signature declares it.
        datatype: Triton's name, such as FP32.
        shape: with the batch dimension, if the model has one.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]


class CpuTestResult(FrozenModel):
    """The result of a CPU test. At most one of `check`, `refusal` and `skipped` is set.

    Attributes:
        check: the check that the model passed, in words.
        refusal: why the model cannot be served.
        skipped: why the run says nothing about the model.
        warning: what the smoke test may refuse.
        outputs: the declared outputs of the first run, also of a refused model.
        values: these outputs as an .npz file in base64, if the job keeps them.
        confined: the process had neither network nor files to write. The Lambda function runs no
            model without; the command does, on computers that have no such filter.
    """

    check: str | None = Field(default=None, max_length=MAX_TEXT)
    refusal: Finding | None = None
    skipped: str | None = Field(default=None, max_length=MAX_TEXT)
    warning: Finding | None = None
    outputs: tuple[Output, ...] = ()
    values: str | None = None
    confined: bool = True
