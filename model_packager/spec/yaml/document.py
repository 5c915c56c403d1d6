"""deploy.yaml as plain data, with the position of every key and list item."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from model_packager.names.drop import SPEC_FILE
from model_packager.rejection import SpecRejected, refusal
from model_packager.spec.sidecar_file import LIMIT_BYTES
from model_packager.spec.yaml.loader import YAML_TAG, Loader

MAX_BYTES = LIMIT_BYTES[SPEC_FILE]
SHOWN_OF_NAME = 100
"""The most characters of a key that a message shows."""

AGAIN = "then upload the file again"
_KEY_TAGS = (f"{YAML_TAG}str", "!")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """The position of a key and its value in a text; lines and columns count from 1.

    A list item has no key, so both positions are its start.
    """

    origin: str
    key: tuple[int, int]
    value: tuple[int, int]


@dataclass(frozen=True)
class Document:
    """A deploy.yaml as plain data.

    Attributes:
        origin: the name of the text in messages.
        content: the top-level mapping.
        places: the position of each key or list item, by path.
    """

    origin: str
    content: dict[str, Any]
    places: Mapping[Path, Place]


def located(origin: str, position: tuple[int, int]) -> str:
    """Format a position: "deploy.yaml, line 3, column 5"."""
    return f"{origin}, line {position[0]}, column {position[1]}"


def read_document(text: str, origin: str) -> Document:
    """Parse YAML into plain data.

    Raises:
        SpecRejected: the text is too long or deep, not YAML, not a mapping, or has duplicate keys.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise SpecRejected(
            f"{origin} is longer than {MAX_BYTES // 1024} KiB.",
            f"Remove what a deployment does not need, {AGAIN}.",
        )
    try:
        return _read(text, origin)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = located(origin, _position(mark)) if mark else origin
        what = (error.problem or error.context or "unreadable").removeprefix("but ")
        raise SpecRejected(f"{where}: {what:.500}.", f"Correct the line, {AGAIN}.") from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        position = (before.count("\n") + 1, error.position - before.rfind("\n"))
        raise SpecRejected(
            f"{located(origin, position)}: YAML does not allow {text[error.position]!r}.",
            f"Remove it, {AGAIN}.",
        ) from error


def _read(text: str, origin: str) -> Document:
    loader = Loader(_without_tabs(text))
    try:
        with refusal(lambda reason: _unreadable(loader, origin, reason)):
            return _document(loader, origin)
    finally:
        loader.dispose()


def _without_tabs(text: str) -> str:
    """Replace tabs between JSON tokens, which YAML does not allow, with spaces.

    JSON strings contain no tabs (RFC 8259, section 7), so positions and content do not change.
    """
    if "\t" not in text or not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def _unreadable(loader: Loader, origin: str, reason: str) -> SpecRejected:
    where = located(origin, _position(loader.get_mark()))
    return SpecRejected(f"{where}: {reason}.", f"Correct the line, {AGAIN}.")


def _document(loader: Loader, origin: str) -> Document:
    node = loader.get_single_node()
    if node is None or node.tag == f"{YAML_TAG}null":
        return Document(origin, {}, {})
    if not isinstance(node, yaml.MappingNode):
        raise SpecRejected(
            f"{origin} should be a mapping, such as `max_batch_size: 8`, but is a "
            f"{'list' if isinstance(node, yaml.SequenceNode) else 'single value'}.",
            f"Write keys and values, {AGAIN}.",
        )
    places = dict(_places(node, (), origin))
    return Document(origin, _without_empty(loader.construct_document(node)), places)


def merged(below: Document, above: Document) -> Document:
    """Merge mappings key by key, where `above` takes precedence; lists replace lists."""
    return Document(
        f"{above.origin}, merged with {below.origin}",
        _merged(below.content, above.content),
        {**_not_replaced(below, above), **above.places},
    )


def _not_replaced(below: Document, above: Document) -> dict[Path, Place]:
    """Return the places of `below`, without those under a list or key that `above` replaces."""
    replaced = {
        path for path in above.places if not isinstance(_value_at(above.content, path), dict)
    }
    return {
        path: place
        for path, place in below.places.items()
        if not any(path[:length] in replaced for length in range(1, len(path) + 1))
    }


def _value_at(content: Any, path: Path) -> Any:
    for step in path:
        # A key without a value was removed, so it replaces nothing.
        content = content.get(step, {}) if isinstance(content, dict) else content[step]
    return content


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    content = dict(below)
    for key, value in above.items():
        under = below.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            content[key] = _merged(under, value)
        else:
            content[key] = value
    return content


def _without_empty(value: Any) -> Any:
    """Drop keys without a value: a section with only comments does not count."""
    if isinstance(value, dict):
        return {key: _without_empty(each) for key, each in value.items() if each is not None}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


def _position(mark: yaml.Mark) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _places(node: yaml.Node, path: Path, origin: str) -> Iterator[tuple[Path, Place]]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            start = _position(item.start_mark)
            yield (*path, index), Place(origin, start, start)
            yield from _places(item, (*path, index), origin)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag not in _KEY_TAGS:
                raise yaml.MarkedYAMLError(
                    problem="a key should be text (no list, number, true, null or <<)",
                    problem_mark=key.start_mark,
                )
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value[:SHOWN_OF_NAME]!r} occurs twice",
                    problem_mark=key.start_mark,
                )
            seen.add(key.value)
            place = Place(origin, _position(key.start_mark), _position(value.start_mark))
            yield (*path, key.value), place
            yield from _places(value, (*path, key.value), origin)
