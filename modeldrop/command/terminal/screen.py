"""The outputs of commands: text for people on stderr, data for programs on stdout."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.status import Status
from rich.text import Text

from model_packager.rejection import Rejection
from modeldrop.command.terminal.printable import printable
from modeldrop.command.terminal.prose import aligned, wrapped
from modeldrop.command.terminal.standard_streams import write_failure
from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import deferred

Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]


class PrintableConsole(Console):
    """Shows text without markup and emoji codes, and control characters as escapes.

    A styled text is a `rich.text.Text`. On a terminal, texts are wrapped between words; elsewhere,
    lines stay whole.
    """

    @property
    def prose_width(self) -> int | None:
        """The number of columns for prose; None if this is not a terminal."""
        return self.width if self.is_terminal else None

    def print(self, *objects: Any, **options: Any) -> None:
        """Print. With soft_wrap=True, lines to copy stay whole on a terminal, too."""
        if len(objects) == 1 and not options:
            [prose] = objects
            if isinstance(prose, str):
                objects = (wrapped(printable(prose), self.prose_width),)
                options = {"soft_wrap": True}
            elif isinstance(prose, Text) and self.is_terminal:
                options = {"overflow": "ignore", "crop": False}
            elif isinstance(prose, Text):
                options = {"soft_wrap": True}
        super().print(*objects, **options)

    def print_rows(self, rows: Iterable[tuple[str, str]]) -> None:
        """Print names and texts in two columns."""
        shown = [(printable(name), printable(text)) for name, text in rows]
        self.print(aligned(shown, self.prose_width), soft_wrap=True)

    def render_str(self, text: str, **options: Any) -> Text:
        """Make strings printable before they are measured, wrapped and cut."""
        return super().render_str(printable(text), **options)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """Show a status. As a string, it would be markup."""
        return super().status(Text(status) if isinstance(status, str) else status, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Make all other renderables printable."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(printable(text), style)


console = PrintableConsole(stderr=True, highlight=False, markup=False, emoji=False)


class OutputFailed(CommandError):
    """stdout cannot be written, because the disk is full or the reader has ended."""


class _Stdout:
    """Whether the JSON document has been written."""

    has_document = False


def reset_json() -> None:
    """Begin a command, which may write one document."""
    _Stdout.has_document = False


def json_is_written() -> bool:
    """Return whether the document of this command is on stdout."""
    return _Stdout.has_document


def print_json(document: Any) -> None:
    """Write the command's JSON document to stdout, whole or not at all.

    Raises:
        OutputFailed: stdout cannot be written.
    """
    text = json.dumps(document, indent=2)
    with deferred():
        _Stdout.has_document = True
        try:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        except OSError as error:
            raise OutputFailed(write_failure(error)) from error


@contextmanager
def rejection_as_json(as_json: bool) -> Iterator[None]:
    """With `as_json`, print a Rejection as a document and exit with 2; otherwise, do nothing."""
    try:
        yield
    except Rejection as error:
        if not as_json:
            raise
        kind = type(error).__name__
        print_json({"accepted": False, "error": kind, "cause": error.cause, "fix": error.fix})
        raise typer.Exit(ExitCode.USAGE_ERROR) from error
