"""A command whose module is imported only when the command runs.

`modeldrop --help` and shell completion need the names and summaries alone. The imports of all
commands (boto3, numpy, tritonclient) take a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand


class DeferredCommand(TyperCommand):
    """Stands in the group for `modeldrop.command.NAME`, and parses its arguments by that module.

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
        return typer.main.get_command(app)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return a context of the loaded command."""
        return self.load().make_context(*args, **kwargs)
