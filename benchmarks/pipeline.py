"""The overhead of the pipeline before CreateEndpoint is accepted, and after InService.

In the first drop into a fresh cloud, every function is cold; in the others, they are warm.
EventBridge delivers immediately here; on AWS this takes about half a second.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.deployment import deploy, fresh_cloud
from benchmarks.sample_model import save_model
from benchmarks.spread import spread

if TYPE_CHECKING:
    from benchmarks.deployment import Deployed

MEGABYTES = 100
WARM = 4
BEFORE = ("Inspect Model", "Package Model", "Create Model", "Create Endpoint Config")


def measure(megabytes: int = MEGABYTES, warm: int = WARM) -> list[dict[str, Any]]:
    """Return one row for cold functions and one for warm ones."""
    with fresh_cloud() as (cloud, folder):
        drops = [
            deploy(cloud, f"pipeline-{number}", save_model(folder / "model.pt", megabytes, number))
            for number in range(1 + warm)
        ]
    return [_row("cold", drops[:1]), _row("warm", drops[1:])]


def to_create_endpoint(drop: Deployed) -> float:
    """Return the seconds from the execution's start until CreateEndpoint was accepted."""
    return (drop.left("Create Endpoint") - drop.started).total_seconds()


def after_in_service(drop: Deployed) -> float:
    """Return the seconds from InService to the notification, without the smoke test."""
    whole = (drop.left("Publish Result") - drop.in_service).total_seconds()
    return whole - drop.seconds_in("Smoke Test")


def _row(functions: str, drops: list[Deployed]) -> dict[str, Any]:
    return {
        "functions": functions,
        "drops": len(drops),
        **spread("to CreateEndpoint s", [to_create_endpoint(drop) for drop in drops], 2),
        **{
            f"{state} s": round(statistics.median(drop.seconds_in(state) for drop in drops), 2)
            for state in BEFORE
        },
        **spread("after InService s", [after_in_service(drop) for drop in drops], 2),
        **spread("smoke test s", [drop.seconds_in("Smoke Test") for drop in drops], 2),
    }
