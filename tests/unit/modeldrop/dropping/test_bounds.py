"""Each reader stays within 200 MB of memory and 2 s of CPU time for every file.

Each case runs in a separate process with limits of the operating system. A reader that exceeds them
fails with a MemoryError or is killed. Set CPU_FACTOR on a slow computer.
"""

from __future__ import annotations

import io
import os
import resource
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from PIL import Image

from model_packager.rejection import Rejection
from modeldrop.dropping.offline_inspection import inspect_file
from tests.unit.model_packager.archive_files import tar_of
from tests.unit.model_packager.formats.archives.raw_tar import gzipped, member, pax
from tests.unit.model_packager.model_files import linear, traced

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

MEMORY_BYTES = 200 * 1024 * 1024
CPU_SECONDS = 2
CPU_FACTOR = int(os.environ.get("CPU_FACTOR", "2"))

CONFIG = (
    b'backend: "python" max_batch_size: 8 '
    b'input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ] '
    b'output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ] '
)


def read_within_limits(file: Path) -> str:
    """Inspect a file in a separate process, and return the rejection."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            limit(resource.RLIMIT_AS, virtual_memory() + MEMORY_BYTES)
            limit(resource.RLIMIT_CPU, CPU_SECONDS * CPU_FACTOR)
            os.write(writing, outcome(file)[:4000].encode())
            failed = 0
        except BaseException as error:
            os.write(writing, repr(error)[:4000].encode())
        finally:
            os._exit(failed)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    assert status == 0, text or f"ended with {status}"
    assert "too much memory" not in text
    return text


def limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))


def virtual_memory() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmSize:")[2].split()[0]) * 1024


def outcome(file: Path) -> str:
    try:
        inspect_file(file, None, "m")
    except Rejection as rejection:
        return str(rejection)
    return "accepted"


def nested(size: int) -> bytes:
    unit = b"a{" * 30 + b"}" * 30 + b" "
    return unit * (size // len(unit))


def archive_of_configs(count: int, size: int) -> bytes:
    blocks = []
    for number in range(count):
        blocks += [
            member(f"m{number}/config.pbtxt", nested(size) + CONFIG),
            member(f"m{number}/1/model.py"),
        ]
    return gzipped(*blocks)


def archive_of_texts(count: int, text: str) -> bytes:
    config = text.encode() + CONFIG
    return gzipped(*(member(f"m{number}/config.pbtxt", config) for number in range(count)))


def with_code(code: Callable[[str], str]) -> bytes:
    """Return a traced model with a changed source of its class."""
    with zipfile.ZipFile(io.BytesIO(traced(linear()))) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            is_code = name.endswith("linear.py")
            archive.writestr(name, code(content.decode()) if is_code else content)
    return file.getvalue()


def longer_forward(line: str, size: int) -> bytes:
    """Return a traced model with more lines in forward, before the last one."""

    def longer(code: str) -> str:
        head, _, returned = code.rpartition("    return ")
        return head + line * (size // len(line)) + "    return " + returned

    return with_code(longer)


def one_statement(expression: str) -> bytes:
    return with_code(lambda code: code.rpartition("    return ")[0] + f"    return {expression}\n")


def many_types(size: int) -> bytes:
    return with_code(
        lambda code: code.replace(") -> Tensor:", f") -> Tuple[{'Tensor, ' * size}Tensor]:")
    )


ONNX_OF_FIELDS = b"\x08\x08\x3a\x80\xc8\xd0\x07" + b"\x0a\x00" * 8_000_000


def onnx_of_nodes(count: int) -> bytes:
    """Return a model in which each node needs the output of the previous one, in reverse order."""
    nodes = [onnx.NodeProto(input=[str(node - 1)], output=[str(node)]) for node in range(1, count)]
    outputs = [onnx.ValueInfoProto(name=str(count - 1))]
    graph = onnx.GraphProto(node=nodes[::-1], input=[onnx.ValueInfoProto(name="0")], output=outputs)
    content: bytes = onnx.ModelProto(ir_version=8, graph=graph).SerializeToString()
    return content


def in_archive(platform: str, name: str, content: bytes) -> tuple[str, bytes]:
    config = CONFIG.replace(b'backend: "python"', b'platform: "%s"' % platform.encode())
    return "model.tar.gz", tar_of({"m/config.pbtxt": config, f"m/1/{name}": content})


MODELS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "200 configs of 100 KB": lambda: ("model.tar.gz", archive_of_configs(200, 100 * 1024 - 500)),
    "19 configs of 100 KB": lambda: ("model.tar.gz", archive_of_configs(19, 100 * 1024 - 500)),
    "one config of 100 KB": lambda: ("model.tar.gz", archive_of_configs(1, 100 * 1024 - 500)),
    "200 configs of comments": lambda: (
        "model.tar.gz",
        archive_of_texts(200, "#" + "x" * (100 * 1024 - 500) + "\n"),
    ),
    "one config of numbers": lambda: (
        "model.tar.gz",
        gzipped(member("m/config.pbtxt", b"a:[" + b"1," * 49_000 + b"1]"), member("m/1/x")),
    ),
    "many headers": lambda: (
        "model.tar.gz",
        gzipped(*(member("x", pax(b"a" * 9, b"") * 3000, b"x") + member("f") for _ in range(400))),
    ),
    "a file of zeros": lambda: (
        "model.tar.gz",
        tar_of({"m/config.pbtxt": CONFIG, "m/1/model.py": b"", "m/1/zeros": bytes(600_000_000)}),
    ),
    "a model.pt of zeros in an archive": lambda: in_archive(
        "pytorch_libtorch", "model.pt", b"PK\x03\x04" + bytes(300_000_000)
    ),
    "ONNX of fields in an archive": lambda: in_archive(
        "onnxruntime_onnx", "model.onnx", ONNX_OF_FIELDS
    ),
    "model.py of brackets in an archive": lambda: (
        "model.tar.gz",
        tar_of({"m/config.pbtxt": CONFIG, "m/1/model.py": b"[]," * 87_000}),
    ),
    "long paths in an archive": lambda: (
        "model.tar.gz",
        gzipped(*(member("m/" + "d/" * 40 + str(number)) for number in range(50_000))),
    ),
    "100,001 members": lambda: ("model.tar.gz", gzipped(member("m/1/x") * 100_001)),
    "a forward of names": lambda: (
        "model.pt",
        longer_forward("    f = (f,f,f,f,f,f,f,f,f)\n", 968_000),
    ),
    "a forward of one statement": lambda: ("model.pt", one_statement("f(" + "f," * 480_000 + ")")),
    "a forward of calls": lambda: ("model.pt", one_statement("a" + "(a)" * 300_000)),
    "a forward of minus signs": lambda: ("model.pt", one_statement("-" * 900_000 + "1")),
    "a signature of types": lambda: ("model.pt", many_types(7_000)),
    "model.py of names": lambda: ("model.py", b"x=(" + b"f," * 130_000 + b")"),
    "model.py of statements": lambda: ("model.py", b"a\n" * 131_000),
    "model.py of functions in an archive": lambda: (
        "model.tar.gz",
        tar_of({"m/config.pbtxt": CONFIG, "m/1/model.py": b"lambda:0\n" * 19_000}),
    ),
    "model.py of operators": lambda: ("model.py", b"x=" + b"-" * 260_000 + b"1"),
    "model.py of brackets": lambda: ("model.py", b"[]," * 87_000),
    "ONNX of fields": lambda: ("model.onnx", ONNX_OF_FIELDS),
    "ONNX of nodes": lambda: ("model.onnx", onnx_of_nodes(40_000)),
    "ONNX of more nodes": lambda: ("model.onnx", onnx_of_nodes(300_000)),
}


REASONS = {"200 configs of comments": "config.pbtxt files of the archive have more than 2,097,152"}
"""The errors of limits that bound the work instead of the memory."""


@pytest.mark.parametrize("case", MODELS)
def test_models(case: str, tmp_path: Path) -> None:
    name, content = MODELS[case]()
    (tmp_path / name).write_bytes(content)
    text = read_within_limits(tmp_path / name)
    assert text
    assert REASONS.get(case, "") in text


SPECS = {
    "a list of numbers": "model_warmup: {batch_sizes: [" + "1," * 30_000 + "]}",
    "nested lists": "a: [" + "[],[[]]," * 8000 + "]",
    "mappings": "\n".join(f"k{number}: {{a: 1}}" for number in range(4000)),
    "a long key": "k" * 1000 + ": 1\n" + "\n".join(f"'{'k' * 60}{n}': 1" for n in range(900)),
    "a number": "max_batch_size: 0x" + "F" * 60_000,
    "a text": "tags: {a: '" + "é" * 30_000 + "'}",
    "a large picture": "smoke_test: {picture: {resize: 7000, crop: 7000}}",
}


@pytest.mark.parametrize("case", SPECS)
def test_specs(case: str, tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(traced(linear()))
    (tmp_path / "deploy.yaml").write_text(SPECS[case])
    assert "deploy.yaml next to the model" in read_within_limits(tmp_path / "model.pt")


@pytest.mark.parametrize("name", ["labels.txt", "deploy.yaml"])
def test_a_sidecar_of_a_gigabyte(name: str, tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(traced(linear()))
    with (tmp_path / name).open("wb") as file:
        file.truncate(10**9)
    assert f"{name} has 1,000,000,000 bytes" in read_within_limits(tmp_path / "model.pt")


def picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


def npz_that_claims(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(1, np.float32))
    header = file.getvalue().replace(b"(1,), }", f"{shape}, }}".encode())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr("x.npy", header)
    return archive.getvalue()


SAMPLES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "input.png of many pixels": ("input.png", lambda: picture(30_000, 30_000)),
    "input.png below Pillow's own limit": ("input.png", lambda: picture(13_000, 13_000)),
    "input.png that grows": ("input.png", lambda: picture(60_000, 1)),
    "input.npz that claims terabytes": ("input.npz", lambda: npz_that_claims((2**41,))),
    "expected.json": ("expected.json", lambda: b'[{"top_class":1},' * 100_000),
}


@pytest.mark.parametrize("case", SAMPLES)
def test_samples(case: str, tmp_path: Path) -> None:
    name, content = SAMPLES[case]
    (tmp_path / "model.pt").write_bytes(traced(linear()))
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / name).write_bytes(content())
    if name.startswith("expected"):
        (tmp_path / "sample" / "input.npy").write_bytes(b"")
    assert f"sample/{name}" in read_within_limits(tmp_path / "model.pt")
