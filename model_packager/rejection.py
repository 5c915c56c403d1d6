"""The errors for drops that cannot be deployed, and the context manager that raises them.

`refusal` surrounds every parser of external input. Parsers call libraries that raise dozens of
exceptions for damaged or hostile input; each reader names one error for all of them.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from model_packager.error_message import Remedy, joined, with_checks


class Rejection(Exception):
    """An upload that cannot be deployed for a reason that its owner can fix.

    Attributes:
        cause: what is wrong.
        fix: how to fix it.
        evidence: the raw texts behind the cause; empty if there are none.
        remedy: the kind of the fix; None for the default of the error's class.
    """

    def __init__(
        self, cause: str, fix: str, *, evidence: str = "", remedy: Remedy | None = None
    ) -> None:
        super().__init__(cause, fix)
        self.cause = cause
        self.fix = fix
        self.evidence = evidence
        self.remedy = remedy

    def __str__(self) -> str:
        return joined(self.cause, self.fix, self.evidence, self.remedy)


class ModelRejected(Rejection):
    """The model file cannot be deployed."""


class SpecRejected(Rejection):
    """deploy.yaml is invalid, contradicts the model, or lacks a required key."""


class SmokeTestFailed(Rejection):
    """A response is wrong or late, or the golden sample does not fit the model.

    Attributes:
        depends_on_input: whether another input may have another result.
        passed: the checks that passed before it.
        failed: the check that failed; None if it is unknown.
    """

    def __init__(
        self,
        cause: str,
        fix: str,
        *,
        evidence: str = "",
        remedy: Remedy | None = None,
        depends_on_input: bool = False,
    ) -> None:
        super().__init__(cause, fix, evidence=evidence, remedy=remedy)
        self.depends_on_input = depends_on_input
        self.passed: tuple[str, ...] = ()
        self.failed: str | None = None

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.failed is None else with_checks(text, self.passed, self.failed)


FAILURES: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""The errors that Python, its libraries and NumPy raise for input. They exclude errors of AWS and
of the operating system, which do not depend on the input."""

MAX_REASON_LENGTH = 200


@contextmanager
def refusal(refuse: Callable[[str], Exception]) -> Iterator[None]:
    """Raise `refuse(reason)` for any failure in the block. Also works as a decorator.

    Errors that a reader raises itself, AWS errors and operating system errors pass unchanged.
    """
    try:
        yield
    except FAILURES as error:
        if isinstance(error, OSError):  # io.UnsupportedOperation is also a ValueError
            raise
        raise refuse(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Describe a failure in a few words, as the end of a sentence."""
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, OverflowError):
        return "a number in it is too large"
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    text = " ".join(str(error).split())[:MAX_REASON_LENGTH].rstrip(".: ")
    return text if text and not isinstance(error, KeyError) else "it is damaged"
