"""Reads config.pbtxt, protobuf's text format, without protobuf.

It does not check field names, so a value has the type of its text: a number, a word (an enum's
name, true, false), a string, or a message. Source: Protocol Buffers documentation, "Text Format
Language Specification". It does not read extensions and `Any` in brackets, which no model
configuration has.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from model_packager.rejection import refusal

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NUMBER_LENGTH = 40
"""A 64-bit number has 20 digits, and a double in full precision 24 characters."""

MAX_TOKENS = 50_000
"""An input or output takes 20 tokens. This many take 0.2 s and 20 MB."""

Value: TypeAlias = "int | float | str | Word | Message"


class Message(dict[str, list["Value"]]):
    """Each field with all its values in order, because any field may be repeated.

    Attributes:
        line: the line where the message begins, counted from 1.
        lines: the line of each value, by field and in the order of the values.
    """

    __slots__ = ("line", "lines")

    def __init__(self, line: int = 1) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, list[int]] = {}

    def line_of(self, field: str, index: int = -1) -> int:
        """Return the line of a field's value, or of the message if the field is missing."""
        lines = self.lines.get(field)
        return lines[index] if lines else self.line


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: the name of an enum's value, `true` or `false`."""

    text: str


class PbtxtDamaged(Exception):
    """The text is not valid protobuf text. The message has the line."""


class PbtxtTooLarge(PbtxtDamaged):
    """The text exceeds a limit of this reader."""


_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r\n\f\v]+|\#[^\n\0]*)
    | (?P<string>"(?:[^"\\\n\0]|\\[^\n\0])*"|'(?:[^'\\\n\0]|\\[^\n\0])*')
    | (?P<number>-?\s*(?:0[xX][0-9a-fA-F]+
        |(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?)(?![A-Za-z0-9_.]))
    | (?P<word>-?[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>[:{}<>\[\],;])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(
    rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))",
    re.DOTALL,
)
_SIMPLE = dict(zip(b"abfnrtv?\\'\"", b"\a\b\f\n\r\t\v?\\'\"", strict=True))


class TokenBudget:
    """The number of tokens that may still be read, for one text or for all texts of an archive."""

    def __init__(self, tokens: int = MAX_TOKENS) -> None:
        self._limit = tokens
        self._left = tokens

    def take(self) -> None:
        """Count a token; raises PbtxtTooLarge if there are too many."""
        self._left -= 1
        if self._left < 0:
            raise PbtxtTooLarge(f"more than {self._limit:,} names, values and brackets were read")


