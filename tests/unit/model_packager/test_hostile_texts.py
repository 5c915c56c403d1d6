"""Damaged specs and archives of folders are accepted or rejected in bounded time.

The examples start from the files in corpus/.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.formats.registry import format_of
from model_packager.formats.saved_model import saved_model_files
from model_packager.spec.deploy_spec import DeploySpec, resolve_spec
from tests.unit.model_packager.fuzzing import assert_read_or_rejected, fuzzed

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.slow
CORPUS = Path(__file__).parent / "corpus"

SPECS = sorted(CORPUS.glob("*.yaml"))
ARCHIVES = sorted(CORPUS.glob("*.tar"))
PIECES = (
    *(
        "!!int",
        "!!float",
        "!!bool",
        "!!null",
        "!!map",
        "!!seq",
        "!!omap",
        "!!python/name:os",
        "!<a>",
    ),
    *("*a", "&a", "<<", "? ", "- ", ": ", "|", ">", "%YAML 1.1", "---", "...", "#", "\t", "\r"),
    *("0x" + "f" * 90, "9" * 90, "1_0", "1:30", "-" * 90, ".inf", ".nan", "2001-99-99", "~", "''"),
    *('"\\ud800"', '"\\UFFFFFFFF"', '"\\x"', "{", "}", "[", "]", ",", "\x85", "\u2028", "\ufeff"),
)


def read_spec(text: str) -> None:
    assert_read_or_rejected(lambda: resolve_spec(separate=text, inside=text))


def read_archive(content: bytes) -> None:
    packed = gzip.compress(content, 1)

    def read(name: str) -> object:
        return format_of(name).read(io.BytesIO(packed), "m").signature(DeploySpec())

    assert_read_or_rejected(lambda: read("model.savedmodel.tar.gz"))
    assert_read_or_rejected(lambda: read("model.tar.gz"))
    assert_read_or_rejected(
        lambda: [each[2].read() for each in saved_model_files(io.BytesIO(packed))]
    )


def test_corpus_has_both_kinds() -> None:
    assert len(SPECS) >= 10
    assert len(ARCHIVES) >= 9


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.stem)
def test_specs_of_the_corpus(file: Path) -> None:
    read_spec(file.read_text())


@pytest.mark.parametrize("file", ARCHIVES, ids=lambda file: file.stem)
def test_archives_of_the_corpus(file: Path) -> None:
    read_archive(file.read_bytes())


@fuzzed
@given(data=st.data())
def test_changed_specs(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([file.read_text() for file in SPECS]))
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        piece = data.draw(st.sampled_from(PIECES) | st.text(max_size=5))
        text = text[:start] + piece * data.draw(st.sampled_from([1, 1, 1, 40])) + text[end:]
    read_spec(text)


@fuzzed
@given(text=st.text(alphabet="ab1:-_{}[],&*!|>'\"%#?~\\ \n\t\x85\ud7ff", max_size=80))
def test_any_spec(text: str) -> None:
    read_spec(text)


@fuzzed
@given(data=st.data())
def test_changed_archives(data: st.DataObject) -> None:
    """The test corrects header checksums, because otherwise the reader would stop there."""
    content = bytearray(data.draw(st.sampled_from([file.read_bytes() for file in ARCHIVES])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.sampled_from([0, 0x30, 0x37, 0x39, 0x2F, 0x80, 0xFF, 0x67]))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    for start in range(0, len(content) - 511, 512):
        if content[start + 257 : start + 262] == b"ustar":
            header = content[start : start + 512]
            total = sum(header[:148]) + 8 * 32 + sum(header[156:])
            content[start + 148 : start + 156] = b"%06o\0 " % total
    read_archive(bytes(content))
