"""One model's config.pbtxt: its values and lines, and rejections that name the line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from model_packager.formats.pbtxt_reader import Message, Value, Word
from model_packager.formats.triton_repository.config.fields import ENUMS
from model_packager.rejection import ModelRejected, Rejection

CONFIG_FILE = "config.pbtxt"
AGAIN = "pack the repository again and upload it."


@dataclass(frozen=True)
class ModelConfig:
    """The configuration of a model; empty if the repository has none.

    Attributes:
        model: the name of the model's folder.
        message: the content of config.pbtxt.
        text: the text of config.pbtxt; None without the file.
        completed: the fields among "input", "output" and "max_batch_size" that Triton adds.
            `message` has them if Modeldrop can read them from the model.
    """

    model: str
    message: Message
    text: str | None = None
    completed: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The file's path in the archive."""
        return f"{self.model:.120}/{CONFIG_FILE}"

    def rejected(self, line: int | None, cause: str, fix: str) -> ModelRejected:
        """Return the rejection of a line, or of the whole file."""
        place = self.path if line is None or self.text is None else f"{self.path}, line {line}"
        return ModelRejected(f"{place}: {cause}", f"{fix}; {AGAIN}")

    def rejected_field(self, field: str, cause: str, fix: str) -> ModelRejected:
        """Return the rejection of a top-level field."""
        line = self.message.line_of(field) if field in self.message else None
        return self.rejected(line, cause, fix)


@contextmanager
def naming_file(config: ModelConfig, path: str) -> Iterator[None]:
    """Add the file's name to the rejection of a format's reader."""
    try:
        yield
    except Rejection as rejection:
        place = f"{config.model:.120}/{path:.200}"
        fix = rejection.fix.rstrip(".")
        raise ModelRejected(
            f"{place} in the archive: {rejection.cause}",
            f"{fix}. In the repository, replace {place} with that file, {AGAIN}",
        ) from rejection


def last_value(message: Message, field: str) -> Value | None:
    """Return the last value of a field; None if it is missing."""
    values = message.get(field)
    return values[-1] if values else None


def text(message: Message, field: str) -> str:
    """Return a string field; empty if it is missing, as in protobuf."""
    value = last_value(message, field)
    return value if isinstance(value, str) else ""


def enum(message: Message, field: str, kind: str) -> str:
    """Return the name of an enum field's value; the first one if it is missing, as in protobuf."""
    value = last_value(message, field)
    if isinstance(value, Word):
        return value.text
    return ENUMS[kind][value if isinstance(value, int) else 0]


def dtype(tensor: Message) -> str:
    """Return the data_type of a tensor without "TYPE_", such as FP32."""
    return enum(tensor, "data_type", "DataType").removeprefix("TYPE_")


def integer(message: Message, field: str) -> int:
    """Return an integer field; 0 if it is missing, as in protobuf."""
    value = last_value(message, field)
    return value if isinstance(value, int) else 0


def integers(message: Message, field: str) -> tuple[int, ...]:
    """Return the integers of a repeated field."""
    return tuple(each for each in message.get(field, ()) if isinstance(each, int))


def flag(message: Message, field: str) -> bool:
    """Return a bool field; False if it is missing."""
    value = last_value(message, field)
    return value.text in TRUE if isinstance(value, Word) else bool(value)


def messages(message: Message, field: str) -> list[Message]:
    """Return the messages of a field."""
    return [each for each in message.get(field, ()) if isinstance(each, Message)]


def message_of(message: Message, *fields: str) -> Message:
    """Return a nested message; empty if it is missing."""
    for field in fields:
        found = messages(message, field)
        message = found[-1] if found else Message(message.line)
    return message


def entries(message: Message, field: str) -> Iterator[tuple[str, Message]]:
    """Yield the key and the entry of each element of a map."""
    for entry in messages(message, field):
        yield text(entry, "key"), entry


def parameter(message: Message, name: str) -> tuple[str, int] | None:
    """Return a parameter's string_value and line; None if it is missing."""
    for key, entry in entries(message, "parameters"):
        if key == name:
            value = message_of(entry, "value")
            return text(value, "string_value"), value.line_of("string_value")
    return None


TRUE = ("true", "True", "t")
FALSE = ("false", "False", "f")
