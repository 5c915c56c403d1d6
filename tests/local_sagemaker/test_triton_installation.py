"""The installed tritonserver: nothing listens beyond 127.0.0.1, and what is missing is said."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from modeldrop.local.sagemaker.triton.installation import (
    TritonUnusable,
    libpython_folders,
    on_loopback,
    prepare,
)
from modeldrop.local.sagemaker.triton.listeners import (
    beyond_loopback,
    listeners_in,
    listening_addresses,
)
from tests.local_sagemaker.conftest import ROOT


def test_the_wheels_default_addresses_are_moved_to_loopback() -> None:
    program = (ROOT / ".tools/triton/pytriton/tritonserver/bin/tritonserver").read_bytes()
    patched = on_loopback(program)
    assert len(patched) == len(program)
    changed = sum(1 for old, new in zip(program, patched, strict=True) if old != new)
    assert changed == 4 * 4  # "0.0.0.0" → "127.0.1" in four places: 1, 2, 7 and the last 1
    assert socket.inet_aton("127.0.1") == socket.inet_aton("127.0.0.1")


def test_another_binary_is_refused_with_what_to_do() -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: install nvidia-pytriton==0\.7\.0"):
        on_loopback(b"\x7fELF some other program")


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_listening_sockets_are_found(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        port = listener.getsockname()[1]
        assert (address, port) not in listening_addresses(os.getpid())
        listener.listen()
        assert (address, port) in listening_addresses(os.getpid())
        assert (address, port) not in beyond_loopback(os.getpid())


def test_an_address_beyond_this_machine_is_read_as_such() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout\n"
        "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7101 1\n"
        "   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7102 1\n"
        "   2: 0100007F:1F92 0100007F:0050 01 00000000:00000000 00:00000000 00000000 0 0 7103 1\n"
    )
    assert listeners_in(table, {"7101", "7103"}) == {("0.0.0.0", 8080)}  # noqa: S104
    assert listeners_in(table, {"7102"}) == {("127.0.0.1", 8081)}


def test_a_missing_libpython_is_said_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: sudo apt-get install libpython3\.99"):
        libpython_folders(tmp_path, "3.99")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libpython3.99.so.1.0").touch()
    assert libpython_folders(tmp_path, "3.99") == [tmp_path / "lib"]


def test_a_folder_without_the_wheel_is_said_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: pip install --target .* nvidia-pytriton"):
        prepare(tmp_path / "wheel", tmp_path / "home")
