"""Serve until standard input closes: `python -m benchmarks.s3_stand_in FOLDER [MB/s [ms]]`."""

import sys
from pathlib import Path

from benchmarks.s3_stand_in.server import running
from benchmarks.s3_stand_in.wire import Wire


def main(folder: str, megabytes: str = "0", milliseconds: str = "0") -> None:
    """Print the URL, then wait."""
    wire = Wire(float(megabytes) * 1e6 or None, float(milliseconds) / 1000)
    with running(Path(folder), wire) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
