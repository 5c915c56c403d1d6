"""The time until twenty concurrent drops are done, compared with one drop."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from benchmarks.deployment import deploy, fresh_cloud
from benchmarks.sample_model import save_model
from benchmarks.spread import spread

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.local.cloud_state import EmbeddedCloud

CONCURRENT = 20
REPEATS = 1
MEGABYTES = 10


def measure(concurrent: int = CONCURRENT, repeats: int = REPEATS) -> list[dict[str, Any]]:
    """Return a row for one drop and a row for many. The runs alternate, with warm functions."""
    runs: dict[int, list[float]] = {1: [], concurrent: []}
    with fresh_cloud() as (cloud, folder):
        model = save_model(folder / "model.pt", MEGABYTES)
        _drop(cloud, model, "warm", 1)
        for repeat in range(repeats):
            for count, seconds in runs.items():
                seconds.append(_drop(cloud, model, f"drop-{count}-{repeat}", count))
    one = statistics.median(runs[1])
    return [
        {
            "drops": count,
            **spread("s", seconds, 1),
            "ratio to one": round(statistics.median(seconds) / one, 1),
        }
        for count, seconds in runs.items()
    ]


def _drop(cloud: EmbeddedCloud, model: Path, name: str, count: int) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        drops = [pool.submit(deploy, cloud, f"{name}-{number}", model) for number in range(count)]
        for drop in drops:
            drop.result()
    return time.perf_counter() - start
