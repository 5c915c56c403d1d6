"""The `modeldrop` command as a whole, and how it ends."""

from __future__ import annotations

import sys

import typer

from model_packager.rejection import Rejection
from modeldrop.command import delete, demo, export, inspect, local, package
from modeldrop.mistake import Mistake

app = typer.Typer(
    name="modeldrop",
    help="Drop model.pt into S3 and get a tested SageMaker endpoint run by NVIDIA Triton.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("inspect")(inspect.inspect)
app.command("package")(package.package)
app.command("export")(export.export)
app.command("delete")(delete.delete)
app.command("demo")(demo.demo)
app.add_typer(local.app, name="local")


def main() -> None:
    """Run the command. A user's mistake ends with one sentence and exit code 2."""
    try:
        app()
    except (Mistake, Rejection) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
