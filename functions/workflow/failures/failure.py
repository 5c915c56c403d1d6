"""What a failure is: its kind, its cause, its fix; and a row of the table that knows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

_WORD_LIMIT = 300


class FailureKind(StrEnum):
    """Kinds that ask for different things of different people."""

    MODEL_REFUSED = "MODEL_REFUSED"
    CRASHED = "CRASHED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    WARMUP = "WARMUP"
    CONFIG = "CONFIG"
    IMAGE_OR_DRIVER = "IMAGE_OR_DRIVER"
    DISK = "DISK"
    MODEL_DATA = "MODEL_DATA"
    CAPACITY = "CAPACITY"
    QUOTA = "QUOTA"
    ROLE = "ROLE"
    DOWNLOAD_TIMEOUT = "DOWNLOAD_TIMEOUT"
    STARTUP_TIMEOUT = "STARTUP_TIMEOUT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Row:
    """A text that is known.

    Attributes:
        kind: what it is.
        says: what is looked for; its groups go into cause and fix.
        cause: one sentence.
        fix: one or two, each whole.
        example: the text as it was seen.
        source: where it was seen: "tritonserver 2.51" is the real one, run by our tests.
    """

    kind: FailureKind
    says: re.Pattern[str]
    cause: str
    fix: str
    example: str
    source: str

    def failure(self, text: str) -> Failure | None:
        """Read a text; None where it says something else."""
        found = self.says.search(text)
        if found is None:
            return None
        words = {name: (value or "")[:_WORD_LIMIT] for name, value in found.groupdict().items()}
        return Failure(self.kind, self.cause.format(**words), self.fix.format(**words))


@dataclass(frozen=True)
class Failure:
    """What went wrong, for the person who has to act.

    Attributes:
        kind: for the workflow, which tries another instance type for `CAPACITY`.
        cause: why.
        fix: what to do, in whole sentences.
    """

    kind: FailureKind
    cause: str
    fix: str
