"""The stand-in in its own process, so that its work does not count as the client's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.s3_stand_in.server import COUNTS


@dataclass(frozen=True)
class StandIn:
    """The address of the stand-in."""

    url: str

    def counts(self) -> dict[str, Any]:
        """Received and sent bytes, and the number of requests by operation."""
        with urlopen(self.url + COUNTS) as response:  # noqa: S310  # the loopback
            counts: dict[str, Any] = json.load(response)
        return counts


@contextmanager
def stand_in(folder: Path, megabytes_per_second: float = 0) -> Iterator[StandIn]:
    """Run the stand-in during the block; it ends when its standard input closes."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.s3_stand_in",
        str(folder),
        str(megabytes_per_second),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        try:
            yield StandIn(process.stdout.readline().strip())
        finally:
            process.stdin.close()
            process.wait()
