"""Safe parsing of deploy.yaml, with the position of every error."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from model_packager.names.drop import SPEC_FILE
from model_packager.rejection import SpecRejected, refusal
from model_packager.spec.sidecar_file import LIMIT_BYTES

MAX_BYTES = LIMIT_BYTES[SPEC_FILE]

MAX_DEPTH = 50
MAX_NODES = 10_000
"""The maximum number of keys, values and lists, which takes a second and 20 MB."""

MAX_NUMBER_LENGTH = 40
"""A double in full precision has 24 characters."""

_MAX_PROBLEMS = 5
_SHOWN_OF_NAME = 100
_AGAIN = "then upload the file again"

_YAML = "tag:yaml.org,2002:"
_KEY_TAGS = (f"{_YAML}str", "!")
_NUMBER_TAGS = (f"{_YAML}int", f"{_YAML}float")
_KINDS = ("bool", "float", "int", "map", "null", "seq", "str", "timestamp")

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


class _Loader(yaml.SafeLoader):
    """Loads plain data, without aliases, duplicate keys or deep nesting, in bounded time.

    Aliases can expand a small text to gigabytes ("billion laughs"), and YAML silently keeps the
    last of duplicate keys. The parser takes seconds for thousands of levels or values.
    """

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.removeprefix(_YAML) in _KINDS
    }
    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _wrong("aliases (*name) are not supported; write the value out", event)
        if self.depth == MAX_DEPTH:
            raise _wrong(f"it is nested more than {MAX_DEPTH} levels deep", event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _wrong(f"it has more than {MAX_NODES:,} keys and values", event)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        """Refuse escapes beyond Unicode. Their error depends on the number, and on Python."""
        try:
            return super().scan_flow_scalar_non_spaces(double, start_mark)
        except (OverflowError, ValueError) as error:
            problem = "no character has this number; the last one is \\U0010FFFF"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark()) from error

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if isinstance(node, yaml.ScalarNode):
            _check_scalar(node)
        shown = f"{node.value!r:.60}" if isinstance(node, yaml.ScalarNode) else "it"
        kind = node.tag.removeprefix(_YAML)
        with refusal(lambda _: _wrong(f"{shown} is not a valid {kind:.60}", node)):
            return super().construct_object(node, deep)


def _check_scalar(node: yaml.ScalarNode) -> None:
    """Reject 1_0, 1:30 and 010, which YAML 1.1 reads as ten, ninety and eight."""
    if node.tag in _NUMBER_TAGS:
        if len(node.value) > MAX_NUMBER_LENGTH:
            raise _wrong(f"a number of {len(node.value):,} characters is too long", node)
        if re.search(r"[_:]|^[-+]?0[0-9b]", node.value):
            raise _wrong(
                f"YAML reads {node.value} as another number; write digits, or quotes around it",
                node,
            )
    if any("\ud800" <= each <= "\udfff" for each in node.value):
        raise _wrong("a text holds half of a surrogate pair, which is not a character", node)


def _wrong(problem: str, where: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=where.start_mark)  # type: ignore[arg-type]


def read_document(text: str, origin: str) -> Document:
    """Parse YAML into plain data.

    Raises:
        SpecRejected: the text is too long or deep, not YAML, not a mapping, or has duplicate keys.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise SpecRejected(
            f"{origin} is longer than {MAX_BYTES // 1024} KiB.",
            f"Remove what a deployment does not need, {_AGAIN}.",
        )
    try:
        return _read(text, origin)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = located(origin, _position(mark)) if mark else origin
        what = (error.problem or error.context or "unreadable").removeprefix("but ")
        raise SpecRejected(f"{where}: {what:.500}.", f"Correct the line, {_AGAIN}.") from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        position = (before.count("\n") + 1, error.position - before.rfind("\n"))
        raise SpecRejected(
            f"{located(origin, position)}: YAML does not allow {text[error.position]!r}.",
            f"Remove it, {_AGAIN}.",
        ) from error


def _read(text: str, origin: str) -> Document:
    loader = _Loader(_without_tabs(text))
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


def _unreadable(loader: _Loader, origin: str, reason: str) -> SpecRejected:
    where = located(origin, _position(loader.get_mark()))
    return SpecRejected(f"{where}: {reason}.", f"Correct the line, {_AGAIN}.")


