"""Settings that apply to all tests."""

from __future__ import annotations

import gc
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
    """Have Ctrl-C reach the commands under test: a shell starts what is behind `&` without it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A rich console keeps the width that COLUMNS has at its creation. Without it, the console
    # reads COLUMNS at each use, and tests can set it.
    os.environ.pop("COLUMNS", None)
    # Imports and collection create millions of lasting objects, which the garbage collector would
    # search again and again.
    gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # requests to moto would start it several times each
    gc.enable()


ORDER = ("workflow", "embedded_cloud", "local_sagemaker", "browser", "consistency", "unit")
"""Folders, the longest tests first, so that both workers finish together."""

FIRST = ("test_overlap.py", "test_fault_matrix.py")
"""Modules with many drops at once: the first, without a second cloud, needs the most memory."""


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
    """Name bytes by their parameter: archives hold times, and workers have to name tests alike."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def _service_models_are_read_once() -> Iterator[None]:
    """Use one loader for all sessions, as the command does.

    Each session otherwise lists 400 folders and parses the JSON of every service again. That was
    a third of the CPU time of the tests that use moto.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", model_loader)
        yield
