"""The stack that a command uses: on AWS, or on the local cloud."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model_packager.names.stack import DEFAULT_STACK
from modeldrop.api.stack import LOCAL, DeployedStack, Stack, home_option
from modeldrop.errors import CommandError
from modeldrop.local import tools

if TYPE_CHECKING:
    import boto3


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")]


_PANEL = "Stack"


@dataclass(frozen=True)
class StackChoice:
    """The options that select the stack; the same for every command."""

    stack: Annotated[
        str | None,
        typer.Option(
            help=f"Stack name. Default: stack_name in samconfig.toml, then {DEFAULT_STACK}.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    config_env: Annotated[
        str | None,
        typer.Option(help="Environment in samconfig.toml.", rich_help_panel=_PANEL),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            help="AWS profile. Default: profile in samconfig.toml.", rich_help_panel=_PANEL
        ),
    ] = None
    region: Annotated[
        str | None,
        typer.Option(help="AWS Region. Default: region in samconfig.toml.", rich_help_panel=_PANEL),
    ] = None
    local: Annotated[
        bool,
        typer.Option("--local", envvar=LOCAL, help="Use the local cloud.", rich_help_panel=_PANEL),
    ] = False
    home: Annotated[
        Path,
        typer.Option(
            help="Folder of the local cloud. Default: .local",
            show_default=False,
            rich_help_panel=_PANEL,
        ),
    ] = tools.DEFAULT_HOME

    @property
    def selected(self) -> Stack:
        """The stack, as the Python API selects it."""
        return Stack(self.stack, self.config_env, self.profile, self.region, self.local, self.home)

    def find(self) -> DeployedStack:
        """Find the stack; see `Stack.find`."""
        return self.selected.find()

    def place(self) -> tuple[boto3.Session, str]:
        """Return a session and the stack's name; see `Stack.place`."""
        return self.selected.place()

    def command(self, *words: str) -> str:
        """Return a `modeldrop` command with these options, quoted for a shell."""
        return shlex.join(("modeldrop", *words, *self.options))

    @property
    def options(self) -> tuple[str, ...]:
        """The chosen options as words of a command."""
        if self.local:
            return ("--local", *home_option(self.home))
        options = {
            "--stack": self.stack,
            "--config-env": self.config_env,
            "--profile": self.profile,
            "--region": self.region,
        }
        chosen = ((option, value) for option, value in options.items() if value)
        return tuple(chain.from_iterable(chosen))

    def next_commands(self, model: str) -> dict[str, str]:
        """Return commands for a live model, by purpose."""
        return {
            "call it": self.command("invoke", model),
            "client code": self.command("snippet", model),
            "report": self.command("report", model, "--open"),
        }


def choosing_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `chosen` with the options of StackChoice."""
    own = inspect.signature(command, eval_str=True)
    options = inspect.signature(StackChoice, eval_str=True).parameters

    @wraps(command)
    def with_options(**options_by_name: Any) -> None:
        chosen = StackChoice(**{name: options_by_name.pop(name) for name in options})
        try:
            command(chosen=chosen, **options_by_name)
        except CommandError as error:
            error.stack_options = chosen.options
            raise

    kept = [each for name, each in own.parameters.items() if name != "chosen"]
    vars(with_options)["__signature__"] = own.replace(
        parameters=[
            each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*kept, *options.values())
        ]
    )
    return with_options
