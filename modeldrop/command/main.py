"""The `modeldrop` command as a whole, and how it ends."""

from __future__ import annotations

import importlib.metadata
import signal
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from model_packager.rejection import Rejection
from modeldrop.aws_errors import AwsFailed, complaint
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
from modeldrop.command.terminal.exit_code import ExitCode
from modeldrop.command.terminal.screen import give
from modeldrop.errors import Mistake
from modeldrop.live.bench import BenchFailed
from modeldrop.live.invocation import InvocationFailed
from modeldrop.local.cloud import CloudConflict
from modeldrop.local.process import ProcessFailed
from modeldrop.local.stack_deployment import StackFailed
from modeldrop.local.tools import ToolMissing
from modeldrop.tuning.search import TrialFailed

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
        told = complaint(error).as_error()
        sys.exit(_told(told, ExitCode.MISTAKE if isinstance(told, Mistake) else ExitCode.FAILED))
    except (Mistake, Rejection, ToolMissing, CloudConflict) as error:
        sys.exit(_told(error, ExitCode.MISTAKE))
    except (
        AwsFailed,
        BenchFailed,
        InvocationFailed,
        TrialFailed,
        ProcessFailed,
        StackFailed,
        OSError,
    ) as error:
        sys.exit(_told(error, ExitCode.FAILED))


def _told(error: Exception, exit_code: ExitCode) -> int:
    print(error, file=sys.stderr)
    if "--json" in sys.argv:
        given = (error.cause, error.fix) if isinstance(error, Rejection) else (str(error), None)
        give({"error": type(error).__name__, "cause": given[0], "fix": given[1]})
    return exit_code
