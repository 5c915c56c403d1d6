"""What the workflow of a deployment costs: counted on an embedded cloud, at AWS's list prices.

States are counted in a real execution's history, and the functions' time is what its tasks took
here, on a whole core; a Lambda of 512 MB has about a third of one, so twice and three times of it
are priced as well. Retries, which cost a transition each, do not happen in such a run. The looks
of a deployment of ten minutes come from the state machine's own expressions, at the template's
defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.deployment import deploy, fresh_cloud
from benchmarks.poll_schedule import STATES, defaults, looks_until
from benchmarks.prices import PRICES_OF, Usage, usd
from benchmarks.sample_model import save_model
from modeldrop.local.tools import PROJECT_ROOT
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.deployment import Deployed

ENDPOINT_SECONDS = 600
SLOWER = (1, 2, 3)
LOOK = "Check Endpoint"


def measure(megabytes: int = 100) -> list[dict[str, Any]]:
    """Give a row for each speed of the functions; the first drop, so every function is cold."""
    with fresh_cloud() as (cloud, folder):
        drop = deploy(cloud, "cost", save_model(folder / "model.pt", megabytes))
    return [_row(drop, slower) for slower in SLOWER]


def memory_gb() -> dict[str, float]:
    """The memory of each task's function, by the template."""
    template = read_template(PROJECT_ROOT / "template.yaml")
    usual = template["Globals"]["Function"]["MemorySize"]
    tasks = [name for name, state in STATES.items() if state["Type"] == "Task"]
    return {
        name: template["Resources"][f"{name.replace(' ', '')}Function"]["Properties"].get(
            "MemorySize", usual
        )
        / 1024
        for name in tasks
    }


def used(visited: Sequence[tuple[str, float]], slower: float) -> Usage:
    """Count what states with their seconds used: the looks, each in three states, left out.

    Args:
        visited: each visit, by the state's name.
        slower: how many times as long the functions take.
    """
    memory, looking = memory_gb(), {"Wait for Endpoint", LOOK, "Endpoint Ready?"}
    others = [(name, seconds) for name, seconds in visited if name not in looking]
    tasks = [(name, seconds) for name, seconds in others if name in memory]
    return Usage(
        # The first state is entered by a transition as well.
        state_transitions=len(others) + 1,
        requests=len(tasks),
        gb_seconds=sum(memory[name] * seconds * slower for name, seconds in tasks),
    )


def _row(drop: Deployed, slower: int) -> dict[str, Any]:
    visited = [
        (visit.name, (visit.left - visit.entered).total_seconds())
        for visit in drop.visits
        if visit.left
    ]
    checks = [seconds for name, seconds in visited if name == LOOK]
    looks, _ = looks_until(ENDPOINT_SECONDS, defaults())
    look_gb_seconds = memory_gb()[LOOK] * slower * sum(checks) / len(checks)
    usage = used(visited, slower).plus_looks(looks, look_gb_seconds)
    return {
        "endpoint s": ENDPOINT_SECONDS,
        "functions slower": slower,
        "looks": looks,
        "state transitions": usage.state_transitions,
        "requests": usage.requests,
        "GB-seconds": round(usage.gb_seconds, 2),
        "USD": round(usd(usage), 5),
        "prices of": PRICES_OF,
    }
