"""Reads a few entries of an untrusted zip archive, within fixed limits."""

import io
import zipfile
from types import TracebackType
from typing import BinaryIO, Self

from model_packager.rejection import refusal

MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
"""The directory of a model with 10,000 tensors and modules has 2 MB. `zipfile` needs 8 times as
much memory."""

MAX_NAME_LENGTH = 1024
_SHOWN_OF_NAME = 120
_STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class ZipDamaged(Exception):
    """The archive cannot be read: truncated, damaged or malicious. The message has the cause.

    Attributes:
        directory_is_missing: whether the end of the file, with the central directory, is missing.
    """

    def __init__(self, how: str, *, directory_is_missing: bool = False) -> None:
        super().__init__(how)
        self.directory_is_missing = directory_is_missing


class _Bounded:
    """A file that limits each read to the size of the largest central directory.

    `zipfile` reads the whole central directory at once, with the size that the file claims, and
    seeks wherever the file points. Errors of the underlying file (such as a broken connection) are
    not damage and propagate.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise ZipDamaged(
                f"its table of contents claims {size:,} bytes, and at most "
                f"{MAX_DIRECTORY_BYTES:,} are read"
            )
        data = self._file.read(MAX_DIRECTORY_BYTES + 1 if size < 0 else size)
        if len(data) > MAX_DIRECTORY_BYTES:
            raise ZipDamaged("its table of contents is too long")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._size}[whence]
        if not 0 <= base + offset <= self._size:
            raise ZipDamaged("its table of contents is missing", directory_is_missing=True)
        return self._file.seek(base + offset)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


class ZipEntries:
    """The entries of a zip archive: names first, content on demand.

    Opening reads the end of the file and the central directory; `read` reads one entry. It writes
    no files, so a name with `..` is harmless.

    Attributes:
        names: the names of the entries, in the order of the central directory.
    """

    def __init__(self, file: BinaryIO) -> None:
        missing = ZipDamaged("its table of contents is missing", directory_is_missing=True)
        try:
            with refusal(lambda _reason: missing):
                self._zip = zipfile.ZipFile(_Bounded(file))
        except zipfile.BadZipFile as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None  # zipfile reports a broken connection as damage
            raise missing from error
        self.names = tuple(entry.filename for entry in self._zip.infolist())
        self._sizes = {entry.filename: entry.file_size for entry in self._zip.infolist()}
        if len(self._sizes) != len(self.names):
            raise ZipDamaged("two of its entries have the same name")
        if any(len(name) > MAX_NAME_LENGTH for name in self.names):
            raise ZipDamaged(f"an entry's name is longer than {MAX_NAME_LENGTH:,} characters")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def size(self, name: str) -> int:
        """Return the unpacked size in bytes that an entry claims."""
        return self._sizes[name]

    def offset(self, name: str) -> int:
        """Return the offset that an entry claims."""
        return self._zip.getinfo(name).header_offset

    def read(self, name: str, limit: int) -> bytes:
        """Read an entry whole.

        Args:
            name: one of `names`.
            limit: the maximum size in bytes.

        Raises:
            ZipDamaged: the entry is longer, damaged, encrypted, or compressed with a method that
                torch never uses.
        """
        if self._sizes[name] > limit:
            raise ZipDamaged(
                f"its entry {_shown(name)} has {self._sizes[name]:,} bytes, and at most {limit:,} "
                "are read"
            )
        content = self._take(name, limit + 1)
        if len(content) != self._sizes[name]:
            raise ZipDamaged(f"its entry {_shown(name)} has a different size than it claims")
        return content

    def start(self, name: str, size: int) -> bytes:
        """Read the first `size` bytes of an entry, which may be longer or shorter.

        Raises:
            ZipDamaged: as `read`.
        """
        return self._take(name, size)

    def _take(self, name: str, size: int) -> bytes:
        entry = self._zip.getinfo(name)
        if entry.flag_bits & _ENCRYPTED:
            raise ZipDamaged(f"its entry {_shown(name)} is encrypted")
        if entry.compress_type not in _STORED_OR_DEFLATED:
            raise ZipDamaged(
                f"its entry {_shown(name)} is compressed in a way that torch does not read"
            )
        damaged = f"its entry {_shown(name)} cannot be unpacked"
        try:
            with (
                refusal(lambda _reason: ZipDamaged(damaged)),
                self._zip.open(entry) as stream,
            ):
                return stream.read(size)
        except zipfile.BadZipFile as error:
            # zipfile's own message may contain 64 KB of the file.
            if "CRC-32" in str(error):
                damaged = f"its entry {_shown(name)} has a wrong checksum"
            raise ZipDamaged(damaged) from error


def _shown(name: str) -> str:
    return repr(name[:_SHOWN_OF_NAME])
