"""The effective value of every key in deploy.yaml, and its source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from model_packager.inspection import Inspection
from model_packager.repository.config_pbtxt import effective_warmup
from model_packager.signature import DEFAULT_MAX_BATCH_SIZE, Signature
from model_packager.spec.deploy_spec import INSIDE
from model_packager.spec.yaml.document import Path, Place


class Origin(StrEnum):
    """The source of a value, from the highest precedence to the lowest."""

    NEXT_TO = "next to the file"
    INSIDE = "inside the file"
    MODEL = "the model"
    TEMPLATE = "template default"
    BUILT_IN = "built-in default"


_SWITCHES = ("dynamic_batching", "model_warmup")


@dataclass(frozen=True)
class EffectiveValue:
    """One value of the spec.

    Attributes:
        key: the key in deploy.yaml, such as "endpoint.instance_type".
        value: the value as plain data.
        line: the line in the source text, from 1; None if no text has the value.
        column: the column, from 1; None if no text has the value.
        note: the assumptions behind the value; may be empty.
    """

    key: str
    value: Any
    origin: Origin
    line: int | None = None
    column: int | None = None
    note: str = ""


def effective_values(inspection: Inspection, *, instance_count: int) -> tuple[EffectiveValue, ...]:
    """Return the effective value of every key for this model.

    Args:
        inspection: the inspection of the model.
        instance_count: the stack's default.
    """
    defaults = {
        **_of_model(inspection.signature),
        ("endpoint", "instance_type"): (inspection.instance_type, Origin.TEMPLATE, ""),
        ("endpoint", "instance_count"): (instance_count, Origin.TEMPLATE, ""),
    }
    values = []
    # The warm-up depends on the signature.
    warmup = effective_warmup(inspection.spec.model_warmup, inspection.signature)
    spec = inspection.spec.model_copy(update={"model_warmup": warmup})
    for path, value in _leaves(spec, ()):
        key = ".".join(path)
        place = _place_of(path, inspection.places)
        if place is not None:
            origin = Origin.INSIDE if place.origin == INSIDE else Origin.NEXT_TO
            values.append(EffectiveValue(key, value, origin, *place.value))
        elif path in defaults:
            other, origin, note = defaults[path]
            values.append(EffectiveValue(key, other, origin, note=note))
        else:
            values.append(EffectiveValue(key, value, Origin.BUILT_IN))
    return tuple(values)


def _of_model(signature: Signature) -> dict[Path, tuple[Any, Origin, str]]:
    """Return values from the model for keys that the spec lacks. No model has a largest batch."""
    size = signature.max_batch_size
    assumed = any(tensor.assumed for tensor in signature.outputs)
    batch = (
        (size, Origin.BUILT_IN, "the model accepts batches")
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
            yield from (((*below, key), _plain(each)) for key, each in value.items())
        else:
            yield below, _plain(value)


def _place_of(path: tuple[str, ...], places: Mapping[Path, Place]) -> Place | None:
    """Return a key's position, or that of its section, as for `model_warmup: false`."""
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