def parse_pbtxt(text: str, budget: TokenBudget | None = None) -> Message:
    """Read a message.

    Args:
        text: the message. Bytes that are not UTF-8 are escaped as surrogates; Triton accepts them
            in comments.
        budget: a budget that is shared with other texts; by default MAX_TOKENS for this text.

    Raises:
        PbtxtDamaged: the text is not protobuf text, or exceeds the limits on size, depth or tokens.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise PbtxtTooLarge(f"it has more than {MAX_BYTES:,} bytes")
    parser = _Parser(text, budget or TokenBudget())
    with refusal(lambda reason: PbtxtDamaged(f"line {parser.line}: {reason}")):
        return parser.message(end=None, depth=0)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(text: str, budget: TokenBudget) -> Iterator[_Token]:
    position, line = 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise PbtxtDamaged(f"line {line}: {text[position : position + 20]!r} is not understood")
        kind = str(match.lastgroup)
        if kind != "blank":
            budget.take()
            yield _Token(kind, match[0], line)
        line += match[0].count("\n")
        position = match.end()


class _Parser:
    """Parses with one token of lookahead, so that only the values are in memory."""

    def __init__(self, text: str, budget: TokenBudget) -> None:
        self._tokens = _tokens(text, budget)
        self._token: _Token | None = None
        self._begun = False
        self.line = 1

    def message(self, end: str | None, depth: int) -> Message:
        if depth > MAX_DEPTH:
            raise PbtxtDamaged(f"line {self.line}: it is nested more than {MAX_DEPTH} deep")
        message = Message(self.line)
        while (token := self._next_unless(end)) is not None:
            if token.kind != "word":
                raise PbtxtDamaged(
                    f"line {token.line}: the name of a field is expected, not {token.text:.40}"
                )
            has_colon = self._skip(":")
            values, lines = self._values(depth, token, has_colon=has_colon)
            message.setdefault(token.text, []).extend(values)
            message.lines.setdefault(token.text, []).extend(lines)
            _ = self._skip(",") or self._skip(";")
        return message

    def _ahead(self) -> _Token | None:
        if not self._begun:
            self._begun = True
            self._advance()
        return self._token

    def _advance(self) -> None:
        self._token = next(self._tokens, None)
        if self._token is not None:
            self.line = self._token.line

    def _take(self) -> _Token | None:
        token = self._ahead()
        self._advance()
        return token

    def _next_unless(self, end: str | None) -> _Token | None:
        token = self._take()
        if token is None:
            if end is None:
                return None
            raise PbtxtDamaged(f"it ends where {end!r} is missing")
        return None if end is not None and token.text == end and token.kind == "sign" else token

    def _skip(self, sign: str) -> bool:
        token = self._ahead()
        there = token is not None and token.kind == "sign" and token.text == sign
        if there:
            self._advance()
        return there

    def _values(
        self, depth: int, name: _Token, *, has_colon: bool
    ) -> tuple[list[Value], list[int]]:
        """Return the values of a field, and their lines."""
        if not self._skip("["):
            return [self._value(depth, name, has_colon=has_colon)], [name.line]
        values: list[Value] = []
        lines: list[int] = []
        while not self._skip("]"):
            if values and not self._skip(","):
                raise PbtxtDamaged(
                    f"line {name.line}: a comma is missing in the list {name.text:.40}"
                )
            self._ahead()
            lines.append(self.line)
            values.append(self._value(depth, name, has_colon=has_colon))
        return values, lines

    def _value(self, depth: int, name: _Token, *, has_colon: bool) -> Value:
        for begin, end in ("{}", "<>"):
            if self._skip(begin):
                return self.message(end, depth + 1)
        token = self._take() if has_colon else None
        if token is None:
            raise PbtxtDamaged(f"line {name.line}: {name.text:.40} has no value")
        if token.kind == "string":
            return self._string(token)
        if token.kind == "number":
            return _number(token)
        if token.kind == "word":
            return Word(token.text)
        raise PbtxtDamaged(f"line {token.line}: a value is expected, not {token.text:.40}")

    def _string(self, first: _Token) -> str:
        """Join adjacent strings."""
        parts = [first.text]
        while (token := self._ahead()) is not None and token.kind == "string":
            parts.append(token.text)
            self._advance()
        encoded = (part[1:-1].encode(errors="surrogateescape") for part in parts)
        content = b"".join(_ESCAPE.sub(_unescaped, each) for each in encoded)
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise PbtxtDamaged(f"line {first.line}: a string is not UTF-8 text") from error


def _unescaped(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, simple = match.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if short or long:
        code = int(short or long, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise PbtxtDamaged(f"a string contains the invalid code point {code:#x}")
        return chr(code).encode()
    if simple[0] not in _SIMPLE:
        raise PbtxtDamaged(
            f"a string contains the unknown escape \\{simple.decode(errors='replace')}"
        )
    return bytes([_SIMPLE[simple[0]]])


def _number(token: _Token) -> int | float:
    plain = re.sub(r"\s", "", token.text)
    if len(plain) > MAX_NUMBER_LENGTH:
        raise PbtxtDamaged(
            f"line {token.line}: the number {plain[:20]}… has {len(plain):,} digits, which is too "
            "many for any field"
        )
    sign, digits = (-1, plain[1:]) if plain.startswith("-") else (1, plain)
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", digits):
        return sign * int(digits, 16)
    if re.fullmatch(r"0[0-7]+", digits):
        return sign * int(digits, 8)
    if re.fullmatch(r"0[0-9]+", digits):
        raise PbtxtDamaged(
            f"line {token.line}: {plain} begins with 0, so it is an octal number, and those have "
            "the digits 0 to 7"
        )
    if len(digits) <= 20 and re.fullmatch(r"[0-9]+", digits):
        return sign * int(digits)
    return sign * float(digits.rstrip("fF"))
