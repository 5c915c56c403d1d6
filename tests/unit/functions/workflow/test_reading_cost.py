"""The cost of reading real and hostile models: requests, bytes, time and memory."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import textwrap
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch

from model_packager.formats.torchscript.archive import TorchScriptArchive, read_torchscript
from model_packager.rejection import ModelRejected
from workflow.aws.ranged_file import RangedFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

jit: Any = torch.jit  # its functions are untyped

pytestmark = pytest.mark.slow


class Cost:
    """The requests that S3 would get for a file."""

    def __init__(self, path: Path) -> None:
        self.requests: list[int] = []
        with path.open("rb") as file:

            def fetch(start: int, length: int) -> bytes:
                self.requests.append(length)
                return os.pread(file.fileno(), length, start)

            reader = io.BufferedReader(RangedFile(fetch, path.stat().st_size))
            self.archive: TorchScriptArchive = read_torchscript(reader)


@pytest.fixture(scope="module")
def resnet50() -> torch.nn.Module:
    import torchvision  # the import takes seconds

    model: torch.nn.Module = torchvision.models.resnet50().eval()
    return model


def scripted(model: torch.nn.Module) -> Any:
    return jit.script(model)


def traced(model: torch.nn.Module) -> Any:
    return jit.trace(model, torch.rand(1, 3, 64, 64), check_trace=False)


def frozen(model: torch.nn.Module) -> Any:
    return jit.freeze(jit.script(model))


@pytest.mark.parametrize("compiled", [scripted, traced, frozen])
def test_resnet50_takes_two_requests(
    compiled: Callable[[torch.nn.Module], Any], resnet50: torch.nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "model.pt"
    compiled(resnet50).save(path)
    cost = Cost(path)
    assert cost.archive.class_name == "torchvision.models.resnet.ResNet"
    assert path.stat().st_size > 100_000_000
    assert len(cost.requests) == 2
    assert sum(cost.requests) <= 600_000


@pytest.fixture
def five_gigabytes(tmp_path: Path, traced_model: bytes) -> Path:
    """A traced model in the zip64 format, whose weights are a hole in the file."""
    path = tmp_path / "model.pt"
    size = 5 * 1024**3
    with (
        zipfile.ZipFile(io.BytesIO(traced_model)) as small,
        zipfile.ZipFile(path, "w") as large,
    ):
        assert large.fp is not None
        names = small.namelist()
        names.sort(key=lambda name: "/data/" not in name)
        large.writestr(names[0], b"")
        large.start_dir += size  # the position of the next entry
        weights = large.getinfo(names[0])
        weights.file_size = weights.compress_size = size
        for name in names[1:]:
            large.writestr(name, small.read(name))
    return path


def test_five_gigabytes_take_less_than_one_megabyte(five_gigabytes: Path) -> None:
    cost = Cost(five_gigabytes)
    assert five_gigabytes.stat().st_size > 5 * 1024**3
    assert len(cost.archive.arguments) == 1
    assert len(cost.requests) <= 4
    assert sum(cost.requests) <= 1_000_000


class CountedFile(io.FileIO):
    """A local file that counts the bytes read from it."""

    count = 0

    def readinto(self, buffer: Any, /) -> int:
        length = super().readinto(buffer) or 0
        self.count += length
        return length

    def readall(self) -> bytes:
        raise AssertionError("reads the whole file")


def test_less_than_one_megabyte_of_a_local_file_is_read(five_gigabytes: Path) -> None:
    with CountedFile(five_gigabytes) as file:
        read_torchscript(io.BufferedReader(file))
        assert 0 < file.count <= 1_000_000


def directory_of(count: int) -> bytes:
    """Return a zip archive with only a directory, of `count` entries without data."""
    entries = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 9, len(name), *[0] * 6) + name
        for name in (b"%x" % number for number in range(count))
    )
    counted = min(count, 0xFFFF)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, counted, counted, len(entries), 30, 0)
    return b"PK\x03\x04" + bytes(26) + entries + end


def archive_of(**changed: bytes) -> bytes:
    """Return a TorchScript archive with the required entries, some of them invalid."""
    linear = jit.trace(torch.nn.Linear(3, 2).eval(), torch.rand(1, 3))
    original, file = io.BytesIO(), io.BytesIO()
    jit.save(linear, original)
    with (
        zipfile.ZipFile(original) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = changed.get(name.rpartition("/")[2].replace(".", "_"), old.read(name))
            new.writestr(name, content)
        new.writestr("archive/code/more.py", changed.get("more", b""))
    return file.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a directory of 80,000 entries": lambda: directory_of(80_000),
    "code of short lines": lambda: archive_of(more=b"a\n" * 900_000),
    "code of many names": lambda: archive_of(
        more=b"".join(b").f%x(" % number for number in range(220_000))
    ),
    "code of many operators": lambda: archive_of(
        more=b"".join(b"ops.a.f%x(" % number for number in range(150_000))
    ),
    "data of lists": lambda: archive_of(data_pkl=b"\x80\x02" + b"]" * 4_000_000),
    "a trace of lists": lambda: archive_of(traced_inputs_pkl=b"\x80\x02}(" + b"]" * 250_000),
    "constants of marks": lambda: archive_of(constants_pkl=b"\x80\x02" + b"(" * 4_000_000),
    "data that unpacks to 400 MB": lambda: archive_of(data_pkl=bytes(400_000_000)),
}

MEASURE = textwrap.dedent("""\
    import sys
    from model_packager.inspection import inspect_model
    from model_packager.rejection import Rejection
    def peak():
        # Not ru_maxrss, which a process has from the one that started it.
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if "VmHWM" in line)
    before = peak()
    with open(sys.argv[1], "rb") as file:
        try:
            inspect_model(
                file, "m", spec=None, labels=None, instance_type="ml.m5.large", release="26.05"
            )
        except Rejection:
            pass
    print(peak() - before)
""")


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_take_less_than_64_megabytes(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(HOSTILE[kind]())
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) < 64_000_000


def test_the_measure_sees_memory(tmp_path: Path) -> None:
    wasteful = MEASURE.replace("try:", "try:\n        waste = b'x' * 100_000_000", 1)
    path = tmp_path / "model.pt"
    path.write_bytes(b"<html>")
    ended = subprocess.run(
        [sys.executable, "-c", wasteful, path], capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) >= 64_000_000


def test_a_directory_too_large_is_refused_unread() -> None:
    with pytest.raises(ModelRejected, match="table of contents"):
        read_torchscript(io.BytesIO(directory_of(100_000)))
