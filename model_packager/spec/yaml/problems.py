"""What is wrong with a deploy.yaml: the place, the key, and the closest allowed one."""

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from model_packager.rejection import SpecRejected
from model_packager.spec.yaml.document import AGAIN, SHOWN_OF_NAME, Document, Path, located

_MAX_PROBLEMS = 5


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
    return SpecRejected("\n".join(messages), f"Correct {document.origin}, {AGAIN}.")


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
    return key if len(key) <= SHOWN_OF_NAME else key[: SHOWN_OF_NAME - 1] + "…"


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
