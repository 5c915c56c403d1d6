"""Serves until standard input closes.

Usage: `python -m benchmarks.s3_stand_in FOLDER [MB/s [ms [tls]]]`.
"""

import sys
from pathlib import Path

from benchmarks.s3_stand_in.certificate import server_context
from benchmarks.s3_stand_in.server import running
from benchmarks.s3_stand_in.wire import Wire


def main(folder: str, megabytes: str = "0", milliseconds: str = "0", tls: str = "") -> None:
    """Print the URL and the path of the certificate, then wait."""
    wire = Wire(float(megabytes) * 1e6 or None, float(milliseconds) / 1000)
    context, certificate = server_context(Path(folder)) if tls else (None, "")
    with running(Path(folder), wire, context) as server:
        print(server.url, certificate, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
