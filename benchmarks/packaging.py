"""Packaging a model: the pipeline's methods compared with common manual methods.

Methods alternate, so other load on the machine affects all of them. Compare the ratios: seconds
differ between machines. The benchmark does not show AWS's speed: S3 is a stand-in on the loopback,
on the same cores. AWS is always called over TLS, which one part of the rows includes.
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
from botocore.config import Config

from benchmarks.packaging_methods import (
    ARTIFACTS,
    DROPS,
    EARLIER,
    FLOOR,
    KEY,
    METHODS,
    MODEL,
    PIPELINE,
    SPEC_CHANGED,
)
from benchmarks.s3_stand_in.process import StandIn, stand_in
from benchmarks.spread import spread

REPEATS = 3
OVER_TLS = ("tar.gz", FLOOR)
"""The methods that also run over TLS, as on AWS. TLS takes more CPU time than the archive."""
MB = 10**6
BANDWIDTH_MB_PER_SECOND = 80
"""The bandwidth in each direction, a common throughput between a Lambda function and S3."""


@dataclass
class Measurement:
    """The results of one method with one size. Each list has one value per run."""

    megabytes: int
    method: str
    bandwidth_mb_per_second: int
    tls: bool
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)
    bytes_moved: list[int] = field(default_factory=list)


class Bench:
    """Runs the methods against one S3 stand-in."""

    def __init__(self, s3: StandIn, bandwidth: int) -> None:
        """Measure on `s3`, with `bandwidth` in MB/s in each direction; 0 for no limit."""
        self._s3, self._bandwidth = s3, bandwidth
        self._client = boto3.client(
            "s3",
            endpoint_url=s3.url,
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106
            verify=s3.certificate or None,
            # Over TLS, boto3 sends checksums as trailers, which the stand-in does not support.
            config=Config(request_checksum_calculation="when_required"),
        )

    def compare(self, megabytes: int, methods: Iterable[str], repeats: int) -> list[Measurement]:
        """Measure the methods on one model. The runs alternate."""
        with tempfile.NamedTemporaryFile() as weights:
            write_weights(Path(weights.name), megabytes)
            self._client.upload_file(weights.name, DROPS, KEY)
        etag = self._client.head_object(Bucket=DROPS, Key=KEY)["ETag"]
        tls = bool(self._s3.certificate)
        rows = {method: Measurement(megabytes, method, self._bandwidth, tls) for method in methods}
        for _ in range(repeats):
            for method, row in rows.items():
                self._run(method, etag, row)
        return list(rows.values())

    def _run(self, method: str, etag: str, row: Measurement) -> None:
        if method == SPEC_CHANGED:
            self._make_earlier(etag)
        before = self._s3.counts()
        usage = self._measured(method, etag)
        after = self._s3.counts()
        row.wall.append(round(usage["wall"], 3))
        row.cpu.append(round(usage["cpu"], 3))
        row.rss_mib.append(round(usage["rss_mib"], 1))
        row.bytes_moved.append(sum(after[each] - before[each] for each in ("received", "sent")))
        self._clear_artifacts()
        print(f"{row.megabytes:>6} MB  {method:<24}{usage['wall']:>8.2f} s", file=sys.stderr)

    def _measured(self, method: str, etag: str) -> dict[str, Any]:
        """Run the method in a separate process, to measure only its memory."""
        module = "benchmarks.packaging_methods"
        s3 = [self._s3.url, self._s3.certificate]
        command = [sys.executable, "-m", module, method, etag, *s3]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        measurement: dict[str, Any] = json.loads(run.stdout)
        return measurement

    def _make_earlier(self, etag: str) -> None:
        """Create an archive, and record it as an earlier version that is live."""
        self._measured("tar.gz", etag)
        objects = self._client.list_objects_v2(Bucket=ARTIFACTS)["Contents"]
        for key in [each["Key"] for each in objects]:
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
        objects = self._client.list_objects_v2(Bucket=ARTIFACTS).get("Contents", [])
        for each in objects:
            self._client.delete_object(Bucket=ARTIFACTS, Key=each["Key"])


def write_weights(path: Path, megabytes: int) -> None:
    """Write float32 values like weights, with a normal distribution of standard deviation 0.02."""
    random = np.random.default_rng(0)
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write((random.standard_normal(MB // 4) * 0.02).astype(np.float32).tobytes())


def summarized(row: Measurement, pipeline_seconds: float) -> dict[str, Any]:
    """Return the row with the spread of the seconds, and the ratio to the pipeline's tar.gz."""
    return {
        "MB": row.megabytes,
        "bandwidth MB/s": row.bandwidth_mb_per_second or "loopback",
        "TLS": "yes" if row.tls else "no",
        "method": row.method,
        "runs": len(row.wall),
        **spread("s", row.wall, 2),
        "ratio to tar.gz": round(statistics.median(row.wall) / pipeline_seconds, 2),
        "CPU s": round(statistics.median(row.cpu), 2),
        "peak MiB": round(max(row.rss_mib)),
        "MB transferred": round(max(row.bytes_moved) / MB, 2),
    }


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def measure(
    sizes: Sequence[int] = (100, 1000),
    large: Sequence[int] = (),
    limited_size: int = 1000,
    repeats: int = REPEATS,
) -> list[dict[str, Any]]:
    """Return one row for each size, bandwidth and method. Manual methods skip `large` sizes."""
    rows: list[dict[str, Any]] = []

    def add(measurements: list[Measurement]) -> None:
        pipeline_seconds = next(
            statistics.median(row.wall) for row in measurements if row.method == "tar.gz"
        )
        rows.extend(summarized(row, pipeline_seconds) for row in measurements)

    with tempfile.TemporaryDirectory(prefix="modeldrop-bench-") as folder:
        objects = Path(folder)
        with stand_in(objects) as s3:
            bench = Bench(s3, 0)
            for size in sizes:
                add(bench.compare(size, METHODS, repeats))
            for size in large:
                add(bench.compare(size, [*PIPELINE, SPEC_CHANGED, FLOOR], repeats))
        _empty(objects)
        with stand_in(objects, tls=True) as s3:
            add(Bench(s3, 0).compare(limited_size, OVER_TLS, repeats))
        _empty(objects)
        with stand_in(objects, BANDWIDTH_MB_PER_SECOND) as s3:
            add(
                Bench(s3, BANDWIDTH_MB_PER_SECOND).compare(
                    limited_size, [*PIPELINE, SPEC_CHANGED], repeats
                )
            )
    return rows
