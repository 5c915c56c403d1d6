"""`modeldrop history`: list the retained versions of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_packager.executions.upload_metadata import upload_text
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
    """List the retained versions of model NAME, newest first. `rollback` accepts any of them."""
    stack = chosen.find()
    versions = read_history(
        stack.session,
        name,
        prefix=stack.prefix,
        artifact_bucket=stack.artifact_bucket,
    )
    if as_json:
        print_json(document(versions))
    else:
        _show(versions, wake=chosen.command("wake", name))


def document(history: History) -> dict[str, Any]:
    """Return the history as JSON data."""
    return {
        "model": history.model,
        "endpoint": history.endpoint,
        "live": history.live,
        "serving": history.serving,
        "asleep_since": history.asleep_since.isoformat() if history.asleep_since else None,
        "versions": [_row(each) for each in history.records],
    }


def _row(record: DeploymentRecord) -> dict[str, Any]:
    return {
        "version": record.version,
        "label": record.label,
        "dropped_by": record.source.dropped_by,
        "git_commit": record.source.git_commit,
        "deployed_at": record.deployed_at.isoformat(),
        "supersedes": record.supersedes,
        "restored": record.restored,
        "instance_type": record.servable.hosting.instance_type,
        "instance_count": record.servable.hosting.instance_count,
        "p50_ms": record.smoke.p50_ms,
        "golden": record.smoke.golden,
        "execution_arn": record.deployment.execution_arn,
    }


def _show(history: History, *, wake: str) -> None:
    for each in history.records:
        mark = "live" if each.version == history.live else ""
        console.print_rows([(f"{mark:<4}", each.text), ("", _described(each))])
    if history.serving is None and history.asleep_since is not None:
        since = f"{history.asleep_since:%Y-%m-%d %H:%M %Z}"
        console.print(f"{history.model} has been asleep since {since}. Wake it with: {wake}")
    elif history.serving is None:
        console.print(f"The endpoint {history.endpoint} does not exist.")
    elif history.serving != history.live:
        console.print(f"{history.endpoint} runs version {history.serving}, which is under test.")


def _described(record: DeploymentRecord) -> str:
    deployed = "restored" if record.restored else "deployed"
    golden = "no golden sample" if record.smoke.golden == "none" else record.smoke.golden
    uploader = upload_text(record.source)
    return (
        f"{deployed} {record.deployed_at:%Y-%m-%d %H:%M %Z}, {record.servable.hosting.capacity}, "
        f"{record.smoke.latency.brief}, {golden}{f', by {uploader}' if uploader else ''}"
    )
