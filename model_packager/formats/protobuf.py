"""Reads a protobuf message in a file field by field, without a schema, and skips its weights.

Source of the wire format: Protocol Buffers documentation, "Encoding".
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

MAX_FIELDS = 1_000_000
"""A large language model has 20,000 nodes of 15 fields. A million fields take two seconds."""

MAX_NAME_BYTES = 1024
VARINT, FIXED64, LEN, FIXED32 = 0, 1, 2, 5

_CHUNK_BYTES = 8 * 1024

Field = tuple[int, int, int, int]
"""A field's number, the start and end of its content, and its value if it is a number."""


class ProtobufDamaged(Exception):
    """The file is not the expected message, or it is damaged. The message has the cause.

    Attributes:
        cut_short: whether the file is truncated.
    """

    def __init__(self, how: str, *, cut_short: bool = False) -> None:
        super().__init__(how)
        self.cut_short = cut_short


class Message:
    """A protobuf message in a file. It locates fields without reading their content."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        self._data = b""
        self._at = 0
        self._fields = 0

    def fields(self, start: int, end: int) -> Iterator[Field]:
        """Yield each field's number, the start and end of its content, and its value if numeric.

        Raises:
            ProtobufDamaged: the file is not a protobuf message, or has too many fields.
        """
        position = start
        while position < end:
            self._fields += 1
            if self._fields > MAX_FIELDS:
                raise ProtobufDamaged(f"it has more than {MAX_FIELDS:,} parts")
            tag, position = self._varint(position, end)
            number, wire = tag >> 3, tag & 7
            value = 0
            content = position
            if wire == VARINT:
                value, position = self._varint(position, end)
            elif wire == LEN:
                length, content = self._varint(position, end)
                position = content + length
            elif wire in (FIXED32, FIXED64):
                position += 4 if wire == FIXED32 else 8
            else:
                raise ProtobufDamaged(f"it is not a protobuf message (wire type {wire})")
            if number == 0:
                raise ProtobufDamaged("it is not a protobuf message (field number 0)")
            if position > end:
                raise ProtobufDamaged(
                    f"a part of it would end at byte {position:,}, but it has {end:,} bytes",
                    cut_short=end == self.size,
                )
            yield number, content, position, value

    def text(self, start: int, end: int) -> str:
        """Read a name."""
        if end - start > MAX_NAME_BYTES:
            raise ProtobufDamaged(f"it has a name of more than {MAX_NAME_BYTES:,} bytes")
        try:
            return self.content(start, end).decode()
        except UnicodeDecodeError as error:
            raise ProtobufDamaged("it has a name that is not text") from error

    def content(self, start: int, end: int) -> bytes:
        """Read the bytes of a small field."""
        index = start - self._at
        if index >= 0 and end <= self._at + len(self._data):
            return self._data[index : index + end - start]
        self._file.seek(start)
        return self._file.read(end - start)

    def numbers(self, start: int, end: int) -> Iterator[int]:
        """Yield the signed integers of a field, packed or not."""
        position = start
        while position < end:
            value, position = self._varint(position, end)
            yield signed(value)

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        index = position - self._at
        if 0 <= index < len(self._data) and position < end and self._data[index] < 0x80:
            return self._data[index], position + 1  # the usual case
        value = 0
        for shift in range(0, 70, 7):
            if position >= end:
                raise ProtobufDamaged("it ends within a number", cut_short=end == self.size)
            byte = self._byte(position)
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
        raise ProtobufDamaged("it is not a protobuf message (a number of more than ten bytes)")

    def _byte(self, position: int) -> int:
        index = position - self._at
        if not 0 <= index < len(self._data):
            self._file.seek(position)
            self._data = self._file.read(_CHUNK_BYTES)
            self._at, index = position, 0
            if not self._data:
                raise ProtobufDamaged("it became shorter during reading", cut_short=True)
        return self._data[index]


def signed(value: int) -> int:
    """Return a varint as a signed 64-bit integer."""
    return value - 2**64 if value >= 2**63 else value


def field_numbers(file: BinaryIO, most: int = 100) -> tuple[int, ...]:
    """Return the field numbers at the beginning of a message; empty for other kinds of files.

    Args:
        file: the seekable file.
        most: the maximum number of fields. Large fields are skipped, not read.
    """
    message, found = Message(file), list[int]()
    try:
        for number, _, _, _ in message.fields(0, message.size):
            found.append(number)
            if len(found) == most:
                break
    except ProtobufDamaged as damage:
        return tuple(found) if damage.cut_short else ()
    return tuple(found)
