"""How fast a dropped model becomes its artifact: ours against what people do by hand, in one run.

Ways take turns, so that whatever else the machine does hits all of them. What counts is the ratio:
seconds differ from machine to machine. It does not prove AWS's speed: S3 is a stand-in on the
loopback, without TLS, and it works on the same cores.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import numpy as np

from benchmarks.packaging_ways import (
    ARTIFACTS,
    DROPS,
    EARLIER,
    FLOOR,
    KEY,
    MODEL,
    OURS,
    SPEC_CHANGED,
    WAYS,
)
from benchmarks.s3_stand_in.process import StandIn, stand_in
from benchmarks.spread import spread

REPEATS = 3
MB = 10**6
WIRE_MB_PER_SECOND = 80
"""Each way: what is often measured of a Lambda function and S3."""


@dataclass
class Measurement:
    """One way with one size; each list has a value for each run."""

    megabytes: int
    way: str
    wire_mb_per_second: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)
    bytes_moved: list[int] = field(default_factory=list)


class Bench:
    """A stand-in with a model in it."""

    def __init__(self, s3: StandIn, wire: int) -> None:
        """Measure on `s3`, whose wire is limited to so many MB/s each way; 0: it is not."""
        self._s3, self._wire = s3, wire
        self._client = boto3.client(
            "s3",
            endpoint_url=s3.url,
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106
        )

    def compare(self, megabytes: int, ways: Iterable[str], repeats: int) -> list[Measurement]:
        """Measure the ways on one model, taking turns."""
        with tempfile.NamedTemporaryFile() as weights:
            write_weights(Path(weights.name), megabytes)
            self._client.upload_file(weights.name, DROPS, KEY)
        etag = self._client.head_object(Bucket=DROPS, Key=KEY)["ETag"]
        rows = {way: Measurement(megabytes, way, self._wire) for way in ways}
        for _ in range(repeats):
            for way, row in rows.items():
                self._run(way, etag, row)
        return list(rows.values())

    def _run(self, way: str, etag: str, row: Measurement) -> None:
        if way == SPEC_CHANGED:
            self._make_earlier(etag)
        before = self._s3.counts()
        found = self._measured(way, etag)
        after = self._s3.counts()
        row.wall.append(round(found["wall"], 3))
        row.cpu.append(round(found["cpu"], 3))
        row.rss_mib.append(round(found["rss_mib"], 1))
        row.bytes_moved.append(sum(after[each] - before[each] for each in ("received", "sent")))
        self._clear_artifacts()
        print(f"{row.megabytes:>6} MB  {way:<24}{found['wall']:>8.2f} s", file=sys.stderr)

    def _measured(self, way: str, etag: str) -> dict[str, Any]:
        """Run in a process of its own, so that its memory is its own."""
        command = [sys.executable, "-m", "benchmarks.packaging_ways", way, self._s3.url, etag]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        found: dict[str, Any] = json.loads(run.stdout)
        return found

    def _make_earlier(self, etag: str) -> None:
        """Turn a new archive into that of an earlier version, which is live."""
        self._measured("tar.gz", etag)
        found = self._client.list_objects_v2(Bucket=ARTIFACTS)["Contents"]
        for key in [each["Key"] for each in found]:
            name = key.rpartition("/")[2]
            self._client.copy(
                {"Bucket": ARTIFACTS, "Key": key}, ARTIFACTS, f"{MODEL}/{EARLIER}/{name}"
            )
            self._client.delete_object(Bucket=ARTIFACTS, Key=key)
        live = {
            "model": MODEL,
            "version": EARLIER,
            "endpoint": "modeldrop-model",
            "source": {"bucket": DROPS, "key": KEY, "etag": etag.strip('"')},
            "since": "2026-08-01T15:20:00Z",
            "record": f"{MODEL}/{EARLIER}/deployment.json",
        }
        body = json.dumps(live).encode()
        self._client.put_object(Bucket=ARTIFACTS, Key=f"{MODEL}/live.json", Body=body)

    def _clear_artifacts(self) -> None:
        found = self._client.list_objects_v2(Bucket=ARTIFACTS).get("Contents", [])
        for each in found:
            self._client.delete_object(Bucket=ARTIFACTS, Key=each["Key"])


def write_weights(path: Path, megabytes: int) -> None:
    """Write float32 as weights are: normal, a standard deviation of 0.02."""
    random = np.random.default_rng(0)
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write((random.standard_normal(MB // 4) * 0.02).astype(np.float32).tobytes())


def summarized(row: Measurement, ours: float) -> dict[str, Any]:
    """Give a row with the spread of its seconds, and how many times ours it took."""
    return {
        "MB": row.megabytes,
        "wire MB/s": row.wire_mb_per_second or "loopback",
        "way": row.way,
        "runs": len(row.wall),
        **spread("s", row.wall, 2),
        "times tar.gz": round(statistics.median(row.wall) / ours, 2),
        "CPU s": round(statistics.median(row.cpu), 2),
        "peak MiB": round(max(row.rss_mib)),
        "MB through": round(max(row.bytes_moved) / MB, 2),
    }


def measure(
    sizes: Sequence[int] = (100, 1000),
    large: Sequence[int] = (),
    wire_size: int = 1000,
    repeats: int = REPEATS,
) -> list[dict[str, Any]]:
    """Give a row for each size, wire and way; sizes that are `large` are left to our ways."""
    rows: list[dict[str, Any]] = []

    def add(found: list[Measurement]) -> None:
        ours = next(statistics.median(row.wall) for row in found if row.way == "tar.gz")
        rows.extend(summarized(row, ours) for row in found)

    with tempfile.TemporaryDirectory(prefix="modeldrop-bench-") as folder:
        objects = Path(folder)
        with stand_in(objects) as s3:
            bench = Bench(s3, 0)
            for size in sizes:
                add(bench.compare(size, WAYS, repeats))
            for size in large:
                add(bench.compare(size, [*OURS, SPEC_CHANGED, FLOOR], repeats))
        for left in objects.iterdir():
            left.unlink()
        with stand_in(objects, WIRE_MB_PER_SECOND) as s3:
            add(Bench(s3, WIRE_MB_PER_SECOND).compare(wire_size, [*OURS, SPEC_CHANGED], repeats))
    return rows
