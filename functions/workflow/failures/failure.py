"""A diagnosed failure (kind, cause and fix), and the table row that recognizes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from model_packager.error_message import Remedy
from workflow.failures.log_errors import shortened

if TYPE_CHECKING:
    import re

_GROUP_LIMIT = 300


class FailureKind(StrEnum):
    """Kinds of failures. Each needs a different action, often by a different person."""

    MODEL_REFUSED = "MODEL_REFUSED"
    CRASHED = "CRASHED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    WARMUP = "WARMUP"
    CONFIG = "CONFIG"
    IMAGE_OR_DRIVER = "IMAGE_OR_DRIVER"
    DISK = "DISK"
    MODEL_DATA = "MODEL_DATA"
    CAPACITY = "CAPACITY"
    POSSIBLE_CAPACITY = "POSSIBLE_CAPACITY"
    QUOTA = "QUOTA"
    ROLE = "ROLE"
    DOWNLOAD_TIMEOUT = "DOWNLOAD_TIMEOUT"
    STARTUP_TIMEOUT = "STARTUP_TIMEOUT"
    UNKNOWN = "UNKNOWN"

    @property
    def remedy(self) -> Remedy:
        """What a person has to do about it."""
        return _REMEDIES.get(self, Remedy.CORRECT_SPEC)


_REMEDIES = {
    FailureKind.MODEL_REFUSED: Remedy.RUN_MODEL,
    FailureKind.CRASHED: Remedy.RUN_MODEL,
    FailureKind.QUOTA: Remedy.CHECK_ACCOUNT,
    FailureKind.ROLE: Remedy.CHECK_ACCOUNT,
    FailureKind.MODEL_DATA: Remedy.CHECK_ACCOUNT,
    FailureKind.UNKNOWN: Remedy.RETRY,
}
"""The remedies for failures that another deploy.yaml does not fix."""


@dataclass(frozen=True)
class FailureRow:
    """A known error text.

    Attributes:
        kind: the kind of failure.
        pattern: matches the text; its groups fill in cause and fix.
        cause: one sentence.
        fix: one or two complete sentences.
        example: a real text that the pattern matches.
        source: where the text comes from. "tritonserver 2.51" is the real server in our tests.
    """

    kind: FailureKind
    pattern: re.Pattern[str]
    cause: str
    fix: str
    example: str
    source: str

    def diagnose(self, text: str) -> Diagnosis | None:
        """Diagnose the text; None if the pattern does not match."""
        match = self.pattern.search(text)
        if match is None:
            return None
        groups = {
            name: shortened(value or "", _GROUP_LIMIT) for name, value in match.groupdict().items()
        }
        return Diagnosis(self.kind, self.cause.format(**groups), self.fix.format(**groups))


@dataclass(frozen=True)
class Diagnosis:
    """What went wrong, for the person who has to act.

    Attributes:
        kind: for the workflow, which tries another instance type on `CAPACITY`, and on
            `POSSIBLE_CAPACITY` if the spec has one.
        cause: why it failed.
        fix: what to do, in complete sentences.
        evidence: the raw texts behind the diagnosis; empty if the cause has them.
    """

    kind: FailureKind
    cause: str
    fix: str
    evidence: str = ""
