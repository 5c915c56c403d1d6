"""The checks that a smoke test has passed, and the current one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from smoke_test.client_errors import client_errors
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Progress:
    """The checks of one smoke test, in order."""

    def __init__(self, passed: Iterable[str]) -> None:
        """Start with the checks that passed earlier."""
        self.passed = [*passed]

    @contextmanager
    def check(self, name: str) -> Iterator[None]:
        """Run a check; the block adds sentences about it to `passed`.

        Raises:
            SmokeTestFailed: the check failed. The error names it and the checks that passed.
        """
        try:
            with client_errors():
                yield
        except SmokeTestFailed as failure:
            failure.passed, failure.failed = tuple(self.passed), name
            raise
