"""The installed tritonserver: HTTP servers on Unix sockets, and errors for missing parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modeldrop.local.sagemaker.triton.installation import (
    TritonUnusable,
    libpython_folders,
    on_unix_sockets,
    prepare,
    with_environments_in_working_folder,
    with_models_in_working_folder,
    with_time_to_start,
)
from modeldrop.local.tools import PROJECT_ROOT


def test_two_instructions_of_the_wheels_program_change() -> None:
    program = (PROJECT_ROOT / ".tools/triton/pytriton/tritonserver/bin/tritonserver").read_bytes()
    patched = on_unix_sockets(program)
    assert len(patched) == len(program)
    changed = np.flatnonzero(np.frombuffer(program, np.uint8) != np.frombuffer(patched, np.uint8))
    gaps = np.flatnonzero(np.diff(changed) > 6)
    assert len(gaps) == 1  # two changes: a jump of one byte, and a jump of six bytes
    assert len(changed) <= 1 + 6
    with pytest.raises(TritonUnusable):
        on_unix_sockets(patched)


def test_python_backend_leaves_tmp_alone() -> None:
    folder = PROJECT_ROOT / ".tools/triton/pytriton/tritonserver/backends/python"
    library = (folder / "libtriton_python.so").read_bytes()
    patched = with_environments_in_working_folder(library)
    assert len(patched) == len(library)
    assert b"/tmp/python_env_" not in patched
    with pytest.raises(TritonUnusable, match=r"Fix: install nvidia-pytriton==0\.7\.0"):
        with_environments_in_working_folder(patched)


def test_python_backend_waits_ten_seconds_for_a_new_process() -> None:
    folder = PROJECT_ROOT / ".tools/triton/pytriton/tritonserver/backends/python"
    library = (folder / "libtriton_python.so").read_bytes()
    patched = with_time_to_start(library)
    changed = [at for at, (old, new) in enumerate(zip(library, patched, strict=True)) if old != new]
    assert changed[-1] - changed[0] < 20
    with pytest.raises(TritonUnusable, match=r"Fix: install nvidia-pytriton==0\.7\.0"):
        with_time_to_start(patched)


def test_models_of_a_multi_model_endpoint_are_below_the_working_folder() -> None:
    program = (PROJECT_ROOT / ".tools/triton/pytriton/tritonserver/bin/tritonserver").read_bytes()
    patched = with_models_in_working_folder(program)
    assert len(patched) == len(program)
    assert b"(/proc/self/cwd/opt/[0-9A-Za-z._]+)" in patched
    with pytest.raises(TritonUnusable, match=r"Fix: install nvidia-pytriton==0\.7\.0"):
        with_models_in_working_folder(patched)


def test_another_binary_is_refused_with_what_to_do() -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: install nvidia-pytriton==0\.7\.0"):
        on_unix_sockets(b"\x7fELF some other program")


def test_missing_libpython_is_reported_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: sudo apt-get install libpython3\.99"):
        libpython_folders(tmp_path, "3.99")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libpython3.99.so.1.0").touch()
    assert libpython_folders(tmp_path, "3.99") == [tmp_path / "lib"]


def test_folder_without_the_wheel_is_reported_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(TritonUnusable, match=r"Fix: pip install --target .* nvidia-pytriton"):
        prepare(tmp_path / "wheel", tmp_path / "home")
