"""`modeldrop history`: the versions of a model that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.table import Column, Table

from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.live.version_history import read_history

if TYPE_CHECKING:
    from model_packager.stored import DeploymentRecord
    from modeldrop.live.version_history import History


@choosing_stack
def history(
    chosen: StackChoice,
    name: ModelName,
    as_json: Json = False,
) -> None:
    """List the versions of model NAME that are kept, newest drop first; any can be brought back."""
    found = chosen.find()
    read = read_history(
        found.session,
        name,
        prefix=found.prefix,
        artifact_bucket=found.artifact_bucket,
    )
    if as_json:
        print_json(document(read))
    else:
        _show(read)


def document(read: History) -> dict[str, Any]:
    """Give it for programs."""
    return {
        "model": read.model,
        "endpoint": read.endpoint,
        "live": read.live,
        "serving": read.serving,
        "versions": [_row(each) for each in read.records],
    }


def _row(record: DeploymentRecord) -> dict[str, Any]:
    return {
        "version": record.version,
        "deployed_at": record.deployed_at.isoformat(),
        "supersedes": record.supersedes,
        "restored": record.restored,
        "instance_type": record.servable.hosting.instance_type,
        "instance_count": record.servable.hosting.instance_count,
        "p50_ms": record.smoke.p50_ms,
        "golden": record.smoke.golden,
        "execution_arn": record.deployment.execution_arn,
    }


def _show(read: History) -> None:
    if not read.records:
        console.print(f"No version of {read.model} is kept.")
        return
    table = Table(
        "",
        Column("version", no_wrap=True),
        "deployed at",
        Column("superseded", no_wrap=True),
        "served on",
        "p50",
        "tested against",
        box=SIMPLE,
    )
    for each in read.records:
        table.add_row(
            "live" if each.version == read.live else "",
            each.version,
            f"{each.deployed_at:%Y-%m-%d %H:%M:%S %Z}{', restored' if each.restored else ''}",
            each.supersedes or "",
            f"{each.servable.hosting.instance_count} x {each.servable.hosting.instance_type}",
            f"{each.smoke.p50_ms:g} ms",
            each.smoke.golden,
        )
    console.print(table)
    if read.serving is None:
        console.print(f"There is no endpoint {read.endpoint}: nothing serves.")
    elif read.serving != read.live:
        console.print(
            f"{read.endpoint} runs version {read.serving}, which has not passed its test yet."
        )
