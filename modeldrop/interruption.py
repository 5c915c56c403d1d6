"""Handles Ctrl-C and SIGTERM with one handler, and explains what continues.

A command calls `announce` whenever the consequence of an interruption changes. The handler raises
`Interrupted` with the current sentence. `modeldrop.command.app` prints it and exits with 130
(SIGINT) or 143 (SIGTERM). No other module handles the signals.

Only the standard library is imported here: the handler is installed before everything else.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], None]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOTHING_DONE = "Interrupted. Nothing was changed."


class Interrupted(BaseException):
    """SIGINT or SIGTERM ends the command. A BaseException, so that `except Exception` ignores it.

    Attributes:
        number: the number of the signal.
        sentence: what continues, what was stopped, and how to resume.
        details: more keys of the JSON document.
    """

    def __init__(self, number: int, sentence: str, details: dict[str, str]) -> None:
        super().__init__(sentence)
        self.number = number
        self.sentence = sentence
        self.details = details

    @property
    def exit_code(self) -> int:
        """The exit code as shells define it, 128 plus the number of the signal."""
        return 128 + self.number

    def document(self) -> dict[str, str | None]:
        """Return it as the JSON document of the command."""
        return {"error": "Interrupted", "cause": self.sentence, "fix": None, **self.details}


class _State:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.sentence = NOTHING_DONE
        self.details: dict[str, str] = {}
        self.deferrals = 0
        self.pending: int | None = None


_state = _State()


def announce(sentence: str, **details: str) -> None:
    """Set the sentence that an interruption prints from now on.

    Args:
        sentence: what continues or was stopped. Cleanup in `finally` blocks runs before it is
            printed.
        details: more keys of the JSON document, such as `resume_command`.
    """
    _state.sentence, _state.details = sentence, details


@contextmanager
def deferred() -> Iterator[None]:
    """Postpone an interruption to the end of the block, for short steps that must be complete."""
    _state.deferrals += 1
    try:
        yield
    finally:
        _state.deferrals -= 1
        if _state.pending is not None and not _state.deferrals:
            number, _state.pending = _state.pending, None
            raise Interrupted(number, _state.sentence, _state.details)


def install() -> None:
    """Handle the signals. Until `ready`, they end the process at once, without cleanup."""
    _state.reset()
    _handle_with(_exit_at_once)


def ready() -> None:
    """Make the signals raise `Interrupted` in the main thread from now on."""
    _handle_with(_raise)


def finish() -> None:
    """Make the signals end the process silently, because the command is done."""
    for each in SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, signal.SIG_DFL)


def _handle_with(handler: Handler) -> None:
    for each in SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:  # as in a shell's background
            signal.signal(each, handler)


def _exit_at_once(number: int, _frame: FrameType | None) -> None:
    interrupted = Interrupted(number, NOTHING_DONE, {})
    os.write(2, f"{interrupted.sentence}\n".encode())
    if "--json" in sys.argv:
        os.write(1, f"{json.dumps(interrupted.document(), indent=2)}\n".encode())
    os._exit(interrupted.exit_code)


def _raise(number: int, _frame: FrameType | None) -> None:
    if _state.deferrals:
        _state.pending = number
    else:
        raise Interrupted(number, _state.sentence, _state.details)
