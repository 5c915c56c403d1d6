"""Recorded logs of the real Triton (in texts/), each with its expected diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workflow.failures.failure import FailureKind

FOLDER = Path(__file__).with_name("texts")
PING = (
    "The primary container for production variant primary did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)


@dataclass(frozen=True)
class Text:
    """A container's log, with the expected kind and cause from its header."""

    kind: FailureKind
    cause: str
    lines: list[str]


def read_text(name: str) -> Text:
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    head = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# ") and ": " in line)
    return Text(
        FailureKind(head["kind"]),
        head["cause"],
        [line for line in lines if not line.startswith("# ")],
    )


def names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.txt"))
