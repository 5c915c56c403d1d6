"""The `modeldrop` command: its subcommands, its errors and its exit codes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from model_packager.rejection import Rejection
from modeldrop.aws_errors import translate
from modeldrop.command.terminal.deferred_command import DeferredCommand, without_flag_types
from modeldrop.command.terminal.printable import printable
from modeldrop.command.terminal.prose import wrapped
from modeldrop.command.terminal.screen import (
    OutputFailed,
    console,
    json_is_written,
    print_json,
    reset_json,
)
from modeldrop.command.terminal.standard_streams import report
from modeldrop.errors import CommandError, UsageError
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import Interrupted, ready

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS = {
    "Check": {
        "inspect": "Check FILE offline.",
        "init": "Write deploy.yaml and a golden sample next to FILE.",
        "plan": "Show what dropping FILE creates on AWS, offline by default.",
        "prices": "Show what instances cost per hour, with the source of each price.",
        "package": "Write FILE as a Triton model repository in model.tar.gz.",
        "export": "Write a model as TorchScript with its signature.",
        "doctor": "Check the account and the stack before a drop.",
    },
    "Deploy": {
        "drop": "Upload FILE to the stack's drop bucket and follow its deployment.",
        "promote": "Drop the live version of model NAME in another account.",
        "watch": "Follow the running deployment of model NAME, or show how the last one ended.",
        "rollback": "Roll back model NAME to an older version.",
        "sleep": "Delete the endpoint of model NAME, and keep all its versions.",
        "wake": "Deploy the version of model NAME that went to sleep.",
        "tune": "Measure FILE with different settings of deploy.yaml, and show the fastest.",
        "delete": "Delete the endpoint of model NAME and all its versions.",
    },
    "Operate": {
        "status": "List models: live version, age, instances, last result, and requests.",
        "history": "List the retained versions of model NAME.",
        "diff": "Show what differs between two versions of model NAME.",
        "report": "Print a URL of the newest report of model NAME.",
        "batch": "Run the live version of model NAME on the files in FOLDER.",
        "invoke": "Send FILE to the endpoint of model NAME and show the response.",
        "snippet": "Print a program that calls model NAME.",
        "bench": "Measure latency and throughput of model NAME.",
        "logs": "Write the container log of model NAME, or the log of its last deployment.",
        "orphans": "List resources of the stack that nothing uses.",
    },
    "Local": {
        "demo": "Deploy a real model to the local cloud, and show the tested endpoint.",
        "local": "Run the stack on this computer, without AWS.",
    },
}
"""The commands by panel of the help, each with its summary. The module has the same name."""


class Commands(TyperGroup):
    """The group of all commands; it imports the module of a command when the command runs."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for panel, summaries in COMMANDS.items():
            for name, summary in summaries.items():
                self.add_command(DeferredCommand(name, summary, panel))

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options that precede the command."""
        return without_flag_types(super().get_params(ctx))


app = typer.Typer(
    name="modeldrop",
    cls=Commands,
    help="Drop model.pt into S3 and get a tested SageMaker endpoint run by NVIDIA Triton.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(requested: bool) -> None:
    if requested:
        import importlib.metadata

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
        return app(prog_name="modeldrop", standalone_mode=False) or ExitCode.DONE
    except SystemExit as exited:
        return exited.code if isinstance(exited.code, int) else ExitCode.DONE
    except typer.TyperException as error:  # a wrong option or argument
        return _misused(error)
    except typer.Abort:
        return _fail_with(NotConfirmed(), ExitCode.FAILED)
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


class NotConfirmed(CommandError):
    """The user answered no, or could not answer."""

    def __init__(self) -> None:
        super().__init__("Aborted: not confirmed.", "--yes skips the question.")


def _misused(error: typer.TyperException) -> int:
    cause, context = error.format_message(), getattr(error, "ctx", None)
    if not cause:  # a group without a command has printed its help
        return error.exit_code
    path = context.command_path if context else "modeldrop"
    sentence = cause if cause.endswith((".", "?")) else f"{cause}."
    wrong = UsageError(sentence, f"See: {path} --help")
    return _fail_with(wrong, ExitCode.USAGE_ERROR)


def _fail_with(error: Exception, exit_code: ExitCode) -> int:
    cause, fix = str(error), None
    if isinstance(error, Rejection | CommandError):
        cause, fix = error.cause, error.fix or None
    return _fail(str(error), {"error": type(error).__name__, "cause": cause, "fix": fix}, exit_code)


def _fail(message: str, document: Mapping[str, str | None], exit_code: int) -> int:
    report(wrapped(printable(message), console.prose_width))
    if "--json" in sys.argv and not json_is_written():
        try:
            print_json(document)
        except OutputFailed as error:
            report(str(error))
    return exit_code
