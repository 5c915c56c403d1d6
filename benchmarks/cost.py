"""The cost of a deployment's workflow at AWS's list prices, measured on an embedded cloud.

The states come from the history of a real execution, and the durations of the functions from the
tasks, which ran on a whole core. A Lambda function of 512 MB has about a third of a core, so the
rows also price two and three times the duration. This run has no retries, which would cost a
transition each. The polls of a deployment of ten minutes come from the expressions of the state
machine, at the template's defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.deployment import deploy, fresh_cloud
from benchmarks.poll_schedule import STATES, defaults, polls_until
from benchmarks.prices import PRICE_LIST, Usage, usd
from benchmarks.sample_model import save_model
from modeldrop.local.tools import PROJECT_ROOT
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.deployment import Deployed

ENDPOINT_SECONDS = 600
SLOWDOWNS = (1, 2, 3)
POLL = "Check Endpoint"


def measure(megabytes: int = 100) -> list[dict[str, Any]]:
    """Return one row for each speed of the functions.

    All functions are cold, as for a first drop.
    """
    with fresh_cloud() as (cloud, folder):
        drop = deploy(cloud, "cost", save_model(folder / "model.pt", megabytes))
    return [_row(drop, slowdown) for slowdown in SLOWDOWNS]


def memory_gb() -> dict[str, float]:
    """Return the memory of each task's function in GB, from the template."""
    template = read_template(PROJECT_ROOT / "template.yaml")
    default = template["Globals"]["Function"]["MemorySize"]
    tasks = [name for name, state in STATES.items() if state["Type"] == "Task"]
    return {
        name: template["Resources"][f"{name.replace(' ', '')}Function"]["Properties"].get(
            "MemorySize", default
        )
        / 1024
        for name in tasks
    }


def used(visited: Sequence[tuple[str, float]], slowdown: float) -> Usage:
    """Return the usage of the visited states, without the polls (three states each).

    Args:
        visited: the name of the state and the seconds, for each visit.
        slowdown: the factor for the durations of the functions.
    """
    memory, polling = memory_gb(), {"Wait for Endpoint", POLL, "Endpoint Ready?"}
    others = [(name, seconds) for name, seconds in visited if name not in polling]
    tasks = [(name, seconds) for name, seconds in others if name in memory]
    return Usage(
        # Entering the first state is a transition, too.
        state_transitions=len(others) + 1,
        requests=len(tasks),
        gb_seconds=sum(memory[name] * seconds * slowdown for name, seconds in tasks),
    )


def _row(drop: Deployed, slowdown: int) -> dict[str, Any]:
    visited = [
        (visit.name, (visit.left - visit.entered).total_seconds())
        for visit in drop.visits
        if visit.left
    ]
    checks = [seconds for name, seconds in visited if name == POLL]
    polls, _ = polls_until(ENDPOINT_SECONDS, defaults())
    poll_gb_seconds = memory_gb()[POLL] * slowdown * sum(checks) / len(checks)
    usage = used(visited, slowdown).plus_polls(polls, poll_gb_seconds)
    return {
        "endpoint s": ENDPOINT_SECONDS,
        "function slowdown": slowdown,
        "polls": polls,
        "state transitions": usage.state_transitions,
        "requests": usage.requests,
        "GB-seconds": round(usage.gb_seconds, 2),
        "USD": round(usd(usage), 5),
        "price list": PRICE_LIST,
    }
