"""For every value that holds in the end: where it came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from model_packager.inspection import Inspection
from model_packager.repository.config_pbtxt import effective_warmup
from model_packager.signature import DEFAULT_MAX_BATCH_SIZE, Signature
from model_packager.spec.deploy_spec import INSIDE
from model_packager.spec.yaml_document import Path, Place


class Origin(StrEnum):
    """Who said it, from the word that counts most to the one that counts least."""

    BESIDE = "beside the file"
    INSIDE = "inside the file"
    MODEL = "the model"
    TEMPLATE = "template default"
    BUILT_IN = "built-in default"


_SWITCHES = ("dynamic_batching", "model_warmup")


@dataclass(frozen=True)
class EffectiveValue:
    """One value of the spec.

    Attributes:
        key: as in deploy.yaml, such as "endpoint.instance_type".
        value: as plain data.
        line: of the text that says it, from 1; None where no text does.
        column: of the same, from 1.
        note: what of it was only assumed; empty where nothing was.
    """

    key: str
    value: Any
    origin: Origin
    line: int | None = None
    column: int | None = None
    note: str = ""


def effective_values(found: Inspection, *, instance_count: int) -> tuple[EffectiveValue, ...]:
    """Give every value of the spec as it holds for this model.

    Args:
        found: the model that was inspected.
        instance_count: what the stack's template says where the spec does not.
    """
    of_others = {
        **_of_model(found.signature),
        ("endpoint", "instance_type"): (found.instance_type, Origin.TEMPLATE, ""),
        ("endpoint", "instance_count"): (instance_count, Origin.TEMPLATE, ""),
    }
    values = []
    # What is decided late is shown as it was decided.
    warmup = effective_warmup(found.spec.model_warmup, found.signature)
    spec = found.spec.model_copy(update={"model_warmup": warmup})
    for path, value in _leaves(spec, ()):
        key = ".".join(path)
        place = _place_of(path, found.places)
        if place is not None:
            origin = Origin.INSIDE if place.origin == INSIDE else Origin.BESIDE
            values.append(EffectiveValue(key, value, origin, *place.value))
        elif path in of_others:
            other, origin, note = of_others[path]
            values.append(EffectiveValue(key, other, origin, note=note))
        else:
            values.append(EffectiveValue(key, value, Origin.BUILT_IN))
    return tuple(values)


def _of_model(signature: Signature) -> dict[Path, tuple[Any, Origin, str]]:
    """What the model says where the spec does not; how many a batch may hold, no model says."""
    size = signature.max_batch_size
    assumed = any(tensor.assumed for tensor in signature.outputs)
    batch = (
        (size, Origin.BUILT_IN, "the model takes batches")
        if size == DEFAULT_MAX_BATCH_SIZE
        else (size, Origin.MODEL, "")
    )
    return {
        ("max_batch_size",): batch,
        ("inputs",): (_plain(signature.inputs), Origin.MODEL, ""),
        ("outputs",): (
            _plain(signature.outputs),
            Origin.MODEL,
            "dtypes and dims are assumed" if assumed else "",
        ),
    }


def _leaves(part: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        below = (*path, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, below)
        elif isinstance(value, dict) and value:
            yield from (((*below, key), each) for key, each in value.items())
        else:
            yield below, _plain(value)


def _place_of(path: tuple[str, ...], places: Mapping[Path, Place]) -> Place | None:
    """A section that was switched, such as `model_warmup: false`, says what is below it."""
    section = path[:1]
    if path in places or section[0] not in _SWITCHES:
        return places.get(path)
    has_keys = any(len(other) > 1 and other[:1] == section for other in places)
    return None if has_keys else places.get(section)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
