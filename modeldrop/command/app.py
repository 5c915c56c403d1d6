"""The `modeldrop` command: its subcommands, its errors and its exit codes."""

from __future__ import annotations

import importlib.metadata
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from model_packager.rejection import Rejection
from modeldrop.aws_errors import translate
from modeldrop.command import (
    bench,
    delete,
    demo,
    doctor,
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
from modeldrop.command.terminal.printable import printable
from modeldrop.command.terminal.screen import json_is_written, print_json, reset_json
from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import Interrupted, ready

if TYPE_CHECKING:
    from collections.abc import Mapping

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
app.command("doctor")(doctor.doctor)
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


def _show_version(requested: bool) -> None:
    if requested:
        print(f"modeldrop {importlib.metadata.version('modeldrop')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Parse the options that precede the command."""


def run() -> int:
    """Run the command and return its exit code.

    Errors and interruptions print one message; with --json also one JSON document.
    """
    try:
        ready()
        reset_json()
        app()
    except SystemExit as exited:
        return exited.code if isinstance(exited.code, int) else ExitCode.DONE
    except Interrupted as interrupted:
        return _fail(interrupted.sentence, interrupted.document(), interrupted.exit_code)
    except (BotoCoreError, ClientError) as error:
        command_error = translate(error)
        return _fail_with(command_error, command_error.exit_code)
    except CommandError as error:
        return _fail_with(error, error.exit_code)
    except Rejection as error:
        return _fail_with(error, ExitCode.USAGE_ERROR)
    except OSError as error:
        return _fail_with(error, ExitCode.FAILED)
    return ExitCode.DONE


def _fail_with(error: Exception, exit_code: ExitCode) -> int:
    cause, fix = str(error), None
    if isinstance(error, Rejection):
        cause, fix = error.cause, error.fix
    return _fail(str(error), {"error": type(error).__name__, "cause": cause, "fix": fix}, exit_code)


def _fail(message: str, document: Mapping[str, str | None], exit_code: int) -> int:
    print(printable(message), file=sys.stderr)
    if "--json" in sys.argv and not json_is_written():
        print_json(document)
    return exit_code
