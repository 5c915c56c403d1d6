"""Waits for servers that do not become healthy. test_hosting.py has the others."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modeldrop.local.sagemaker.triton.server import NotHealthy, TritonServer


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[TritonServer]:
    """A server whose process runs but does not respond."""
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    )
    thread = threading.Thread(target=lambda: None)
    thread.start()
    server = TritonServer(process, tmp_path, "modeldrop_test_none", thread, tmp_path)
    yield server
    server.stop()
    assert process.poll() is not None


def test_the_start_up_time_is_limited(silent: TritonServer) -> None:
    with pytest.raises(NotHealthy, match="no healthy /ping within"):
        silent.wait_until_healthy(0.3, threading.Event())


def test_the_wait_can_be_cancelled(silent: TritonServer) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(NotHealthy, match="cancelled"):
        silent.wait_until_healthy(60, cancelled)
