"""`modeldrop status`: the models of a stack, at a glance."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from model_packager.names import VERSION_LENGTH
from modeldrop.command.terminal.age import age
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import complete
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.dropping.drop import check_name
from modeldrop.errors import UsageError
from modeldrop.exit_code import ExitCode
from modeldrop.live.model_status import read_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modeldrop.live.model_status import ModelStatus

IN_SERVICE = "InService"
WELL = ("SUCCEEDED", "DUPLICATE", "SUPERSEDED")


@choosing_stack
def status(
    chosen: StackChoice,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="One model; else all.", autocompletion=complete),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the models: what is live, since when, on what, the last result, and requests.

    Requests are those of the last hour; CloudWatch counts them a minute or two late. With NAME,
    exit code 1: its endpoint is not in service; 2: there is no such model.
    """
    if name is not None:
        check_name(name)
    found = chosen.find()
    with console.status("Looking at what serves"):
        models = read_status(
            found.session,
            prefix=found.prefix,
            artifact_bucket=found.artifact_bucket,
            machine_arn=found.machine,
        )
    if name is not None:
        models = [each for each in models if each.model == name]
        if not models:
            raise UsageError(f"There is no model {name} here: no endpoint, and no recent drop.")
    if as_json:
        print_json({"models": [document(each) for each in models]})
    else:
        _show(models, datetime.now(UTC))
    if name is not None and models[0].endpoint_status != IN_SERVICE:
        raise typer.Exit(ExitCode.FAILED)


def document(model: ModelStatus) -> dict[str, Any]:
    """Give it for programs."""
    last = model.last
    return {
        **{key: value for key, value in asdict(model).items() if key not in ("last", "requests")},
        "live_since": model.live_since.isoformat() if model.live_since else None,
        "requests_last_hour": model.requests,
        "last_result": model.last_result,
        "last_execution": last
        and {
            "arn": last.arn,
            "started": last.started.isoformat(),
            "ended": last.ended.isoformat() if last.ended else None,
            "error": last.error,
            "cause": last.cause,
        },
    }


def _show(models: Sequence[ModelStatus], now: datetime) -> None:
    if not models:
        console.print("No model is here yet. Drop one: <model name>/model.pt into the drop bucket.")
        return
    table = Table(
        Column("model, live version", overflow="fold", min_width=VERSION_LENGTH),
        "endpoint",
        Column("age", no_wrap=True),
        Column("last result", no_wrap=True),
        Column("asked", justify="right", no_wrap=True),
        box=SIMPLE_HEAD,
        leading=1,
    )
    for each in models:
        table.add_row(
            f"[bold]{each.model}[/bold]\n{each.live or '-'}",
            f"{each.endpoint_status or 'none'}\n{_served_on(each)}",
            age(now - each.live_since) if each.live_since else "-",
            each.last_result or "-",
            f"{each.requests:,}",
        )
    table.caption = "age: of the live version; asked: requests in the last hour"
    console.print(table)
    for each in models:
        _tell_more(each)


def _served_on(model: ModelStatus) -> str:
    count = "" if model.instance_count is None else f"{model.instance_count} x "
    return f"{count}{model.instance_type}" if model.instance_type else ""


def _tell_more(model: ModelStatus) -> None:
    if model.serving and model.serving != model.live:
        console.print(
            f"{model.model}: its endpoint runs version {model.serving}, which has not passed its "
            "test yet.",
            soft_wrap=True,
        )
    last = model.last
    if last and last.result not in (*WELL, "RUNNING"):
        said = escape(f"{last.error or ''}: {last.cause or ''}".strip(": "))
        console.print(f"{model.model}, {last.result}: {said}", soft_wrap=True)
        console.print(f"  More: modeldrop logs {model.model} --deployment", soft_wrap=True)
