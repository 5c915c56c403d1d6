"""The job and the result of the sandboxed process: the JSON on its stdin and stdout."""

from pydantic import Field

from model_packager.signature import Signature
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.stored import FrozenModel

MAX_TEXT = 8_000
"""Characters of each text. A list of outputs for deploy.yaml can be long."""


class Job(FrozenModel):
    """The model to run, in the process's working directory.

    Attributes:
        signature: the served inputs and outputs.
        smoke_test: the seed, the tolerances, and the preprocessing of pictures.
        request_limit: bytes of the largest request.
        input: the path of the golden sample's input; None: random data.
        expected: the path of the expected outputs, or None.
    """

    signature: Signature
    smoke_test: SmokeTest
    request_limit: int
    input: str | None
    expected: str | None


class Finding(FrozenModel):
    """Why a model is rejected or suspicious, and how to fix it."""

    cause: str = Field(max_length=MAX_TEXT)
    fix: str = Field(max_length=MAX_TEXT)

    @classmethod
    def of(cls, cause: str, fix: str) -> "Finding":
        """Take the beginnings of longer texts."""
        return cls(cause=cause[:MAX_TEXT], fix=fix[:MAX_TEXT])


class CpuTestResult(FrozenModel):
    """The result of a CPU test. At most one of `check`, `refusal` and `skipped` is set.

    Attributes:
        check: the check that the model passed, in words.
        refusal: why the model cannot be served.
        skipped: why the run says nothing about the model.
        warning: what the smoke test may refuse.
    """

    check: str | None = Field(default=None, max_length=MAX_TEXT)
    refusal: Finding | None = None
    skipped: str | None = Field(default=None, max_length=MAX_TEXT)
    warning: Finding | None = None
