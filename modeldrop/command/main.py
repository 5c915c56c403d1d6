"""The `modeldrop` command as a whole, and how it ends."""

from __future__ import annotations

import signal
import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError

from model_packager.rejection import Rejection
from modeldrop.bench import BenchFailed
from modeldrop.command import (
    bench,
    delete,
    demo,
    export,
    history,
    inspect,
    local,
    orphans,
    package,
    plan,
    report,
    rollback,
    tune,
)
from modeldrop.local.cloud import CloudConflict
from modeldrop.local.process import ProcessFailed
from modeldrop.local.stack import StackFailed
from modeldrop.local.tools import ToolMissing
from modeldrop.mistake import Mistake
from modeldrop.tuning import TrialFailed

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
app.command("history")(history.history)
app.command("report")(report.report)
app.command("rollback")(rollback.rollback)
app.command("orphans")(orphans.orphans)
app.command("bench")(bench.bench)
app.command("tune")(tune.tune)
app.command("delete")(delete.delete)
app.command("demo")(demo.demo)
app.add_typer(local.app, name="local")


def main() -> None:
    """Run the command.

    A user's mistake ends with one sentence and exit code 2; what fails without one, such as AWS
    refusing a request, with its own words and exit code 1.
    """
    # Being told to end is an exit like others: what was started is stopped, on the way out.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        app()
    except (Mistake, Rejection, ToolMissing, CloudConflict) as error:
        sys.exit(_told(error, 2))
    except (
        BenchFailed,
        TrialFailed,
        ProcessFailed,
        StackFailed,
        BotoCoreError,
        ClientError,
        OSError,
    ) as error:
        sys.exit(_told(error, 1))


def _told(error: Exception, exit_code: int) -> int:
    print(error, file=sys.stderr)
    return exit_code
