"""Checks the fields and values of a config.pbtxt, as protobuf does when Triton reads it.

protobuf's text format refuses unknown fields, a second value of a field that is not repeated, and
values of another type (protocolbuffers/protobuf, src/google/protobuf/text_format.cc).
"""

from __future__ import annotations

import difflib

from model_packager.formats.pbtxt_reader import Message, Value, Word
from model_packager.formats.triton_repository.config.fields import ENUMS, MESSAGES, ONE_OF
from model_packager.formats.triton_repository.config.model_config import FALSE, TRUE, ModelConfig

_INTEGERS = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
_WORDS_OF_NUMBERS = ("inf", "-inf", "infinity", "-infinity", "nan", "-nan")


def check_config(config: ModelConfig) -> None:
    """Check every field.

    Raises:
        ModelRejected: Triton does not read the file. The error has the line.
    """
    _check(config, config.message, "ModelConfig", MESSAGES["ModelConfig"])


def _check(config: ModelConfig, message: Message, kind: str, fields: dict[str, str]) -> None:
    for field, values in message.items():
        if field not in fields:
            raise _unknown(config, message, field, kind, fields)
        declared = fields[field]
        repeated = declared.endswith(" *") or declared.startswith("map ")
        if len(values) > 1 and not repeated and not _is_default(values[0]):
            raise config.rejected(
                message.line_of(field),
                f"{field} occurs twice, but Triton accepts one.",
                "Remove one of them",
            )
        for index, value in enumerate(values):
            _check_value(config, message, field, index, value, declared.removesuffix(" *"))
    chosen = [each for each in ONE_OF.get(kind, ()) if each in message]
    if len(chosen) > 1:
        raise config.rejected(
            message.line_of(chosen[-1]),
            f"{' and '.join(chosen)} exclude each other.",
            "Keep one of them",
        )


def _is_default(value: Value) -> bool:
    """Return whether a value is the default, which protobuf does not distinguish from no value."""
    return value in (0, "") or (isinstance(value, Word) and value.text in FALSE)


def _unknown(
    config: ModelConfig, message: Message, field: str, kind: str, fields: dict[str, str]
) -> Exception:
    near = difflib.get_close_matches(field, fields, n=1, cutoff=0.6)
    fix = f"Write {near[0]}" if near else "Remove it, or correct its name"
    if not near:
        elsewhere = next((name for name, each in MESSAGES.items() if field in each), None)
        fix += f" ({elsewhere} has such a field)" if elsewhere else ""
    return config.rejected(
        message.line_of(field, 0),
        f"{kind} has no field {field:.80}, and Triton does not read a config with unknown fields.",
        fix,
    )


def _check_value(
    config: ModelConfig, message: Message, field: str, index: int, value: Value, declared: str
) -> None:
    line = message.lines[field][index]
    if declared.startswith("map "):
        _, key, of = declared.split()
        entry = {"key": key, "value": of}
        if not isinstance(value, Message):
            raise _other_type(config, line, field, value, "{ key: … value: … }")
        _check(config, value, f"an entry of {field}", entry)
    elif declared in MESSAGES:
        if not isinstance(value, Message):
            raise _other_type(config, line, field, value, "{ … }")
        _check(config, value, declared, MESSAGES[declared])
    elif declared in ENUMS:
        _check_enum(config, line, field, value, ENUMS[declared])
    elif not _has_type(value, declared):
        raise _other_type(config, line, field, value, _EXAMPLES[declared])


def _check_enum(
    config: ModelConfig, line: int, field: str, value: Value, names: tuple[str, ...]
) -> None:
    if isinstance(value, Word) and value.text in names:
        return
    if isinstance(value, int) and 0 <= value < len(names):
        return
    shown = value.text if isinstance(value, Word) else str(value)
    near = [each for each in names if each.rpartition("_")[2] == shown.upper().rpartition("_")[2]]
    near = near or difflib.get_close_matches(shown.upper(), names, n=1)
    raise config.rejected(
        line,
        f"{field} is {_shown(value)}, which is not one of its values.",
        f"Write {near[0]}" if near else f"Write one of {', '.join(names)}",
    )


def _has_type(value: Value, declared: str) -> bool:
    if declared == "string":
        return isinstance(value, str)
    if declared == "bool":
        is_word = isinstance(value, Word) and value.text in TRUE + FALSE
        return is_word or value in (0, 1)
    if declared in _INTEGERS:
        least, most = _INTEGERS[declared]
        return isinstance(value, int) and least <= value <= most
    if isinstance(value, Word):  # float, double
        return value.text.lower() in _WORDS_OF_NUMBERS
    return isinstance(value, int | float)


_EXAMPLES = {
    "string": 'text in quotes, such as "x"',
    "bool": "true or false",
    "float": "a number",
    "double": "a number",
    **{each: f"a whole number ({each})" for each in _INTEGERS},
}


def _other_type(config: ModelConfig, line: int, field: str, value: Value, wanted: str) -> Exception:
    return config.rejected(
        line, f"{field} is {_shown(value)}, and Triton expects {wanted}.", "Correct the value"
    )


def _shown(value: Value) -> str:
    if isinstance(value, Message):
        return "a message ({ … })"
    return f"{value.text:.60}" if isinstance(value, Word) else f"{value!r:.60}"
