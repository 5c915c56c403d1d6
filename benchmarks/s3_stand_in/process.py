"""The stand-in in a process of its own, so that its work is not counted as the client's."""

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
    """Where it listens."""

    url: str

    def counts(self) -> dict[str, Any]:
        """Give the bytes that it received and sent, and the requests by operation."""
        with urlopen(self.url + COUNTS) as answer:  # noqa: S310  # the loopback
            counts: dict[str, Any] = json.load(answer)
        return counts


@contextmanager
def stand_in(folder: Path, megabytes_per_second: float = 0) -> Iterator[StandIn]:
    """Run it for as long as the block lasts; it ends with its standard input."""
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
