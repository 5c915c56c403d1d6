"""The inspection of a model by size: requested bytes, number of requests, and time.

The ranges come from a local file, so the time is only for the inspection. S3 adds a round trip for
each request.
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.sample_model import save_model
from benchmarks.spread import spread
from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.inspection import inspect_model
from workflow.aws.ranged_file import RangedFile

MEGABYTES = (1, 10, 100, 1000)
REPEATS = 5


def measure(sizes: tuple[int, ...] = MEGABYTES, repeats: int = REPEATS) -> list[dict[str, Any]]:
    """Return one row for each size. The runs alternate."""
    runs: dict[int, list[float]] = {size: [] for size in sizes}
    fetched: dict[int, list[int]] = {}
    with TemporaryDirectory(prefix="modeldrop-bench-") as folder:
        models = {size: save_model(Path(folder) / f"{size}.pt", size) for size in sizes}
        for _ in range(repeats):
            for size, model in models.items():
                seconds, fetched[size] = inspected(model)
                runs[size].append(seconds * 1000)
    return [
        {
            "MB": size,
            "requests": len(fetched[size]),
            "bytes": sum(fetched[size]),
            "share": round(sum(fetched[size]) / (size * 1e6), 5),
            **spread("ms", runs[size], 1),
        }
        for size in sizes
    ]


def inspected(model: Path) -> tuple[float, list[int]]:
    """Inspect a model like the Lambda function.

    Return the seconds, and the length of each range.
    """
    lengths: list[int] = []
    file = os.open(model, os.O_RDONLY)

    def fetch(start: int, length: int) -> bytes:
        lengths.append(length)
        return os.pread(file, length, start)

    try:
        start = time.perf_counter()
        inspect_model(
            io.BufferedReader(RangedFile(fetch, model.stat().st_size), TORCHSCRIPT.buffer_bytes),
            "bench",
            spec=None,
            labels=None,
            instance_type="ml.g4dn.xlarge",
            release="26.05",
        )
        return time.perf_counter() - start, lengths
    finally:
        os.close(file)
