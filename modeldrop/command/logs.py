"""`modeldrop logs`: show the container's log, or the log of the last deployment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from model_packager.names.endpoint import endpoint_name
from model_packager.sagemaker.cloudwatch import log_group
from modeldrop.command.terminal.age import duration
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.printable import printable
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.errors import UsageError
from modeldrop.executions.history_lines import history_lines
from modeldrop.executions.last_executions import last_executions
from modeldrop.executions.log_lines import LogGroup, in_order, is_chatter, readable
from modeldrop.interruption import announce
from modeldrop.model_names import check_name, unknown_model
from modeldrop.stored_documents import read_live

if TYPE_CHECKING:
    from modeldrop.api.stack import DeployedStack
    from modeldrop.executions.log_lines import LogLine

FUNCTION_LOGS = "FunctionLogGroupName"


@choosing_stack
def logs(
    chosen: StackChoice,
    name: ModelName,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Follow the log until Ctrl-C.")
    ] = False,
    since: Annotated[str, typer.Option(help="Age of the oldest line: 90s, 15m, 1h, 2d.")] = "1h",
    deployment: Annotated[
        bool,
        typer.Option("--deployment", help="Show states and function logs of the last deployment."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also write Triton's lines about single requests.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the container log of model NAME, or the log of its last deployment.

    Without --all, the command omits Triton's information lines about single requests.
    Exit code 2: there is no such log.
    """
    check_name(name)
    if follow and (as_json or deployment):
        raise UsageError("--follow does not end, so it excludes --json and --deployment.")
    start = datetime.now(UTC) - duration(since)
    stack = chosen.find()
    if deployment:
        source, lines = _deployment(stack, name)
    else:
        group = LogGroup(stack.session.client("logs"), log_group(_endpoint(stack, name)))
        source, lines = group.name, [] if follow else _container(stack, group, name, start)
        if follow:
            announce("Stopped following the log. The endpoint keeps running.")
            console.print(Text(f"Following {source}. Press Ctrl-C to stop.", "dim"))
            for line in group.follow(start):
                if everything or not is_chatter(line):
                    print(_text(line), flush=True)
        lines = [each for each in lines if everything or not is_chatter(each)]
    if as_json:
        rows = [{"at": e.at.isoformat(), "text": e.text, "stream": e.stream} for e in lines]
        print_json({"model": name, "source": source, "lines": rows})
        return
    for line in lines:
        print(_text(line))
    if not lines:
        console.print(f"No lines in the last {since}. Use a longer --since, or --all.")


def _endpoint(stack: DeployedStack, name: str) -> str:
    """Return the endpoint of a model or its pool."""
    live = read_live(stack.session.client("s3"), stack.artifact_bucket, name)
    return live.endpoint if live and live.pool else endpoint_name(stack.prefix, name)


def _container(stack: DeployedStack, group: LogGroup, name: str, start: datetime) -> list[LogLine]:
    lines = group.lines(start)
    if not lines and not group.exists():
        cause = f"No log group {group.name}: no container of {name} has started."
        raise unknown_model(stack.session.client("s3"), stack.artifact_bucket, name, cause)
    return lines


def _deployment(stack: DeployedStack, name: str) -> tuple[str, list[LogLine]]:
    """Return the states and errors of the last execution, merged with the logs of its functions."""
    if FUNCTION_LOGS not in stack.outputs:
        raise UsageError(
            f"The stack has no output {FUNCTION_LOGS}.", "Update the stack: sam deploy"
        )
    stepfunctions = stack.session.client("stepfunctions")
    last = last_executions(stepfunctions, stack.machine).get(name)
    if last is None:
        cause = f"No recent deployment of {name}."
        raise unknown_model(stack.session.client("s3"), stack.artifact_bucket, name, cause)
    group = LogGroup(stack.session.client("logs"), stack.outputs[FUNCTION_LOGS], term=last.arn)
    return last.arn, in_order(history_lines(stepfunctions, last.arn), group.lines(last.started))


def _text(line: LogLine) -> str:
    return (
        f"{line.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
        + f"Z  {printable(readable(line.text))}"
    )
