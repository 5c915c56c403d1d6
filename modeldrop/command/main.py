"""The `modeldrop` command as a whole, and how it ends."""

from __future__ import annotations

import importlib.metadata
import signal
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from model_packager.rejection import Rejection
from modeldrop.aws_errors import translate
from modeldrop.command import (
    bench,
    delete,
    demo,
    drop,
    export,
    history,
    inspect,
    invoke,
    local,
    logs,
    orphans,
    package,
    plan,
    report,
    rollback,
    status,
    tune,
    watch,
)
from modeldrop.command.terminal.screen import give
from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode

app = typer.Typer(
    name="modeldrop",
    help="Drop model.pt into S3 and get a tested SageMaker endpoint run by NVIDIA Triton.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("inspect")(inspect.inspect)
app.command("plan")(plan.plan)
app.command("package")(package.package)
app.command("export")(export.export)
app.command("drop")(drop.drop)
app.command("watch")(watch.watch)
app.command("status")(status.status)
app.command("history")(history.history)
app.command("report")(report.report)
app.command("invoke")(invoke.invoke)
app.command("bench")(bench.bench)
app.command("logs")(logs.logs)
app.command("rollback")(rollback.rollback)
app.command("delete")(delete.delete)
app.command("orphans")(orphans.orphans)
app.command("tune")(tune.tune)
app.command("demo")(demo.demo)
app.add_typer(local.app, name="local")


def _show_version(asked: bool) -> None:
    if asked:
        print(f"modeldrop {importlib.metadata.version('modeldrop')}")
        raise typer.Exit


@app.callback()
def _before(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Take the options that come before any command."""


def main() -> None:
    """Run the command, and end with one of the codes of `exit_code`.

    What went wrong is told in a sentence; with --json, as a document on stdout as well.
    """
    # Being told to end is an exit like others: what was started is stopped, on the way out.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        app()
    except (BotoCoreError, ClientError) as error:
        command_error = translate(error)
        sys.exit(_fail(command_error, command_error.exit_code))
    except CommandError as error:
        sys.exit(_fail(error, error.exit_code))
    except Rejection as error:
        sys.exit(_fail(error, ExitCode.USAGE_ERROR))
    except OSError as error:
        sys.exit(_fail(error, ExitCode.FAILED))


def _fail(error: Exception, exit_code: ExitCode) -> int:
    print(error, file=sys.stderr)
    if "--json" in sys.argv:
        cause, fix = str(error), None
        if isinstance(error, Rejection):
            cause, fix = error.cause, error.fix
        give({"error": type(error).__name__, "cause": cause, "fix": fix})
    return exit_code
