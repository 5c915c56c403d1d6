"""A command whose module is imported only when the command runs.

`modeldrop --help` and shell completion need only the names and summaries. The imports of all
commands (boto3, numpy, tritonclient) take a second.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from modeldrop.command.examples import epilog


class DeferredCommand(TyperCommand):
    """Stands for `modeldrop.command.NAME` in the group, and loads that module to parse arguments.

    The module defines a function with the name of the command, or a `typer.Typer` called `app`.
    """

    def __init__(self, name: str, summary: str, panel: str) -> None:
        super().__init__(name, help=summary, rich_help_panel=panel)

    def load(self) -> Any:
        """Import the module and return its command, or its group of commands."""
        module = import_module(f"modeldrop.command.{self.name}")
        app = getattr(module, "app", None)
        if app is None:
            app = typer.Typer(add_completion=False)
            app.command(self.name)(getattr(module, str(self.name)))
        return _readable(typer.main.get_command(app), str(self.name))

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return a context of the loaded command."""
        return self.load().make_context(*args, **kwargs)


def _readable(command: Any, name: str) -> Any:
    """Complete the help of a command, or of a group and its commands.

    The help gets examples at its end, and its paragraphs fill the line.
    """
    for subcommand, each in getattr(command, "commands", {}).items():
        _readable(each, f"{name} {subcommand}")
    command.epilog = epilog(name)
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    command.help = "\n\n".join(each.replace("\n", " ") for each in paragraphs)
    with command.make_context(name, [], resilient_parsing=True) as context:
        without_flag_types(command.get_params(context))  # including --help
    return command


def without_flag_types(params: list[Any]) -> list[Any]:
    """Hide the type of flags in the help, which Typer shows as <bool>."""
    for each in params:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return params
