"""Runs the stand-in in a separate process, so that its work does not count as the client's."""

import json
import ssl
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
    """The address of the stand-in.

    Attributes:
        url: the endpoint URL.
        certificate: the path of the certificate to trust; empty without TLS.
    """

    url: str
    certificate: str = ""

    def counts(self) -> dict[str, Any]:
        """Return the received and sent bytes, and the number of requests by operation."""
        trust = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        with urlopen(self.url + COUNTS, context=trust) as response:  # noqa: S310  # the loopback
            counts: dict[str, Any] = json.load(response)
        return counts


@contextmanager
def stand_in(
    folder: Path, megabytes_per_second: float = 0, *, tls: bool = False
) -> Iterator[StandIn]:
    """Run the stand-in for a `with` block. It ends when its standard input closes."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.s3_stand_in",
        str(folder),
        str(megabytes_per_second),
        "0",
        "tls" if tls else "",
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        try:
            yield StandIn(*process.stdout.readline().split())
        finally:
            process.stdin.close()
            process.wait()
