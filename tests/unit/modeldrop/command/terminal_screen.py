"""Renders the output of a command with a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from typing import TYPE_CHECKING

import pyte
from rich.console import ConsoleDimensions

from modeldrop.command.terminal.screen import console

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = 300
"""The number of lines of the emulated terminal, so many that it does not scroll."""


def screen_of(call: Callable[[], object], columns: int, answer: bytes = b"") -> str:
    """Call a function in a child process on a terminal of this width, and return the screen.

    Args:
        call: the function.
        columns: the width of the terminal.
        answer: the input that the user types.
    """
    child, terminal = pty.fork()
    if child == 0:
        _call_and_exit(call, columns)
    os.write(terminal, answer)
    emulator = pyte.Screen(columns, LINES)
    stream = pyte.ByteStream(emulator)
    while True:
        try:
            output = os.read(terminal, 65_536)
        except OSError:  # EIO: the child has closed the terminal (Linux, pty(7))
            break
        if not output:
            break
        stream.feed(output)
    os.close(terminal)
    os.waitpid(child, 0)
    return "\n".join(line.rstrip() for line in emulator.display).rstrip() + "\n"


def _call_and_exit(call: Callable[[], object], columns: int) -> None:
    """Call the function in the child, with the terminal in place of pytest's captured streams."""
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
        os.environ.pop("COLUMNS", None)
        os.environ["TERM"] = "xterm"
        console.size = ConsoleDimensions(columns, LINES)  # it was created with COLUMNS set
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        call()
    except SystemExit:
        pass
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
