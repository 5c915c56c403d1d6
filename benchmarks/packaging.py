"""How fast a model becomes model.tar.gz: ours against `tar -czf` and tarfile, in one run.

    make bench

Ways take turns, so that whatever else the machine does hits all of them. What counts is the ratio:
seconds differ from machine to machine. It measures the archive alone, from file to file: no S3.
"""

import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from model_packager.archive import write_model_archive

MEGABYTES = (64, 256)
REPEATS = 3
CONFIG = 'name: "model"\nplatform: "pytorch_libtorch"\n'

Way = Callable[[Path, Path], None]


def ours(model: Path, output: Path) -> None:
    """Stored gzip blocks, streamed."""
    with model.open("rb") as source, output.open("wb") as archive:
        write_model_archive(archive, "model", source, model.stat().st_size, CONFIG)


def with_tarfile(model: Path, output: Path) -> None:
    """Python's tarfile with gzip's default compression, as most scripts do it."""
    with tarfile.open(output, "w:gz") as archive:
        archive.add(model, "model/1/model.pt")


def with_tar(model: Path, output: Path) -> None:
    """The walk-through's way: GNU tar and gzip."""
    subprocess.run(["tar", "-czf", output, "-C", model.parent, model.name], check=True)


WAYS: dict[str, Way] = {"ours": ours, "tarfile w:gz": with_tarfile, "tar -czf": with_tar}


def measured(way: str, model: Path, output: Path) -> tuple[float, float]:
    """Give wall seconds and peak resident MiB, of a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_timed, (way, model, output))


def _timed(way: str, model: Path, output: Path) -> tuple[float, float]:
    start = time.perf_counter()
    WAYS[way](model, output)
    seconds = time.perf_counter() - start
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return seconds, peak / 1024


def write_weights(path: Path, megabytes: int) -> None:
    """Write float32 as weights are: normal, a standard deviation of 0.02."""
    random = np.random.default_rng(0)
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write((random.standard_normal(2**18) * 0.02).astype(np.float32).tobytes())


def compare(folder: Path, megabytes: int) -> list[dict[str, object]]:
    """Measure all ways on one model, taking turns."""
    model, output = folder / "model.pt", folder / "model.tar.gz"
    write_weights(model, megabytes)
    runs: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    sizes = {}
    for _ in range(REPEATS):
        for way in WAYS:
            runs[way].append(measured(way, model, output))
            sizes[way] = output.stat().st_size
    base = statistics.median(seconds for seconds, _ in runs["ours"])
    return [
        {
            "MiB": megabytes,
            "way": way,
            "seconds": [round(seconds, 3) for seconds, _ in runs[way]],
            "times ours": round(statistics.median(s for s, _ in runs[way]) / base, 1),
            "peak RSS MiB": round(max(peak for _, peak in runs[way])),
            "size": round(sizes[way] / model.stat().st_size, 3),
        }
        for way in WAYS
    ]


def main() -> None:
    """Print a table for people to stderr, and JSON to stdout."""
    with tempfile.TemporaryDirectory(prefix="modeldrop-bench-") as folder:
        rows = [row for size in MEGABYTES for row in compare(Path(folder), size)]
    for row in rows:
        print(
            f"{row['MiB']:>5} MiB  {row['way']:<13}{row['times ours']:>7} x ours"
            f"{row['peak RSS MiB']:>7} MiB peak{row['size']:>8} of its size",
            file=sys.stderr,
        )
    json.dump({"cpus": os.cpu_count(), "rows": rows}, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
