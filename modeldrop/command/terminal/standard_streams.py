"""Handles a closed or unwritable stdout and stderr with one message and no traceback.

Only the standard library is imported here: `modeldrop.command.main` needs it before anything else.
"""

import os
import sys
from contextlib import suppress

_STREAMS = ("stdout", "stderr")


def open_streams() -> None:
    """Discard output to a stream that the caller closed, for which Python has None."""
    for name in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - for the whole process


def write_failure(error: OSError) -> str:
    """Return the message for output that could not be written."""
    return f"The output could not be written: {error.strerror or error}."


def close_streams() -> str | None:
    """Flush the streams, and return a message if stdout could not be written.

    Remaining output is discarded, or Python would print a traceback when it exits.
    """
    failure = None
    for name in _STREAMS:
        stream = getattr(sys, name)
        try:
            stream.flush()
        except OSError as error:
            if name == "stdout":
                failure = write_failure(error)
            _discard(stream.fileno())
    return failure


def report(failure: str) -> None:
    """Print a message to stderr, if that is possible."""
    with suppress(OSError):
        print(failure, file=sys.stderr, flush=True)


def _discard(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
