"""The argument NAME of the commands, with shell completion."""

from __future__ import annotations

from typing import Annotated

import typer

from modeldrop.command.terminal.deployed_stack import StackChoice
from modeldrop.model_names import model_names


def complete(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the models with this prefix; empty if AWS does not respond at once."""
    from botocore.config import Config  # imported here, because only completion needs it

    chosen = StackChoice(
        **{name: value for name, value in ctx.params.items() if name in _OPTIONS and value}
    )
    try:
        stack = chosen.find()
        quick = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
        s3 = stack.session.client("s3", config=quick)
        return sorted(model_names(s3, stack.artifact_bucket, incomplete))
    except Exception:  # the shell would print an error into the user's command line
        return []


_OPTIONS = frozenset(StackChoice.__dataclass_fields__)

ModelName = Annotated[
    str, typer.Argument(metavar="NAME", help="The model's name.", autocompletion=complete)
]
