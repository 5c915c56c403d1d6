"""Settings that apply to all tests."""

from __future__ import annotations

import gc
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from modeldrop.service_models import model_loader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent

# Each run has the same examples; `make fuzz` tries others. No deadline: a busy machine is slow.
settings.register_profile(
    "steady",
    derandomize=True,
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


def pytest_configure() -> None:
    """Restore SIGINT for the commands under test, because shells ignore it for background jobs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A rich console keeps the value of COLUMNS at its creation. Without the variable, the console
    # reads COLUMNS at each use, so tests can set it.
    os.environ.pop("COLUMNS", None)
    # Imports and test collection create millions of permanent objects, which the garbage collector
    # would scan again and again.
    gc.disable()


def pytest_collection_finish() -> None:
    # pytest adds two handlers to each logger that does not propagate, three times for each test.
    # torch has more than 40 of them.
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger) and logger.name.startswith("torch."):
            logger.propagate = True
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # otherwise each request to moto would start it several times
    gc.enable()


def pytest_unconfigure() -> None:
    gc.freeze()  # otherwise the interpreter scans all objects twice when it ends


ORDER = ("workflow", "embedded_cloud", "local_sagemaker", "browser", "consistency", "unit")
"""The folders with the longest tests first, so that both workers finish at the same time."""

FIRST = ("test_overlap.py", "test_fault_matrix.py")
"""The modules with many concurrent drops. The first one needs the most memory, so it runs before
there is a second cloud."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.path.relative_to(TESTS)))


def _rank(path: Path) -> tuple[int, int]:
    many = FIRST.index(path.name) if path.name in FIRST else len(FIRST)
    return ORDER.index(path.parts[0]), many


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    if config.getvalue("dist") != "loadgroup":
        return None
    from tests.groups import GroupScheduling  # only where xdist is installed

    return GroupScheduling(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their parameter, because archives contain times and test names must not."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def _service_models_are_read_once() -> Iterator[None]:
    """Use one loader for all boto3 sessions, as the command does.

    Otherwise each session lists 400 folders and parses the JSON of every service again, which took
    a third of the CPU time of tests with moto.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", model_loader)
        yield
