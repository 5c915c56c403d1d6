"""Settings that apply to all tests."""

from __future__ import annotations

import gc
import os
import signal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent

# A busy machine is slow: the time that an example takes is not what a property test checks.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any speed")


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
    gc.enable()


ORDER = ("workflow", "embedded_cloud", "local_sagemaker", "browser", "consistency", "unit")
"""Folders, the longest tests first, so that both workers finish together."""

FIRST = ("test_overlap.py", "test_fault_matrix.py")
"""Modules with many drops at once: the first, without a cloud beside it, needs the most memory."""


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


class SharedLoader(Loader):
    """A botocore loader for all sessions: boto3 adds its own folder to each session's loader."""

    @property
    def search_paths(self) -> list[str]:
        return [*super().search_paths, str(Path(boto3.__file__).parent / "data")]


@pytest.fixture(scope="session", autouse=True)
def _service_models_are_read_once() -> Iterator[None]:
    """Share botocore's loader between sessions.

    Each session otherwise lists 400 folders and parses the JSON of every service again. That was
    a third of the CPU time of the tests that use moto.
    """
    with pytest.MonkeyPatch.context() as patch:
        original = botocore.session.create_loader

        @cache
        def create_loader(search_path_string: str | None = None) -> Loader:
            return SharedLoader(original(search_path_string).search_paths)

        patch.setattr(botocore.session, "create_loader", create_loader)
        yield
