"""The boundary around every parser of input that others wrote: any failure is a refusal.

Parsers call libraries that raise dozens of exceptions for damaged or hostile input. A reader states
once how it refuses, and lists no exceptions.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
"""What Python, its libraries and NumPy raise for input. Errors of AWS and of the operating system
are none of these: they say nothing about the input."""

MAX_REASON_LENGTH = 200


@contextmanager
def refusal(refuse: Callable[[str], Exception]) -> Iterator[None]:
    """Raise `refuse(reason)` for any failure in the block, also as a decorator of a function.

    Errors that a reader raises itself, AWS errors and operating system errors pass unchanged.
    """
    try:
        yield
    except FAILURES as error:
        if isinstance(error, OSError):  # io.UnsupportedOperation is a ValueError, too
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
