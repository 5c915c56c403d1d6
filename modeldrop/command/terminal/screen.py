"""Where the command writes: people read stderr, programs read stdout."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from model_packager.rejection import Rejection

Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]

people = Console(stderr=True, highlight=False)


def give(document: Any) -> None:
    """Write one JSON document to stdout, for programs."""
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


@contextmanager
def rejection_as_json(as_json: bool) -> Iterator[None]:
    """With `as_json`, a rejection is given as a document, with exit code 2; else it passes."""
    try:
        yield
    except Rejection as error:
        if not as_json:
            raise
        kind = type(error).__name__
        give({"accepted": False, "error": kind, "cause": error.cause, "fix": error.fix})
        raise typer.Exit(2) from error
