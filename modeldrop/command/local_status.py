"""The output of `modeldrop local status`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Column, Table

from model_packager.duration import duration_text
from modeldrop.api.stack import local_command
from modeldrop.command.terminal.screen import console

if TYPE_CHECKING:
    from datetime import datetime

    from modeldrop.local.snapshot import Server, Snapshot


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Return the snapshot as JSON data."""
    cloud = snapshot.cloud
    return {
        "up": True,
        "home": str(cloud.home),
        "started": cloud.started.isoformat(),
        "aws_url": cloud.aws_url,
        "sagemaker_url": cloud.sagemaker_url,
        "status_page": cloud.page_url,
        "outputs": cloud.outputs,
        "environment": dict(cloud.environment()),
        "logs": str(cloud.logs),
        "processes": [_server(each) for each in snapshot.processes],
        "models": [
            {
                "model": each.model,
                "endpoint": each.endpoint,
                "version": each.version,
                "status": each.status,
                "failure_reason": each.failure_reason,
                "changed": each.changed.isoformat(),
                "tritonservers": [_server(server) for server in each.servers],
            }
            for each in snapshot.hosted
        ],
        "deployments": [
            {
                **asdict(each),
                "started": each.started.isoformat(),
                "ended": each.ended.isoformat() if each.ended else None,
            }
            for each in snapshot.deployments
        ],
    }


def _server(server: Server) -> dict[str, Any]:
    return {**asdict(server), "log": str(server.log)}


def show(snapshot: Snapshot, now: datetime) -> None:
    """Print the snapshot as tables."""
    cloud = snapshot.cloud
    console.print(f"Running for {duration_text(now - cloud.started)} in {cloud.home}")
    console.print(f"Status page: {cloud.page_url}")
    console.print(f"Logs: {cloud.logs}")
    console.print(f"Notifications: {local_command('inbox', cloud.home)}")
    _print(
        ("process", _whole("url"), "pid", _whole("memory"), "log"),
        [
            (each.name, each.url, str(each.pid), _memory(each), Path(each.log).name)
            for each in snapshot.processes
        ],
    )
    _print(
        ("model", _whole("status"), _whole("version"), _whole("changed"), "triton", "memory"),
        [
            (
                each.model or each.endpoint,
                each.status,
                each.version or "",
                duration_text(now - each.changed),
                "\n".join(f"pid {server.pid}" for server in each.servers),
                "\n".join(_memory(server) for server in each.servers),
            )
            for each in snapshot.hosted
        ],
        "No models deployed yet.",
    )
    _print(
        ("deployment", "status", "started", "duration"),
        [
            (
                each.model,
                each.status,
                f"{duration_text(now - each.started)} ago",
                duration_text((each.ended or now) - each.started),
            )
            for each in snapshot.deployments
        ],
        "No deployments yet.",
    )


def _print(
    columns: tuple[str | Column, ...], rows: list[tuple[object, ...]], otherwise: str = ""
) -> None:
    if not rows:
        console.print(f"\n{otherwise}")
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row))
    console.print()
    console.print(table)


def _whole(head: str) -> Column:
    return Column(head, no_wrap=True)


def _memory(server: Server) -> str:
    return f"{server.memory_bytes / 1e6:.0f} MB"
