"""Damaged and forged archives are accepted or rejected in bounded time, without other errors."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from functools import cache

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model_packager.inspection import inspect_model
from model_packager.rejection import ModelRejected
from tests.unit.model_packager import archive_files, model_files
from tests.unit.model_packager.fuzzing import assert_read_or_rejected, fuzzed
from tests.unit.model_packager.inspected import inspected

pytestmark = pytest.mark.slow


@cache
def files() -> list[bytes]:
    """Return a file of each kind.

    Exports take seconds, so pytest must not run this during collection.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about deprecated ways to save a model
        script = torch.jit.script(model_files.linear())
        return [
            model_files.traced(model_files.linear()),
            model_files.saved(torch.jit.freeze(script)),
            model_files.scripted(model_files.Counts()),
            model_files.torch_saved(model_files.linear()),
            model_files.torch_saved_of_old(model_files.linear()),
            model_files.aot_inductor_package(),
            model_files.repository(),
            archive_files.tar_of(model_files.SAVED_MODEL, "w:"),
            archive_files.zip_of(model_files.REPOSITORY),
        ]


@cache
def archives() -> list[bytes]:
    return [content for content in files() if content.startswith(b"PK")]


@cache
def contents() -> list[dict[str, bytes]]:
    return [
        {name: archive.read(name) for name in archive.namelist()}
        for archive in (zipfile.ZipFile(io.BytesIO(content)) for content in archives())
    ]


a_file = st.deferred(lambda: st.sampled_from(files()))
an_archive = st.deferred(lambda: st.sampled_from(archives()))
NUMBERS = st.sampled_from(
    [0, 1, 8, 12, 0x20, 0x40, 0x7F, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1]
)


def inspect_file(content: bytes) -> None:
    assert_read_or_rejected(lambda: inspected(content))


@fuzzed
@given(data=st.data())
def test_flipped_bits(data: st.DataObject) -> None:
    """Several bits in one place are flipped, so that not only a checksum is wrong."""
    content = bytearray(data.draw(a_file))
    place = data.draw(st.integers(0, len(content) - 1))
    for _ in range(data.draw(st.integers(1, 12))):
        at = min(place + data.draw(st.integers(0, 40)), len(content) - 1)
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    inspect_file(bytes(content))


@fuzzed
@given(content=a_file, kept=st.floats(0, 1))
def test_cut_ends(content: bytes, kept: float) -> None:
    inspect_file(content[: int(len(content) * kept)])


@fuzzed
@given(data=st.data())
def test_damaged_compression(data: st.DataObject) -> None:
    """The code is deflated, so the reader unpacks arbitrary bytes."""
    content = bytearray(archives()[0])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = next(each for each in archive.infolist() if each.filename.endswith(".py"))
    # The lengths of the name and the extra field.
    lengths = struct.unpack_from("<2H", content, entry.header_offset + 26)
    start = entry.header_offset + 30 + sum(lengths)
    size = data.draw(st.integers(1, 30))
    content[start : start + size] = data.draw(st.binary(min_size=size, max_size=size))
    inspect_file(bytes(content))


@fuzzed
@given(data=st.data())
def test_spliced_files(data: st.DataObject) -> None:
    parts = []
    for _ in range(data.draw(st.integers(2, 4))):
        content = data.draw(a_file)
        start = data.draw(st.integers(0, len(content)))
        parts.append(content[start : start + data.draw(st.integers(0, 4000))])
    inspect_file(data.draw(a_file)[:200] + b"".join(parts))