def _document(loader: _Loader, origin: str) -> Document:
    node = loader.get_single_node()
    if node is None or node.tag == f"{_YAML}null":
        return Document(origin, {}, {})
    if not isinstance(node, yaml.MappingNode):
        raise SpecRejected(
            f"{origin} should be a mapping, such as `max_batch_size: 8`, but is a "
            f"{'list' if isinstance(node, yaml.SequenceNode) else 'single value'}.",
            f"Write keys and values, {_AGAIN}.",
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
    replaced = {path for path in above.places if not isinstance(_at(above.content, path), dict)}
    return {
        path: place
        for path, place in below.places.items()
        if not any(path[:length] in replaced for length in range(1, len(path) + 1))
    }


def _at(content: Any, path: Path) -> Any:
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
                    problem=f"the key {key.value[:_SHOWN_OF_NAME]!r} occurs twice",
                    problem_mark=key.start_mark,
                )
            seen.add(key.value)
            place = Place(origin, _position(key.start_mark), _position(value.start_mark))
            yield (*path, key.value), place
            yield from _places(value, (*path, key.value), origin)


def invalid(document: Document, error: ValidationError, model: type[BaseModel]) -> SpecRejected:
    """Describe what is wrong with a document: line, key, and the closest known key.

    Args:
        document: the validated document.
        error: pydantic's error.
        model: the model for the whole document.
    """
    problems = _roots(error.errors(include_url=False))
    messages = [_problem(document, problem, model) for problem in problems[:_MAX_PROBLEMS]]
    if len(problems) > _MAX_PROBLEMS:
        messages.append(f"{document.origin}: and {len(problems) - _MAX_PROBLEMS} more.")
    return SpecRejected("\n".join(messages), f"Correct {document.origin}, {_AGAIN}.")


def _roots(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Drop errors about short lists that only follow from their invalid items."""
    return [
        problem
        for problem in problems
        if problem["type"] != "too_short"
        or not any(
            len(other["loc"]) > len(problem["loc"])
            and other["loc"][: len(problem["loc"])] == problem["loc"]
            for other in problems
        )
    ]


def _problem(document: Document, problem: ErrorDetails, model: type[BaseModel]) -> str:
    path: Path = tuple(part for part in problem["loc"] if part != "[key]")
    what = _what(path, problem, model)
    stop = "" if what.endswith("?") else "."
    of_key = problem["type"] == "extra_forbidden"
    return f"{_where(document, path, of_key=of_key)}: {what}{stop}"


def _where(document: Document, path: Path, *, of_key: bool) -> str:
    """Describe the position of a key or value; if missing, of the enclosing part."""
    for length in range(len(path), 0, -1):
        place = document.places.get(path[:length])
        if place is not None:
            return located(place.origin, place.key if of_key else place.value)
    return document.origin


_MESSAGES = {
    "model_type": "should be a mapping",
    "dict_type": "should be a mapping",
    "tuple_type": "should be a list",
    "too_short": "should not be empty",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
}


def _what(path: Path, problem: ErrorDetails, model: type[BaseModel]) -> str:
    key = _written(path)
    if problem["type"] == "extra_forbidden":
        known = list(_model_at(path[:-1], model).model_fields)
        near = difflib.get_close_matches(_shortened(str(path[-1])), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "known keys: " + ", ".join(known)
        return f"unknown key {_shortened(key)!r}; {hint}"
    if problem["type"] == "missing":
        return f"{_shortened(key)!r} is missing"
    if problem["type"] == "string_type":
        return (
            f"{_shortened(key)!r} should be text; write it in quotes: {_quoted(problem['input'])}"
        )
    plain = re.sub(r"^(Value error, |Input |String )", "", problem["msg"])
    message = _MESSAGES.get(problem["type"], plain)
    value = problem["input"]
    shown = "" if isinstance(value, dict | list | tuple) else f", not {_as_yaml(value):.60}"
    text = f"{message:.1000}{shown}{_suggestion(problem)}"
    return f"{_shortened(key)!r} {text}" if key else f"{message:.1000}"


def _shortened(key: str) -> str:
    return key if len(key) <= _SHOWN_OF_NAME else key[: _SHOWN_OF_NAME - 1] + "…"


def _quoted(value: object) -> str:
    """Quote a value as YAML writes it, such as "true" instead of Python's "True"."""
    text = _as_yaml(value).strip('"')
    return f'"{text:.60}"'


def _suggestion(problem: ErrorDetails) -> str:
    """Suggest the closest allowed value, such as KIND_GPU for gpu."""
    if problem["type"] not in ("enum", "literal_error") or not isinstance(problem["input"], str):
        return ""
    known = re.findall(r"'([^']*)'", problem.get("ctx", {}).get("expected", ""))
    by_small = {name.lower(): name for name in known}
    value = problem["input"].lower()
    near = difflib.get_close_matches(value, by_small, n=1, cutoff=0.5)
    near = near or [small for small in by_small if value and value in small][:1]
    return f"; did you mean {by_small[near[0]]!r}?" if near else ""


def _as_yaml(value: object) -> str:
    return json.dumps(value, default=str)


def _written(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _model_at(path: Path, model: type[BaseModel]) -> type[BaseModel]:
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models_in(model.model_fields[part].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
