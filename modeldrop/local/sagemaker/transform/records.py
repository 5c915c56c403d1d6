"""Splits a file into records, and puts records into payloads (SplitType Line).

AWS does not document whether a single record keeps its line end. Here it does not, and line ends
separate the records of a payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO


class RecordTooLarge(Exception):
    """A record does not fit into a payload."""


def lines(file: IO[bytes], most: int) -> Iterator[bytes]:
    """Yield the lines of a file without line ends.

    Args:
        file: the file to read.
        most: the maximum size of a line in bytes.

    Raises:
        RecordTooLarge: a line is longer.
    """
    while line := file.readline(most + 2):
        record = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(record) > most:
            raise RecordTooLarge
        yield record


def payloads(records: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Put as many records into each payload as fit.

    Args:
        records: the records; none is larger than `most`.
        most: the maximum size of a payload in bytes.
    """
    waiting: list[bytes] = []
    size = 0
    for record in records:
        if waiting and size + 1 + len(record) > most:
            yield b"\n".join(waiting)
            waiting, size = [], 0
        size += len(record) + (1 if waiting else 0)
        waiting.append(record)
    if waiting:
        yield b"\n".join(waiting)
