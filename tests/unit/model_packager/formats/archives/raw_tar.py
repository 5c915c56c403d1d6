"""Creates tar archives with any headers, even those that no program writes."""

from __future__ import annotations

import gzip
import tarfile


def member(name: str, content: bytes = b"", kind: bytes = b"0") -> bytes:
    """Return the header and the padded content of one member."""
    info = tarfile.TarInfo(name)
    info.size, info.type = len(content), kind
    return info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % 512)


def pax(keyword: bytes, value: bytes) -> bytes:
    """Return a record of a pax header, which starts with its length."""
    size = len(keyword) + len(value) + 3
    while len(record := b"%d %s=%s\n" % (size, keyword, value)) != size:
        size = len(record)
    return record


def gzipped(*blocks: bytes) -> bytes:
    """Return a .tar.gz of the blocks."""
    return gzip.compress(b"".join(blocks) + bytes(1024), 1)
