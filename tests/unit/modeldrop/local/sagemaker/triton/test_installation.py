"""The installed tritonserver: nothing listens beyond 127.0.0.1, and what is missing is said."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from modeldrop.local.sagemaker.triton.installation import (
    TritonUnusable,
    libpython_folders,
    on_loopback,
    prepare,
)
from modeldrop.local.tools import PROJECT_ROOT


def test_the_wheels_default_addresses_are_moved_to_loopback() -> None:
    program = (PROJECT_ROOT / ".tools/triton/pytriton/tritonserver/bin/tritonserver").read_bytes()
    patched = on_loopback(program)
    assert len(patched) == len(program)
    changed = sum(1 for old, new in zip(program, patched, strict=True) if old != new)
    assert changed == 4 * 4  # "0.0.0.0" → "127.0.1" in four places: 1, 2, 7 and the last 1
    assert socket.inet_aton("127.0.1") == socket.inet_aton("127.0.0.1")


def test_another_binary_is_refused_with_what_to_do() -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: install nvidia-pytriton==0\.7\.0"):
        on_loopback(b"\x7fELF some other program")


def test_missing_libpython_is_reported_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: sudo apt-get install libpython3\.99"):
        libpython_folders(tmp_path, "3.99")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libpython3.99.so.1.0").touch()
    assert libpython_folders(tmp_path, "3.99") == [tmp_path / "lib"]


def test_folder_without_the_wheel_is_reported_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: pip install --target .* nvidia-pytriton"):
        prepare(tmp_path / "wheel", tmp_path / "home")
