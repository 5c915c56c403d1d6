"""The job and the result of the sandboxed process, as JSON on stdin and stdout."""

from pydantic import Field

from model_packager.signature import Signature
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.stored import FrozenModel

MAX_TEXT = 8_000
"""The maximum characters of a text, because a list of outputs can be long."""


class Job(FrozenModel):
    """The model to run. Paths are absolute, or relative to the process's working directory.

    Attributes:
        model: the path of the model's file.
        signature: the served inputs and outputs.
        smoke_test: the seed, the tolerances, and the preprocessing of pictures.
        request_limit: the maximum size of a request in bytes.
        input: the path of the golden sample's input; None for random data.
        expected: the path of the expected outputs, or None.
        keep_outputs: whether to return the values of the outputs, too.
    """

    model: str
    signature: Signature
    smoke_test: SmokeTest
    request_limit: int
    input: str | None
    expected: str | None
    keep_outputs: bool = False


class Finding(FrozenModel):
    """The reason why a model is rejected or suspicious, and the fix."""

    cause: str = Field(max_length=MAX_TEXT)
    fix: str = Field(max_length=MAX_TEXT)

    @classmethod
    def of(cls, cause: str, fix: str) -> "Finding":
        """Truncate the texts."""
        return cls(cause=cause[:MAX_TEXT], fix=fix[:MAX_TEXT])


class Output(FrozenModel):
    """An output that the model returned.

    Attributes:
        name: the name in the signature.
        datatype: Triton's name of the type, such as FP32.
        shape: the shape, including any batch dimension.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]


class CpuTestResult(FrozenModel):
    """The result of a CPU test. At most one of `check`, `refusal` and `skipped` is set.

    Attributes:
        check: a description of the check that the model passed.
        refusal: the reason why the model cannot be served.
        skipped: why the run proves nothing about the model.
        warning: a problem that the smoke test may reject.
        outputs: the declared outputs of the first run, even of a rejected model.
        values: the values of these outputs as an .npz file in base64, if the job keeps them.
        confined: whether the process had no network and no writable files. The Lambda function
            always requires this; the command does not on computers without such a filter.
    """

    check: str | None = Field(default=None, max_length=MAX_TEXT)
    refusal: Finding | None = None
    skipped: str | None = Field(default=None, max_length=MAX_TEXT)
    warning: Finding | None = None
    outputs: tuple[Output, ...] = ()
    values: str | None = None
    confined: bool = True
