"""Run each test with damaged input for a number of seconds, with one seed after another.

    python -m tests.fuzz SECONDS [TEST …]

`make test` runs the same tests with the same few examples every time. This script tries other
examples. To repeat a failure, use the seed that it prints. Add a test for the failure to the tests
of the reader.
"""

from __future__ import annotations

import os
import sys
import time
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hypothesis import seed

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = (
    "tests.unit.model_packager.test_hostile_texts",
    "tests.unit.model_packager.formats.test_hostile_repositories",
    "tests.unit.model_packager.formats.archives.test_hostile_archives",
)
EXAMPLES_OF_A_SEED = 2000


def targets() -> dict[str, Callable[..., None]]:
    """Return the property tests by name."""
    # Hypothesis's profile reads it at import.
    os.environ.setdefault("HYPOTHESIS_EXAMPLES", str(EXAMPLES_OF_A_SEED))
    return {
        name: test
        for module in MODULES
        for name, test in vars(import_module(module)).items()
        if name.startswith("test_") and hasattr(test, "hypothesis")
    }


def fuzz(name: str, test: Any, seconds: float) -> bool:
    """Run a test for a number of seconds, print each failure, and return whether there was one."""
    counted = test.hypothesis.inner_test
    examples = seeds = 0
    failed = False

    @wraps(counted)
    def count(*args: Any, **kwargs: Any) -> None:
        nonlocal examples
        examples += 1
        counted(*args, **kwargs)

    test.hypothesis.inner_test = count
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seeds += 1
        try:
            seed(seeds)(test)()
        except Exception as error:  # any exception of a reader is a failure
            failed = True
            print(f"{name}, seed {seeds}: {error!r}", *getattr(error, "__notes__", ()), sep="\n")
    print(f"{name}: seeds 1 to {seeds}, {examples:,} examples", flush=True)
    return failed


def main() -> None:
    seconds, names = float(sys.argv[1]), sys.argv[2:]
    chosen = {name: each for name, each in targets().items() if name in names or not names}
    failed = [fuzz(name, test, seconds) for name, test in chosen.items()]
    sys.exit(any(failed))


if __name__ == "__main__":
    main()