@fuzzed
@given(data=st.data())
def test_lying_directories(data: st.DataObject) -> None:
    """The directory's records have wrong sizes, offsets, methods or flags."""
    content = bytearray(data.draw(an_archive))
    for _ in range(data.draw(st.integers(1, 4))):
        magic, fields = data.draw(
            st.sampled_from(
                [
                    (b"PK\x01\x02", [(8, 2), (10, 2), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)]),
                    (b"PK\x03\x04", [(6, 2), (8, 2), (18, 4), (22, 4), (26, 2), (28, 2)]),
                    (b"PK\x05\x06", [(4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)]),
                ]
            )
        )
        found = [at for at in range(len(content) - 46) if content[at : at + 4] == magic]
        if not found:
            continue
        offset, width = data.draw(st.sampled_from(fields))
        at = data.draw(st.sampled_from(found)) + offset
        number = data.draw(NUMBERS) % 2 ** (8 * width)
        content[at : at + width] = struct.pack("<I", number)[:width]
    inspect_file(bytes(content))


def rewritten(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


PIECES: list[Callable[[bytes], bytes]] = [
    lambda old: old[: len(old) // 2],
    lambda old: old * 2,
    lambda old: b"",
    lambda old: old[::-1],
    lambda old: b"\x80\x02" + b"(" * 300_000,
    lambda old: b"\x80\x02" + b"]" * 300_000 + b"a" * 300_000 + b".",
    lambda old: b"\x80\x02}(X\x07\0\0\0forward)" + b"q\0h\0\x86" * 90 + b"u.",
    lambda old: b"\x80\x02\x8b\xff\xff\xff\x7f",
    lambda old: b"\x80\x02X\xff\xff\xff\xff",
    lambda old: b"\x80\x02c" + b"m" * 1_000_000 + b"\nClass\n.",
    lambda old: b"class Linear(Module):\n  def forward(self: T,\n    x" + b": List[" * 20_000,
    lambda old: b"class Linear(Module):\n  def forward(self: T, x: Tensor) -> Tensor:\n" * 9000,
    lambda old: (
        b"class Linear(Module):\n  def forward(self: T, x: "
        + b"Tuple[" * 9000
        + b"]" * 9000
        + b") -> Tensor:\n"
    ),
    lambda old: b"\xff\xfe" + old,
    lambda old: b"9" * 100_000,
    lambda old: b"inputs: &a [*a]\n",
    lambda old: b"a: &a [1,1,1,1]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c]\n",
]


@fuzzed
@given(data=st.data())
def test_forged_entries(data: st.DataObject) -> None:
    entries = dict(data.draw(st.sampled_from(contents())))
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(entries)))
        entries[name] = data.draw(st.sampled_from(PIECES))(entries[name])
    if data.draw(st.booleans()):
        root = next(iter(entries)).partition("/")[0]
        forged = data.draw(st.sampled_from(PIECES))(b"")
        place = data.draw(st.sampled_from(["extra/deploy.yaml", "extra/labels.txt", "version"]))
        entries[f"{root}/{place}"] = forged
    inspect_file(rewritten(entries))


@fuzzed
@given(data=st.data())
def test_odd_names(data: st.DataObject) -> None:
    entries = dict(data.draw(st.sampled_from(contents())))
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(entries)))
        odd = data.draw(
            st.sampled_from(
                ["/", "..", "../" * 50 + name, f"/{name}", name.replace("/", "\\"), f"{name}/"]
            )
            | st.text(min_size=1, max_size=40)
            | st.builds(lambda letter, count: letter * count, st.characters(), st.just(60_000))
        )
        if odd.isprintable() and len(odd.encode(errors="replace")) < 65_000:
            entries = {odd if key == name else key: entries[key] for key in entries}
    try:
        content = rewritten(entries)
    except (UnicodeEncodeError, ValueError):
        return  # zipfile does not write such a name
    inspect_file(content)


def test_a_name_of_a_megabyte_is_rejected() -> None:
    """A name's length has two bytes, so a megabyte is wrong, or the names of many entries."""
    many = {f"m/{'n' * 1020}{number:03}": b"" for number in range(1000)}
    with pytest.raises(ModelRejected):
        inspect_model(
            io.BytesIO(rewritten(many)),
            "m",
            spec=None,
            labels=None,
            instance_type="ml.m5.large",
            release="26.05",
        )
